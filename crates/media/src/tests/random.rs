//! Whatever the bytes: no panic, no metadata, no size but those asked for.

use proptest::prelude::*;

use crate::{
    Format, Limits, Pixels, Variant,
    testing::{a_jpeg, a_png, a_webp, png_chunk, with_segment},
};

const PIXELS: Limits = Limits { bytes: 1 << 20, pixels: 1 << 20, side: 4_096, memory: 1 << 26 };

/// Segments of a JPEG that carry no picture: APP1 to APP13, and comments.
fn segment() -> impl Strategy<Value = u8> {
    prop_oneof![0xe1_u8..=0xed, Just(0xfe_u8)]
}

/// Something nobody writes by chance.
fn secret() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 16..200)
}

fn kept(bytes: &[u8]) -> Vec<u8> {
    let pixels = Pixels::read(bytes, &PIXELS).unwrap();
    pixels.render(&[Variant::Full]).unwrap().remove(0).bytes
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn rewriting_never_keeps_metadata(marker in segment(), secret in secret(), behind in secret()) {
        let marked = [with_segment(&a_jpeg(24, 16), marker, &secret), behind.clone()].concat();
        let plain = kept(&a_jpeg(24, 16));

        let jpeg = kept(&marked);

        prop_assert!(!holds(&jpeg, &secret) && !holds(&jpeg, &behind));
        // APP2 may hold a profile and APP1 an orientation; the pixels are what they were all the same.
        prop_assert_eq!(jpeg, plain);
    }

    #[test]
    fn rewriting_never_keeps_a_chunk(name in "[a-z][a-z]X[a-z]", secret in secret()) {
        let name: [u8; 4] = name.into_bytes().try_into().unwrap();
        let mut marked = a_png(24, 16);
        marked.splice(33..33, png_chunk(&name, &secret));

        let png = kept(&marked);

        prop_assert_eq!(png, kept(&a_png(24, 16)));
    }

    #[test]
    fn no_bytes_bring_the_codec_down(
        which in 0_usize..3,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = [a_jpeg(24, 16), a_png(24, 16), a_webp(24, 16)][which].clone();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);

        if let Ok(pixels) = Pixels::read(&bytes, &PIXELS) {
            prop_assert!(pixels.render(&Variant::ALL).is_ok());
        }
    }
}

proptest! {
    // Each case paints three pictures.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn every_size_is_the_one_asked_for(width in 1_u32..900, height in 1_u32..900) {
        let pixels = Pixels::read(&a_jpeg(width, height), &PIXELS).unwrap();

        let sizes = pixels.render(&Variant::ALL).unwrap();

        let size = |at: usize| (sizes[at].width, sizes[at].height);
        prop_assert_eq!(size(0), (160, 160));
        prop_assert_eq!(size(1), (400, 400));
        prop_assert_eq!(size(2), (width, height));
        prop_assert!(sizes.iter().all(|size| size.format == Format::Jpeg));
    }
}
