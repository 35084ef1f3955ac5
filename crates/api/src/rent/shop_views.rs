//! Shops as clients see them.

use chrono::NaiveDate;
use commerce::Timestamp;
use market::Seller;
use rent::{DateRange, DayException, Hours, RentShop, WeekPlan};
use schemars::JsonSchema;
use serde::Serialize;

use super::places::{HoursView, PlaceView};
use crate::extract::Ref;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RentShop")]
pub struct ShopView {
    pub id: Ref<RentShop>,
    /// The seller of the market it lends for; null for the house's own shops.
    pub seller: Option<Ref<Seller>>,
    pub name: String,
    /// Of the IANA database; hours, days and dates of the shop are told in it.
    pub zone: String,
    pub place: PlaceView,
    pub address: String,
    pub week: WeekView,
    /// Days on which other hours hold than the week's.
    pub exceptions: Vec<ExceptionView>,
    /// Days on which nothing is out.
    pub blackouts: Vec<DatesView>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<RentShop> for ShopView {
    fn from(shop: RentShop) -> Self {
        Self {
            id: shop.id.into(),
            seller: shop.seller.map(|seller| Ref(seller.into())),
            name: shop.name,
            zone: shop.zone.name().to_owned(),
            place: shop.place.into(),
            address: shop.address,
            week: shop.week.into(),
            exceptions: shop.exceptions.into_iter().map(Into::into).collect(),
            blackouts: shop.blackouts.into_iter().map(Into::into).collect(),
            created_at: shop.created_at,
            updated_at: shop.updated_at,
        }
    }
}

/// All shops of a keeper.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RentShopList")]
pub struct ShopListView {
    pub data: Vec<ShopView>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OpeningPlan")]
pub struct WeekView {
    pub monday: Vec<HoursView>,
    pub tuesday: Vec<HoursView>,
    pub wednesday: Vec<HoursView>,
    pub thursday: Vec<HoursView>,
    pub friday: Vec<HoursView>,
    pub saturday: Vec<HoursView>,
    pub sunday: Vec<HoursView>,
}

fn hours(of: Vec<Hours>) -> Vec<HoursView> {
    of.into_iter().map(Into::into).collect()
}

impl From<WeekPlan> for WeekView {
    fn from(WeekPlan(days): WeekPlan) -> Self {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = days.map(hours);
        Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DayException")]
pub struct ExceptionView {
    pub date: NaiveDate,
    pub hours: Vec<HoursView>,
}

impl From<DayException> for ExceptionView {
    fn from(day: DayException) -> Self {
        Self { date: day.date, hours: hours(day.hours) }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DateRange")]
pub struct DatesView {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl From<DateRange> for DatesView {
    fn from(range: DateRange) -> Self {
        Self { from: range.from, to: range.to }
    }
}

/// A shop beside something that is about one of its vehicles.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RentShopCard")]
pub struct ShopCard {
    pub id: Ref<RentShop>,
    pub name: String,
    pub zone: String,
    pub place: PlaceView,
    pub address: String,
}

impl From<&RentShop> for ShopCard {
    fn from(shop: &RentShop) -> Self {
        Self {
            id: shop.id.into(),
            name: shop.name.clone(),
            zone: shop.zone.name().to_owned(),
            place: shop.place.into(),
            address: shop.address.clone(),
        }
    }
}
