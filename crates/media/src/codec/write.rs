//! From pixels to bytes that hold nothing else.

use image::{
    DynamicImage, ExtendedColorType, GenericImageView, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    imageops::FilterType,
};

use super::{Format, Pixels, Unfit};
use crate::{Fit, Variant};

/// Out of a hundred; above it files grow faster than pictures gain.
const JPEG_QUALITY: u8 = 82;

/// A picture in one size, ready to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    pub variant: Variant,
    pub format: Format,
    pub bytes: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

impl Pixels {
    /// The picture in each size; the smaller ones are made from the largest, which is cheaper than from the original.
    pub fn render(self, variants: &[Variant]) -> Result<Vec<Rendition>, Unfit> {
        let see_through = is_see_through(&self.0);
        let full = sized(self.0, Variant::Full);
        let full = if see_through {
            DynamicImage::ImageRgba8(full.into_rgba8())
        } else {
            DynamicImage::ImageRgb8(full.into_rgb8())
        };
        variants.iter().map(|&variant| rendition(&full, variant)).collect()
    }
}

fn rendition(full: &DynamicImage, variant: Variant) -> Result<Rendition, Unfit> {
    match variant {
        Variant::Full => encode(full, variant),
        Variant::Card | Variant::Thumb => encode(&sized(full.clone(), variant), variant),
    }
}

fn sized(picture: DynamicImage, variant: Variant) -> DynamicImage {
    let side = variant.side();
    match variant.fit() {
        Fit::Fill => picture.resize_to_fill(side, side, FilterType::CatmullRom),
        Fit::Within if picture.width().max(picture.height()) > side => {
            picture.resize(side, side, FilterType::Triangle)
        }
        Fit::Within => picture,
    }
}

fn encode(picture: &DynamicImage, variant: Variant) -> Result<Rendition, Unfit> {
    let (mut bytes, (width, height)) = (Vec::new(), picture.dimensions());
    let format = match picture {
        DynamicImage::ImageRgba8(pixels) => {
            let encoder = PngEncoder::new(&mut bytes);
            encoder.write_image(pixels, width, height, ExtendedColorType::Rgba8)?;
            Format::Png
        }
        other => {
            let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
            encoder.write_image(&other.to_rgb8(), width, height, ExtendedColorType::Rgb8)?;
            Format::Jpeg
        }
    };
    Ok(Rendition { variant, format, bytes, width, height })
}

/// An alpha channel in which nothing is see-through would make a PNG of every photo.
fn is_see_through(picture: &DynamicImage) -> bool {
    picture.has_alpha() && picture.pixels().any(|(_, _, pixel)| pixel.0[3] < u8::MAX)
}
