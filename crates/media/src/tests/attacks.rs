//! Files that are not what they say: what they ask for is refused before it is given.

use commerce::Failure;

use super::*;
use crate::{
    Format, Limits, Pixels, Rendition, Unfit, Variant,
    testing::{
        SECRET_PLACE, a_gif, a_jpeg_from_a_phone, a_moving_png, a_moving_webp, a_png, a_webp,
        an_svg, huge_png, png_chunk,
    },
};

fn read(bytes: &[u8]) -> Result<Pixels, Unfit> {
    Pixels::read(bytes, &Limits::default())
}

fn renewed(bytes: &[u8]) -> Rendition {
    read(bytes).unwrap().render(&[Variant::Full]).unwrap().remove(0)
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn photos_of_every_format_come_through() {
    for (photo, format) in [
        (a_jpeg(64, 48), Format::Jpeg),
        (a_webp(64, 48), Format::Jpeg),
        (a_png(64, 48), Format::Png),
    ] {
        let kept = renewed(&photo);

        assert_eq!((kept.format, kept.width, kept.height), (format, 64, 48));
        assert_eq!(Format::of(&kept.bytes), Some(format));
        assert!(read(&kept.bytes).is_ok());
    }
}

#[test]
fn a_phones_photo_is_turned_upright_and_forgets_where_it_was() {
    let photo = a_jpeg_from_a_phone(64, 32);
    assert!(holds(&photo, SECRET_PLACE.as_bytes()) && holds(&photo, b"Exif"));

    let kept = renewed(&photo);

    assert_eq!((kept.width, kept.height), (32, 64));
    assert!(!holds(&kept.bytes, SECRET_PLACE.as_bytes()));
    assert!(!holds(&kept.bytes, b"Exif") && !holds(&kept.bytes, b"II*\0"));
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let bomb = huge_png(50_000, 50_000, 1, 0);
    assert!(bomb.len() < 1_000);

    let (width, height) = (50_000, 50_000);
    assert_eq!(read(&bomb), Err(Unfit::TooManyPixels { width, height }));
    let long = read(&huge_png(1_000_000, 1, 8, 0));
    assert_eq!(long, Err(Unfit::TooManyPixels { width: 1_000_000, height: 1 }));
    let deep = read(&huge_png(6_200, 6_200, 16, 6));
    assert_eq!(deep, Err(Unfit::TooMuchMemory), "40 megapixels of 8 bytes each");
}

#[test]
fn a_chunk_that_unpacks_without_end_is_not_unpacked() {
    let mut picture = a_png(8, 8);
    // A compressed text of a length nobody could keep: what it says is never looked at.
    let text = png_chunk(b"zTXt", b"Comment\0\0\x78\x9c not a stream at all");
    picture.splice(33..33, text);

    if let Ok(pixels) = read(&picture) {
        let kept = pixels.render(&[Variant::Full]).unwrap().remove(0);
        assert!(!holds(&kept.bytes, b"Comment"));
    }
}

#[test]
fn what_hides_behind_or_inside_a_picture_does_not_come_through() {
    let page = b"<html><script>alert(document.cookie)</script><?php system($_GET['c']); ?>";
    let behind = [a_jpeg(16, 16), page.to_vec()].concat();
    let archive = [a_jpeg(16, 16), b"PK\x03\x04META-INF/MANIFEST.MF".to_vec()].concat();
    let inside = crate::testing::with_segment(&a_jpeg(16, 16), 0xfe, page);
    let behind_png = [a_png(16, 16), page.to_vec()].concat();
    let mut text_png = a_png(16, 16);
    text_png.splice(33..33, png_chunk(b"tEXt", &[b"Comment\0".as_slice(), page].concat()));

    for polyglot in [behind, archive, inside, behind_png, text_png] {
        let kept = renewed(&polyglot);

        assert!(!holds(&kept.bytes, b"script") && !holds(&kept.bytes, b"php"));
        assert!(!holds(&kept.bytes, b"META-INF") && !holds(&kept.bytes, b"PK\x03\x04"));
    }
}

#[test]
fn what_is_no_picture_is_refused_whatever_it_is_called() {
    let page = b"<!doctype html><img src=x onerror=alert(1)>".to_vec();
    for file in [an_svg(), a_gif(), page, b"%PDF-1.7".to_vec(), b"BM".to_vec(), vec![0; 64]] {
        assert_eq!(read(&file), Err(Unfit::UnknownFormat));
    }
    assert_eq!(read(b""), Err(Unfit::Empty));
    let bitmap = [a_jpeg(9, 9).as_slice(), &[0; 2_000]].concat();
    let limits = Limits { bytes: 1_000, ..Limits::default() };
    assert_eq!(Pixels::read(&bitmap, &limits), Err(Unfit::TooManyBytes { most: 1_000 }));
}

#[test]
fn a_first_line_alone_makes_no_picture() {
    let liars = [
        b"\xff\xd8\xff\xe0<script>alert(1)</script>".to_vec(),
        b"\x89PNG\r\n\x1a\n<svg onload=alert(1)>".to_vec(),
        b"RIFF\x10\0\0\0WEBPVP8 not a frame".to_vec(),
    ];
    for liar in liars {
        assert!(matches!(read(&liar), Err(Unfit::CutShort | Unfit::Broken)));
    }
}

#[test]
fn a_picture_that_moves_is_refused() {
    assert_eq!(read(&a_moving_png()), Err(Unfit::Moving));
    assert_eq!(read(&a_moving_webp()), Err(Unfit::Moving));
}

#[test]
fn a_file_that_is_cut_short_is_refused_wherever_it_is_cut() {
    for whole in [a_jpeg(40, 30), a_png(40, 30), a_webp(40, 30)] {
        assert!(read(&whole).is_ok());
        // The last byte of a RIFF file may be padding.
        for end in 12..whole.len() - 1 {
            let cut = read(&whole[..end]);

            assert!(cut.is_err(), "{end} of {} bytes", whole.len());
        }
    }
}

#[tokio::test]
async fn a_refused_file_leaves_no_row_and_no_file() {
    let world = World::new();

    let refused = world.media.upload(&owner(), new(an_svg()), None).await.unwrap_err();

    assert_eq!(refused.code(), "unknown_image_format");
    assert_eq!(refused.kind(), commerce::Kind::Invalid);
    assert_eq!(refused.fields()[0].pointer, "#/file");
    assert!(world.memory.read().all::<Image>().is_empty());
    assert!(world.told().is_empty() && world.shelf.keys().is_empty());
}

#[tokio::test]
async fn many_at_once_wait_for_a_bench() {
    let world = World::with(Rules { at_once: 2, ..Rules::default() });
    let uploads = (0..20).map(|_| {
        let media = world.media.clone();
        tokio::spawn(async move { media.upload(&owner(), new(a_jpeg(200, 150)), None).await })
    });

    for upload in uploads.collect::<Vec<_>>() {
        upload.await.unwrap().unwrap();
    }

    assert_eq!(world.shelf.keys().len(), 20);
}
