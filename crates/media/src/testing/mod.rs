//! A store of pictures in memory that fails on demand, and files as clients send them, good and bad.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]
#![expect(clippy::indexing_slicing, reason = "tests know how long their files are")]

mod files;
mod memory;
mod shelf;

#[cfg(test)]
pub(crate) use files::with_segment;
pub use files::{
    SECRET_PLACE, a_gif, a_jpeg, a_jpeg_from_a_phone, a_moving_png, a_moving_webp, a_png, a_webp,
    an_svg, huge_png, png_chunk,
};
pub use memory::contract;
pub use shelf::{Shelf, ShelfFault};
