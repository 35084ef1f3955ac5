//! Reads pictures nobody vouches for, and writes them anew: only pixels come through.
//!
//! What a file is, its first bytes say and its decoding proves; its name and its declared type count for nothing.
//! Writing anew drops places and devices (EXIF, XMP), comments, and whatever else was hidden in the file.

mod read;
mod whole;
mod write;

use serde::{Deserialize, Serialize};

pub use read::Unfit;
pub use write::Rendition;

/// A decoded picture, upright.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels(image::DynamicImage);

impl Pixels {
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    pub fn height(&self) -> u32 {
        self.0.height()
    }
}

/// The formats that are read; pictures are written as JPEG, and as PNG where they are see-through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Jpeg,
    Png,
    Webp,
}

impl Format {
    /// By the first bytes; SVG is text, and so is none of these.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    pub fn from_extension(text: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Webp].into_iter().find(|format| format.extension() == text)
    }

    fn known_to_codec(self) -> image::ImageFormat {
        match self {
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::Png => image::ImageFormat::Png,
            Self::Webp => image::ImageFormat::WebP,
        }
    }
}
