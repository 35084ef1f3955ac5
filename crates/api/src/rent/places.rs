//! Places and times as clients write them: degrees as decimals, periods with both ends, hours of a day by the clock.

use commerce::{FieldError, Span, Timestamp};
use garde::Validate;
use rent::{Hours, Place};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extract::Faults;

const DECIMALS: usize = 6;

/// Degrees with up to six decimals, in millionths.
pub fn degrees(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !plain(whole, 3) || !plain(decimals, DECIMALS) {
        return None;
    }
    let e6: i32 = format!("{whole}{decimals:0<DECIMALS$}").parse().ok()?;
    Some(if negative { e6.saturating_neg() } else { e6 })
}

/// Millionths of a degree as a decimal.
pub fn decimal(e6: i32) -> String {
    let sign = if e6 < 0 { "-" } else { "" };
    let (whole, rest) = (e6.unsigned_abs() / 1_000_000, e6.unsigned_abs() % 1_000_000);
    format!("{sign}{whole}.{rest:06}")
}

/// Decimal degrees (WGS 84) as text, with up to six decimals.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlaceInput")]
pub struct PlaceBody {
    /// North of the equator.
    #[garde(length(chars, min = 1, max = 12))]
    pub latitude: String,
    /// East of Greenwich.
    #[garde(length(chars, min = 1, max = 12))]
    pub longitude: String,
}

impl PlaceBody {
    pub fn read(&self, faults: &mut Faults) -> Place {
        let mut read = |name: &str, text: &str| {
            degrees(text).unwrap_or_else(|| {
                let detail = "degrees are a decimal such as 26.144518";
                faults.add(format!("#/place/{name}"), "not_degrees", detail);
                0
            })
        };
        let lat_e6 = read("latitude", &self.latitude);
        Place { lat_e6, lon_e6: read("longitude", &self.longitude) }
    }
}

/// Decimal degrees (WGS 84) as text.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Place")]
pub struct PlaceView {
    pub latitude: String,
    pub longitude: String,
}

impl From<Place> for PlaceView {
    fn from(place: Place) -> Self {
        Self { latitude: decimal(place.lat_e6), longitude: decimal(place.lon_e6) }
    }
}

/// From a moment up to a later one.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PeriodInput")]
pub struct PeriodBody {
    #[garde(skip)]
    pub starts_at: Timestamp,
    #[garde(skip)]
    pub ends_at: Timestamp,
}

impl PeriodBody {
    pub fn span(self, pointer: &str) -> Result<Span, FieldError> {
        Span::try_new(self.starts_at, self.ends_at)
            .map_err(|error| FieldError::new(pointer, "ends_before_it_begins", error.to_string()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Period")]
pub struct PeriodView {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl From<Span> for PeriodView {
    fn from(span: Span) -> Self {
        Self { starts_at: span.starts_at(), ends_at: span.ends_at() }
    }
}

/// Hours of a day by the shop's clocks; `24:00` is the day's end.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HoursInput")]
pub struct HoursBody {
    /// `HH:MM`
    #[garde(length(chars, min = 1, max = 5))]
    pub from: String,
    /// `HH:MM`
    #[garde(length(chars, min = 1, max = 5))]
    pub to: String,
}

impl HoursBody {
    pub fn read(&self, pointer: &str, faults: &mut Faults) -> Hours {
        let mut read = |name: &str, text: &str| {
            minute(text).unwrap_or_else(|| {
                let detail = "a time of day is 00:00 to 24:00";
                faults.add(format!("{pointer}/{name}"), "not_a_time", detail);
                0
            })
        };
        let from_min = read("from", &self.from);
        Hours { from_min, to_min: read("to", &self.to) }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let plain = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && at <= 1_440).then_some(at)
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hours")]
pub struct HoursView {
    pub from: String,
    pub to: String,
}

impl From<Hours> for HoursView {
    fn from(hours: Hours) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self { from: clock(hours.from_min), to: clock(hours.to_min) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_read_and_written_exactly() {
        for (text, e6) in [("26.144518", 26_144_518), ("-0.5", -500_000), ("180", 180_000_000)] {
            assert_eq!(degrees(text), Some(e6), "{text}");
        }
        assert_eq!(decimal(-500_000), "-0.500000");
        assert_eq!(degrees(&decimal(26_144_518)), Some(26_144_518));
        for bad in ["", "-", ".5", "5.", "1.2.3", "1e3", "+1", "1.1234567", "1234", "٣"] {
            assert_eq!(degrees(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_time_of_day_is_two_digits_and_two() {
        assert_eq!(
            (minute("00:00"), minute("08:30"), minute("24:00")),
            (Some(0), Some(510), Some(1_440))
        );
        for bad in ["8:30", "24:01", "12:60", "1200", "", "ab:cd"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }
}
