//! Sheets as PDF files: Courier on A4, in a font every reader has.

use commerce::invoice::{Line, Printer, Sheet};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use unicode_normalization::UnicodeNormalization;

/// In points: A4, its margins, and the lines on it.
const WIDTH: i16 = 595;
const HEIGHT: i16 = 842;
const LEFT: i16 = 45;
const TOP: i16 = 790;
const LEADING: i16 = 12;
const LINES_A_PAGE: usize = 61;
const SIZE: i16 = 10;

const PLAIN: Name = Name(b"Plain");
const HEAVY: Name = Name(b"Heavy");

/// The fonts that come with every reader know the letters of Western Europe; others are written without their
/// accents, or as `?`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PdfPrinter;

impl Printer for PdfPrinter {
    fn print(&self, sheet: &Sheet) -> Vec<u8> {
        let mut ids = Ids::default();
        let (catalog, tree, info) = (ids.next(), ids.next(), ids.next());
        let fonts = [(PLAIN, ids.next(), "Courier"), (HEAVY, ids.next(), "Courier-Bold")];
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.document_info(info).title(TextStr(&sheet.title)).producer(TextStr("Souk"));
        for (_, id, name) in fonts {
            let mut font = pdf.type1_font(id);
            font.base_font(Name(name.as_bytes()));
            font.encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        let mut pages = Vec::new();
        for lines in sheet.lines.chunks(LINES_A_PAGE) {
            let (page, content) = (ids.next(), ids.next());
            pages.push(page);
            let mut leaf = pdf.page(page);
            leaf.media_box(Rect::new(0.0, 0.0, points(WIDTH), points(HEIGHT)));
            leaf.parent(tree).contents(content);
            let mut resources = leaf.resources();
            let mut known = resources.fonts();
            for (name, id, _) in fonts {
                known.pair(name, id);
            }
            known.finish();
            resources.finish();
            leaf.finish();
            pdf.stream(content, &written(lines));
        }
        let count = i32::try_from(pages.len()).unwrap_or_default();
        pdf.pages(tree).kids(pages).count(count);
        pdf.finish()
    }
}

/// Numbers for the objects of a file.
#[derive(Debug, Default)]
struct Ids(i32);

impl Ids {
    fn next(&mut self) -> Ref {
        self.0 = self.0.saturating_add(1);
        Ref::new(self.0)
    }
}

#[expect(clippy::disallowed_types, reason = "a place on a page, not money")]
fn points(of: i16) -> f32 {
    f32::from(of)
}

fn written(lines: &[Line]) -> Vec<u8> {
    let mut content = Content::new();
    content.begin_text();
    content.set_leading(points(LEADING)).next_line(points(LEFT), points(TOP));
    for line in lines {
        let (font, text) = match line {
            Line::Plain(text) => (PLAIN, text),
            Line::Heavy(text) => (HEAVY, text),
        };
        content.set_font(font, points(SIZE));
        content.show(Str(&encoded(text))).next_line_using_leading();
    }
    content.end_text();
    content.finish().to_vec()
}

/// In Windows-1252, as far as it goes.
fn encoded(text: &str) -> Vec<u8> {
    text.chars().map(letter).collect()
}

fn letter(letter: char) -> u8 {
    match letter {
        '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{ff}' => u8::try_from(letter).unwrap_or(b'?'),
        '€' => 0x80,
        '‘' | '’' => b'\'',
        '“' | '”' => b'"',
        '–' | '—' => b'-',
        other => {
            let plain = std::iter::once(other).nfkd().next().filter(char::is_ascii_graphic);
            plain.and_then(|plain| u8::try_from(plain).ok()).unwrap_or(b'?')
        }
    }
}
