//! Files as clients send them: photos, and what only looks like one.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// Stands in the photo of a phone, beside its coordinates; nobody may read it out of what we keep.
pub const SECRET_PLACE: &str = "the blue house behind the harbour";

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32) -> RgbImage {
    let colour = |x| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) };
    RgbImage::from_fn(width, height, |x, _| colour(x))
}

fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn a_jpeg(width: u32, height: u32) -> Vec<u8> {
    written(halves(width, height), ImageFormat::Jpeg)
}

/// With a see-through corner.
pub fn a_png(width: u32, height: u32) -> Vec<u8> {
    let mut picture: RgbaImage = DynamicImage::from(halves(width, height)).into_rgba8();
    picture.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
    written(picture, ImageFormat::Png)
}

pub fn a_webp(width: u32, height: u32) -> Vec<u8> {
    written(halves(width, height), ImageFormat::WebP)
}

/// A photo as phones take it: lying on its side, with the place it was taken at.
pub fn a_jpeg_from_a_phone(width: u32, height: u32) -> Vec<u8> {
    with_segment(&a_jpeg(width, height), 0xe1, &[b"Exif\0\0".as_slice(), &exif()].concat())
}

/// Puts a segment right behind the start of a JPEG.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

/// TIFF 6.0 as EXIF uses it: a description, an orientation (6: turn right), and coordinates.
fn exif() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let (tag, kind, count) = (tag.to_le_bytes(), kind.to_le_bytes(), count.to_le_bytes());
        [tag.as_slice(), &kind, &count, &value].concat()
    };
    let text = [SECRET_PLACE.as_bytes(), b"\0"].concat();
    // The header, three entries, the coordinates' two, and then the text.
    let gps_at: u32 = 8 + 2 + 3 * 12 + 4;
    let text_at = gps_at + 2 + 2 * 12 + 4;
    [
        b"II*\0\x08\0\0\0".to_vec(),
        3_u16.to_le_bytes().to_vec(),
        entry(0x010e, 2, u32::try_from(text.len()).unwrap(), text_at.to_le_bytes()),
        entry(0x0112, 3, 1, [6, 0, 0, 0]),
        entry(0x8825, 4, 1, gps_at.to_le_bytes()),
        vec![0; 4],
        2_u16.to_le_bytes().to_vec(),
        entry(0x0001, 2, 2, *b"N\0\0\0"),
        entry(0x0003, 2, 2, *b"E\0\0\0"),
        vec![0; 4],
        text,
    ]
    .concat()
}

/// Says it is that large and brings next to nothing.
pub fn huge_png(width: u32, height: u32, bits: u8, colour: u8) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = [size.as_slice(), &[bits, colour, 0, 0, 0]].concat();
    // An empty deflate stream in its zlib coat (RFC 1950, RFC 1951).
    let nothing = [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];
    let chunks =
        [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", &nothing), png_chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

pub fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let named = [name.as_slice(), data].concat();
    [length.as_slice(), &named, &crc32(&named).to_be_bytes()].concat()
}

/// CRC-32 bit by bit (PNG, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    let eat = |crc, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(u32::MAX, eat)
}

/// An animated PNG of two frames, the second of which never comes.
pub fn a_moving_png() -> Vec<u8> {
    let still = a_png(8, 8);
    // The signature and IHDR.
    let (head, rest) = still.split_at(8 + 25);
    let control = png_chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    [head, &control, rest].concat()
}

/// An animated WebP of one frame (RFC 9649, 2.7).
pub fn a_moving_webp() -> Vec<u8> {
    let still = a_webp(8, 8);
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        [name.as_slice(), &length, data, if data.len() % 2 == 1 { &[0] } else { &[] }].concat()
    };
    let size = [7, 0, 0, 7, 0, 0];
    let canvas = [[2, 0, 0, 0].as_slice(), &size].concat();
    let frame = [&[0; 6], size.as_slice(), &[100, 0, 0, 0], &still[12..]].concat();
    let chunks = [chunk(b"VP8X", &canvas), chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)];
    let content = [b"WEBP".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &content)
}

pub fn a_gif() -> Vec<u8> {
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;".to_vec()
}

pub fn an_svg() -> Vec<u8> {
    br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec()
}
