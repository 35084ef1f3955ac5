//! What clients send about shops.

use chrono::NaiveDate;
use garde::Validate;
use rent::{DateRange, DayException, Hours, NewShop, RentShop, ShopEdit, WeekPlan, Zone};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::places::{HoursBody, PlaceBody};
use crate::extract::{Faults, Object, Reads, Ref};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct ShopPath {
    pub id: Ref<RentShop>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRentShop", example = json!({
    "name": "Brahmaputra Wheels", "zone": "Asia/Kolkata", "address": "GS Road, Guwahati",
    "place": {"latitude": "26.144518", "longitude": "91.736237"},
    "week": {"monday": [{"from": "08:00", "to": "20:00"}], "sunday": []},
}))]
pub struct NewShopBody {
    #[garde(length(chars, min = 1, max = 120))]
    pub name: String,
    /// Of the IANA database; hours, days and dates of the shop are told in it. It cannot be changed later.
    #[garde(length(chars, min = 1, max = 60))]
    pub zone: String,
    #[garde(dive)]
    pub place: PlaceBody,
    #[garde(length(chars, min = 1, max = 300))]
    pub address: String,
    #[garde(dive)]
    pub week: Object<WeekBody>,
}

impl Reads for NewShopBody {
    type Thing = NewShop;

    fn read(self, faults: &mut Faults) -> NewShop {
        let zone = Zone::parse(&self.zone).unwrap_or_else(|error| {
            faults.add("#/zone", "unknown_zone", error.to_string());
            Zone::UTC
        });
        let (place, week) = (self.place.read(faults), self.week.0.read(faults));
        NewShop { name: self.name, zone, place, address: self.address, week }
    }
}

/// When the shop is open on each day of the week; closed on a day without hours.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpeningPlanInput")]
pub struct WeekBody {
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub monday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub tuesday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub wednesday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub thursday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub friday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub saturday: Vec<HoursBody>,
    #[serde(default)]
    #[garde(length(max = 12), dive)]
    pub sunday: Vec<HoursBody>,
}

impl WeekBody {
    fn read(&self, faults: &mut Faults) -> WeekPlan {
        let days = [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ];
        WeekPlan(days.map(|(day, of)| hours(of, &format!("#/week/{day}"), faults)))
    }
}

fn hours(of: &[HoursBody], pointer: &str, faults: &mut Faults) -> Vec<Hours> {
    let each = of.iter().enumerate();
    each.map(|(at, hours)| hours.read(&format!("{pointer}/{at}"), faults)).collect()
}

/// What is absent stays; what is there is replaced as a whole.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RentShopPatch", example = json!({
    "exceptions": [{"date": "2026-12-25", "hours": []}],
    "blackouts": [{"from": "2026-12-31", "to": "2027-01-01"}],
}))]
pub struct ShopPatch {
    #[garde(length(chars, min = 1, max = 120))]
    pub name: Option<String>,
    #[garde(dive)]
    pub place: Option<PlaceBody>,
    #[garde(length(chars, min = 1, max = 300))]
    pub address: Option<String>,
    #[garde(dive)]
    pub week: Option<Object<WeekBody>>,
    /// Days on which other hours hold than the week's.
    #[garde(length(max = 400), dive)]
    pub exceptions: Option<Vec<ExceptionBody>>,
    /// Days on which nothing is out.
    #[garde(length(max = 400), dive)]
    pub blackouts: Option<Vec<DatesBody>>,
}

impl Reads for ShopPatch {
    type Thing = ShopEdit;

    fn read(self, faults: &mut Faults) -> ShopEdit {
        let exception = |(at, of): (usize, ExceptionBody), faults: &mut Faults| DayException {
            date: of.date,
            hours: hours(&of.hours, &format!("#/exceptions/{at}/hours"), faults),
        };
        ShopEdit {
            name: self.name,
            place: self.place.map(|place| place.read(faults)),
            address: self.address,
            week: self.week.map(|week| week.0.read(faults)),
            exceptions: self.exceptions.map(|days| {
                days.into_iter().enumerate().map(|day| exception(day, faults)).collect()
            }),
            blackouts: self.blackouts.map(|days| days.into_iter().map(Into::into).collect()),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DayExceptionInput")]
pub struct ExceptionBody {
    #[garde(skip)]
    pub date: NaiveDate,
    /// None when the shop is closed.
    #[garde(length(max = 12), dive)]
    pub hours: Vec<HoursBody>,
}

/// From a day to another, both included.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DateRangeInput")]
pub struct DatesBody {
    #[garde(skip)]
    pub from: NaiveDate,
    #[garde(skip)]
    pub to: NaiveDate,
}

impl From<DatesBody> for DateRange {
    fn from(dates: DatesBody) -> Self {
        Self { from: dates.from, to: dates.to }
    }
}
