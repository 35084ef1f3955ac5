//! What the tests of every store use.

use std::time::Duration;

use integrations::media::Persistence;
use media::{Limits, Pixels, Place, Upload, Variant, Visibility, testing::a_jpeg};
use uuid::Uuid;

pub const TIMEOUT: Duration = Duration::from_secs(5);

pub fn quick() -> Persistence {
    Persistence { attempts: 3, first_pause: Duration::from_millis(5) }
}

pub fn place(number: u128, visibility: Visibility) -> Place {
    Place::of(Uuid::from_u128(number).into(), visibility)
}

pub fn upload(number: u128, visibility: Visibility, variants: &[Variant]) -> Upload {
    let pixels = Pixels::read(&a_jpeg(640, 480), &Limits::default()).unwrap();
    Upload { place: place(number, visibility), renditions: pixels.render(variants).unwrap() }
}
