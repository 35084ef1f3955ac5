//! Pictures for the demonstration shop, drawn when they are asked for.

use std::fmt::Write as _;

/// The picture under `/demo/images/<name>.svg`: the initials of what it shows on a paper cut-out of shapes.
/// The same name gives the same picture; `None` for a name no slug could be.
pub fn image(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > 100 || !name.bytes().all(plain) {
        return None;
    }
    let (subject, near) = match name.strip_suffix("-detail") {
        Some(subject) => (subject, true),
        None => (name, false),
    };
    Some(draw(subject, near))
}

fn draw(subject: &str, near: bool) -> String {
    let mut chance = fingerprint(subject);
    let hue = draw_from(&mut chance, 360);
    let scale = if near { 2 } else { 1 };
    let mut svg = String::with_capacity(2_048);
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 800\" role=\"img\">\
         <title>{}</title><defs><linearGradient id=\"g\" x2=\"0\" y2=\"1\">\
         <stop stop-color=\"hsl({hue},46%,92%)\"/><stop offset=\"1\" stop-color=\"hsl({hue},38%,80%)\"/>\
         </linearGradient></defs><rect width=\"800\" height=\"800\" fill=\"url(#g)\"/>",
        words(subject)
    );
    for layer in 0..5 {
        let tone = hue.saturating_add(draw_from(&mut chance, 50)) % 360;
        let (x, y) = (draw_from(&mut chance, 640) + 80, draw_from(&mut chance, 480) + 120);
        let size = (draw_from(&mut chance, 110) + 60) * scale;
        let light = 70 - layer * 7;
        let shape = match draw_from(&mut chance, 3) {
            0 => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{size}\""),
            1 => format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{size}\" rx=\"28\" \
                 transform=\"rotate({} {x} {y})\"",
                size * 2,
                draw_from(&mut chance, 90)
            ),
            _ => format!("<path d=\"M{x} {y}l{size} {}h-{}z\"", size * 2, size * 2),
        };
        let _ = write!(svg, "{shape} fill=\"hsl({tone},44%,{light}%)\" fill-opacity=\".72\"/>");
    }
    let _ = write!(
        svg,
        "<text x=\"400\" y=\"470\" text-anchor=\"middle\" font-family=\"Georgia,serif\" \
         font-size=\"{}\" fill=\"hsl({hue},40%,18%)\">{}</text>\
         <text x=\"400\" y=\"720\" text-anchor=\"middle\" font-family=\"Georgia,serif\" \
         font-size=\"34\" fill=\"hsl({hue},30%,28%)\">{}</text></svg>",
        180 * scale,
        initials(subject),
        words(subject)
    );
    svg
}

fn words(subject: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    subject.split('-').map(capital).collect::<Vec<_>>().join(" ")
}

fn initials(subject: &str) -> String {
    let first = subject.split('-').filter_map(|word| word.chars().next());
    first.take(2).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// FNV-1a.
pub(super) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The next number below `below`.
fn draw_from(chance: &mut u64, below: u64) -> u64 {
    *chance =
        chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*chance >> 33) % below.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_same_each_time_and_well_formed() {
        let picture = image("linen-shirt").unwrap();

        assert_eq!(image("linen-shirt"), Some(picture.clone()));
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>"));
        assert!(picture.contains(">LS<") && picture.contains("Linen Shirt"));
        assert_ne!(image("linen-shirt-detail"), Some(picture));
    }

    #[test]
    fn only_plain_names_have_a_picture() {
        for bad in ["", "a.svg", "<script>", "../x", "A"] {
            assert_eq!(image(bad), None, "{bad}");
        }
    }
}
