//! Pictures to send, and what is served of them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use crate::{Answer, Client, Shop};

pub const IMAGES: &str = "/v1/media/images";

/// A JPEG of one colour.
pub fn a_picture(red: u8) -> Vec<u8> {
    let picture = RgbImage::from_pixel(64, 48, Rgb([red, 90, 60]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// Uploads a picture that nobody sees without a link.
pub async fn a_private_picture(who: &Client, red: u8) -> Answer {
    who.upload(IMAGES, &a_picture(red), &[("visibility", "private")]).await.expect(201)
}

/// The status of what is served under an address of ours, whatever host it names.
pub async fn follow(shop: &Shop, url: &Value) -> u16 {
    let url = url.as_str().unwrap();
    let path = &url[url.find("/v1/").unwrap()..];
    let status = shop.client().get(path).await.status;
    assert!([200, 404].contains(&status), "{path}: {status}");
    status
}
