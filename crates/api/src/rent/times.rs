//! When a vehicle can be had, and what that comes to.

use chrono::NaiveDate;
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{Asked, ExtraChoice, Rent};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{
    places::PeriodBody,
    quote_views::{CalendarView, PeriodReadingView},
    vehicle_bodies::VehiclePath,
};
use crate::{
    Fail, Problem,
    answer::Json,
    extract::{Body, Maybe, Path, Query},
};

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CalendarParameters {
    /// The first of the shop's days.
    #[garde(skip)]
    pub from: NaiveDate,
    /// The last one; at most 92 days in all.
    #[garde(skip)]
    pub to: NaiveDate,
}

/// Look at a vehicle's calendar: when its shop is open, and how many units are free when.
#[api_v2_operation(tags(Rentals), operation_id = "getVehicleAvailability")]
pub async fn calendar(
    rent: Data<Rent>,
    who: Maybe,
    path: Path<VehiclePath>,
    query: Query<CalendarParameters>,
) -> Result<Json<CalendarView>, Fail> {
    let (id, CalendarParameters { from, to }) = (path.0.id.0, query.0);
    let page = rent.read_listing(who.0.as_ref(), id).await?;
    let days = rent.read_calendar(who.0.as_ref(), id, (from, to)).await?;
    Ok(Json(CalendarView::of(&page, days)))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "QuoteRequest", example = json!({
    "period": {"starts_at": "2026-12-01T04:30:00Z", "ends_at": "2026-12-03T04:30:00Z"},
    "extras": [{"code": "helmet", "count": 1}],
}))]
pub struct QuoteBody {
    #[garde(dive)]
    pub period: PeriodBody,
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub extras: Vec<ExtraChoiceBody>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExtraChoice")]
pub struct ExtraChoiceBody {
    #[garde(length(chars, min = 1, max = 40))]
    pub code: String,
    #[garde(range(min = 1, max = 100))]
    pub count: u32,
}

impl From<ExtraChoiceBody> for ExtraChoice {
    fn from(choice: ExtraChoiceBody) -> Self {
        Self { code: choice.code, count: choice.count }
    }
}

/// Ask what a period comes to, and whether it is free.
///
/// A booking of the same period and extras costs exactly this. Where no unit is free, `nearest` tells the nearest
/// periods of that length in which one is.
#[api_v2_operation(tags(Rentals), operation_id = "quoteVehicle")]
pub async fn quote(
    rent: Data<Rent>,
    who: Maybe,
    path: Path<VehiclePath>,
    body: Body<QuoteBody>,
) -> Result<Json<PeriodReadingView>, Fail<409>> {
    let QuoteBody { period, extras } = body.0;
    let period = period.span("#/period").map_err(|fault| Problem::invalid(vec![fault]))?;
    let extras = extras.into_iter().map(Into::into).collect();
    let asked = Asked { listing: path.0.id.0, period, extras };
    let reading = rent.read_period(who.0.as_ref(), &asked).await?;
    Ok(Json(reading.into()))
}
