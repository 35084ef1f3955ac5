//! Photos for the demonstration, painted: what a phone would send, so that they go the way every upload goes.

use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::SeedError;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// Where the ground begins.
const GROUND: u32 = 330;

/// Something on wheels, or a parcel where there are none, in colours that follow from its name.
pub fn photo(name: &str, wheels: &[u32]) -> Result<Vec<u8>, SeedError> {
    let colour = Rgb(colour_of(name));
    let dark = Rgb(colour.0.map(|part| part / 2));
    let mut photo = RgbImage::from_fn(WIDTH, HEIGHT, |_, y| backdrop(y));
    rectangle(&mut photo, (150, 210), (490, 320), colour);
    rectangle(&mut photo, (230, 140), (420, 210), dark);
    for &x in wheels {
        disc(&mut photo, (x, GROUND), 52, Rgb([30, 30, 34]));
        disc(&mut photo, (x, GROUND), 22, Rgb([190, 190, 196]));
    }
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(photo).write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

/// A sky that pales towards the ground.
fn backdrop(y: u32) -> Rgb<u8> {
    if y >= GROUND {
        return Rgb([148, 140, 124]);
    }
    let light = u8::try_from(y / 4).unwrap_or(u8::MAX);
    Rgb([150_u8.saturating_add(light), 190_u8.saturating_add(light / 2), 235])
}

/// Never so pale that it is lost before the sky.
fn colour_of(name: &str) -> [u8; 3] {
    let [red, green, blue, ..] = super::image::fingerprint(name).to_be_bytes();
    [red, green, blue].map(|part| 40_u8.saturating_add(part / 2))
}

fn rectangle(photo: &mut RgbImage, from: (u32, u32), to: (u32, u32), colour: Rgb<u8>) {
    for (x, y) in (from.1..to.1).flat_map(|y| (from.0..to.0).map(move |x| (x, y))) {
        photo.put_pixel(x, y, colour);
    }
}

fn disc(photo: &mut RgbImage, (x, y): (u32, u32), radius: u32, colour: Rgb<u8>) {
    let reach = |middle: u32| middle.saturating_sub(radius)..=middle.saturating_add(radius);
    for (column, row) in reach(y).flat_map(|row| reach(x).map(move |column| (column, row))) {
        let (across, down) = (column.abs_diff(x), row.abs_diff(y));
        if across * across + down * down <= radius * radius {
            photo.put_pixel(column, row, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_the_same_each_time_and_another_for_another_name() {
        let wheels = [220, 420];

        let photo = photo("honda-activa", &wheels).unwrap();

        assert_eq!(photo.get(..3), Some([0xff, 0xd8, 0xff].as_slice()));
        assert_eq!(super::photo("honda-activa", &wheels).unwrap(), photo);
        assert_ne!(super::photo("maruti-swift", &wheels).unwrap(), photo);
        assert_ne!(super::photo("honda-activa", &[]).unwrap(), photo);
    }
}
