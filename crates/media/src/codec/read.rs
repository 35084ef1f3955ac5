//! From bytes to pixels: the cheap questions first.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageReader,
    codecs::{png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use thiserror::Error;

use super::{Format, Pixels, whole::is_whole};
use crate::Limits;

/// Why a file is not a picture we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    #[error("the file is empty")]
    Empty,
    #[error("a picture has {most} bytes at most")]
    TooManyBytes { most: usize },
    #[error("a picture is a JPEG, PNG or WebP file")]
    UnknownFormat,
    #[error("the picture has {width} × {height} pixels, and that is too many")]
    TooManyPixels { width: u32, height: u32 },
    #[error("the picture takes too much memory to read")]
    TooMuchMemory,
    #[error("a picture does not move")]
    Moving,
    #[error("the file is cut short")]
    CutShort,
    #[error("the file cannot be read as the picture it says it is")]
    Broken,
}

impl Unfit {
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "image_empty",
            Self::TooManyBytes { .. } => "image_too_large",
            Self::UnknownFormat => "unknown_image_format",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooMuchMemory => "too_much_memory",
            Self::Moving => "image_moves",
            Self::CutShort => "image_cut_short",
            Self::Broken => "image_broken",
        }
    }
}

impl From<ImageError> for Unfit {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooMuchMemory,
            _ => Self::Broken,
        }
    }
}

impl Pixels {
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Unfit> {
        if bytes.is_empty() {
            return Err(Unfit::Empty);
        }
        if bytes.len() > limits.bytes {
            return Err(Unfit::TooManyBytes { most: limits.bytes });
        }
        let format = Format::of(bytes).ok_or(Unfit::UnknownFormat)?;
        if !is_whole(format, bytes) {
            return Err(Unfit::CutShort);
        }
        if moves(format, bytes)? {
            return Err(Unfit::Moving);
        }
        decode(format, bytes, limits).map(Self)
    }
}

/// Judges the size in the header before a pixel is decoded.
fn decode(format: Format, bytes: &[u8], limits: &Limits) -> Result<DynamicImage, Unfit> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format.known_to_codec());
    reader.limits(memory(limits));
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels > limits.pixels || width.max(height) > limits.side {
        return Err(Unfit::TooManyPixels { width, height });
    }
    if decoder.total_bytes() > limits.memory {
        return Err(Unfit::TooMuchMemory);
    }
    // A camera held sideways says so in EXIF, which is about to go.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Sides are judged by us, so that the refusal can name them.
fn memory(limits: &Limits) -> image::Limits {
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.memory);
    memory
}

fn moves(format: Format, bytes: &[u8]) -> Result<bool, Unfit> {
    let bytes = Cursor::new(bytes);
    Ok(match format {
        Format::Jpeg => false,
        Format::Png => PngDecoder::with_limits(bytes, image::Limits::default())?.is_apng()?,
        Format::Webp => WebPDecoder::new(bytes)?.has_animation(),
    })
}
