//! Places on the earth in whole millionths of a degree, and how far apart they are in whole metres.
#![expect(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the sphere has no integer sines; what leaves this file is whole numbers again"
)]

use serde::{Deserialize, Serialize};

/// IUGG mean radius.
const EARTH_M: f64 = 6_371_008.8;
const QUARTER_E6: i32 = 90_000_000;
const HALF_E6: i32 = 180_000_000;

/// In millionths of a degree, north and east.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub lat_e6: i32,
    pub lon_e6: i32,
}

/// What lies within a distance of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    pub place: Place,
    pub radius_m: u32,
}

/// Edges of a box around a circle, all included. A box over the 180th meridian has its west east of its east.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub south_e6: i32,
    pub north_e6: i32,
    pub west_e6: i32,
    pub east_e6: i32,
}

impl Place {
    pub fn is_on_earth(self) -> bool {
        self.lat_e6.abs() <= QUARTER_E6 && self.lon_e6.abs() <= HALF_E6
    }

    fn radians(self) -> (f64, f64) {
        let radians = |e6: i32| (f64::from(e6) / 1e6).to_radians();
        (radians(self.lat_e6), radians(self.lon_e6))
    }
}

/// The haversine distance, to the nearest metre.
pub fn distance_m(from: Place, to: Place) -> u32 {
    let ((lat_a, lon_a), (lat_b, lon_b)) = (from.radians(), to.radians());
    let half_sine = |angle: f64| (angle / 2.0).sin().powi(2);
    let h = half_sine(lat_b - lat_a) + lat_a.cos() * lat_b.cos() * half_sine(lon_b - lon_a);
    (2.0 * EARTH_M * h.clamp(0.0, 1.0).sqrt().asin()).round() as u32
}

impl Near {
    pub fn holds(self, place: Place) -> bool {
        distance_m(self.place, place) <= self.radius_m
    }

    /// The smallest box that holds the circle, for an index to narrow by.
    pub fn bounds(self) -> Bounds {
        let angle = f64::from(self.radius_m) / EARTH_M;
        let (lat, _) = self.place.radians();
        let (south, north) = (lat - angle, lat + angle);
        let pole = std::f64::consts::FRAC_PI_2;
        let reach = angle.min(pole).sin() / lat.cos();
        let around = south <= -pole || north >= pole || reach >= 1.0;
        let reach = if around { f64::from(HALF_E6) } else { e6(reach.asin()) };
        let (west, east) = match around {
            true => (-HALF_E6, HALF_E6),
            false => (wrapped(self.place.lon_e6, -reach), wrapped(self.place.lon_e6, reach)),
        };
        let edge = |angle: f64| e6(angle).clamp(-f64::from(QUARTER_E6), f64::from(QUARTER_E6));
        Bounds {
            south_e6: edge(south).floor() as i32,
            north_e6: edge(north).ceil() as i32,
            west_e6: west,
            east_e6: east,
        }
    }
}

fn e6(radians: f64) -> f64 {
    radians.to_degrees() * 1e6
}

/// Away from zero by a whole step, so that the edge is inside; back onto the other side past the 180th meridian.
fn wrapped(lon_e6: i32, by: f64) -> i32 {
    let sum = i64::from(lon_e6) + if by < 0.0 { by.floor() as i64 } else { by.ceil() as i64 };
    let (half, whole) = (i64::from(HALF_E6), i64::from(HALF_E6) * 2);
    let back = match sum {
        _ if sum > half => sum - whole,
        _ if sum < -half => sum + whole,
        _ => sum,
    };
    back as i32
}

impl Bounds {
    pub fn holds(self, place: Place) -> bool {
        let north_south = (self.south_e6..=self.north_e6).contains(&place.lat_e6);
        let east_west = if self.west_e6 <= self.east_e6 {
            (self.west_e6..=self.east_e6).contains(&place.lon_e6)
        } else {
            place.lon_e6 >= self.west_e6 || place.lon_e6 <= self.east_e6
        };
        north_south && east_west
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(lat_e6: i32, lon_e6: i32) -> Place {
        Place { lat_e6, lon_e6 }
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let (berlin, paris) = (place(52_520_008, 13_404_954), place(48_856_613, 2_352_222));

        assert!(distance_m(berlin, paris).abs_diff(877_460) < 100);
        assert_eq!(distance_m(berlin, berlin), 0);
        assert!(distance_m(place(0, 179_999_000), place(0, -179_999_000)) < 300);
    }

    #[test]
    fn a_box_goes_over_the_dateline_and_around_the_pole() {
        let fiji = Near { place: place(-17_700_000, 179_900_000), radius_m: 50_000 }.bounds();
        assert!(fiji.west_e6 > fiji.east_e6 && fiji.holds(place(-17_700_000, -179_900_000)));

        let pole = Near { place: place(89_999_000, 0), radius_m: 5_000 }.bounds();
        assert!(pole.holds(place(89_999_000, 180_000_000)));
    }

    proptest! {
        #[test]
        fn what_is_in_the_circle_is_in_the_box(
            lat in -89_000_000_i32..=89_000_000,
            lon in -180_000_000_i32..=180_000_000,
            (north, east) in (-900_000_i32..900_000, -900_000_i32..900_000),
            radius_m in 1_u32..100_000,
        ) {
            let near = Near { place: place(lat, lon), radius_m };
            let other = place(lat + north, wrapped(lon, east.into()));

            prop_assert!(!near.holds(other) || near.bounds().holds(other));
            prop_assert_eq!(distance_m(near.place, other), distance_m(other, near.place));
        }
    }
}
