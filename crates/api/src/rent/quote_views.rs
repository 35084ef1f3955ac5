//! Prices and free time as clients see them.

use chrono::NaiveDate;
use commerce::{Span, Timestamp};
use rent::{
    CalendarDay, Deadline, FreeTime, Item, Listing, ListingPage, PeriodReading, Quote, QuoteLine,
    Zone,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::places::PeriodView;
use crate::{extract::Ref, views::MoneyView};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Quote")]
pub struct QuoteView {
    pub period: PeriodView,
    /// The shop's, of the IANA database: days and hours are counted by its clocks.
    pub zone: String,
    /// What those clocks show when the period begins, such as `2026-12-01T10:00`.
    pub starts_local: String,
    pub ends_local: String,
    pub lines: Vec<QuoteLineView>,
    /// Rent, extras and deposit.
    pub subtotal: MoneyView,
    /// Added on top.
    pub tax: MoneyView,
    /// What is paid.
    pub total: MoneyView,
    /// Tax that the rates contain already.
    pub included_tax: MoneyView,
    /// What of the total goes back after the return.
    pub deposit: MoneyView,
    /// Until when how much of the rent goes back to who cancels; nothing after the last.
    pub cancellation: Vec<DeadlineView>,
}

impl From<Quote> for QuoteView {
    fn from(quote: Quote) -> Self {
        let (starts_local, ends_local) = local(quote.zone, quote.period);
        Self {
            period: quote.period.into(),
            zone: quote.zone.name().to_owned(),
            starts_local,
            ends_local,
            lines: quote.lines.into_iter().map(Into::into).collect(),
            subtotal: quote.totals.subtotal.into(),
            tax: quote.totals.tax.into(),
            total: quote.totals.total.into(),
            included_tax: quote.included_tax.into(),
            deposit: quote.deposit.into(),
            cancellation: quote.cancellation.into_iter().map(Into::into).collect(),
        }
    }
}

/// What the clocks of a zone show at both ends.
fn local(zone: Zone, period: Span) -> (String, String) {
    let shown = |at: Timestamp| zone.local(at).format("%Y-%m-%dT%H:%M").to_string();
    (shown(period.starts_at()), shown(period.ends_at()))
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "QuoteLine")]
pub struct QuoteLineView {
    /// `rent`, `extra` or `deposit`.
    pub item: String,
    /// A stable name: `week`, `day`, `hour`, `deposit`, or the extra's code.
    pub code: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: MoneyView,
    pub total: MoneyView,
    /// The line's part of the tax.
    pub tax: MoneyView,
}

impl From<QuoteLine> for QuoteLineView {
    fn from(line: QuoteLine) -> Self {
        let item = match line.item {
            Item::Rent => "rent",
            Item::Extra => "extra",
            Item::Deposit => "deposit",
        };
        Self {
            item: item.to_owned(),
            code: line.code,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            total: line.total.into(),
            tax: line.tax.into(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CancellationDeadline")]
pub struct DeadlineView {
    /// Up to this moment …
    pub until: Timestamp,
    /// … so much of the rent goes back, in hundredths of a percent.
    pub basis_points: u32,
}

impl From<Deadline> for DeadlineView {
    fn from(deadline: Deadline) -> Self {
        Self { until: deadline.until, basis_points: deadline.basis_points }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PeriodQuote")]
pub struct PeriodReadingView {
    pub quote: QuoteView,
    /// How many units are free in the period.
    pub free_units: u32,
    /// Where none is free: the nearest periods in which one is.
    pub nearest: Vec<PeriodView>,
}

impl From<PeriodReading> for PeriodReadingView {
    fn from(reading: PeriodReading) -> Self {
        Self {
            quote: reading.quote.into(),
            free_units: count(reading.free_units),
            nearest: reading.nearest.into_iter().map(Into::into).collect(),
        }
    }
}

fn count(units: usize) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehicleCalendar")]
pub struct CalendarView {
    pub vehicle: Ref<Listing>,
    /// The shop's, of the IANA database: its days are the shop's.
    pub zone: String,
    pub days: Vec<CalendarDayView>,
}

impl CalendarView {
    pub fn of(page: &ListingPage, days: Vec<CalendarDay>) -> Self {
        Self {
            vehicle: page.listing.state.id.into(),
            zone: page.shop.zone.name().to_owned(),
            days: days.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CalendarDay")]
pub struct CalendarDayView {
    pub date: NaiveDate,
    /// When somebody hands vehicles over and takes them back.
    pub openings: Vec<PeriodView>,
    /// Nothing is out on this day.
    pub blacked_out: bool,
    /// Stretches of the day in which at least one unit is free, open or not.
    pub free: Vec<FreeTimeView>,
}

impl From<CalendarDay> for CalendarDayView {
    fn from(day: CalendarDay) -> Self {
        Self {
            date: day.date,
            openings: day.openings.into_iter().map(Into::into).collect(),
            blacked_out: day.blacked_out,
            free: day.free.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "FreeTime")]
pub struct FreeTimeView {
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// How many units are free all the while.
    pub units: u32,
}

impl From<FreeTime> for FreeTimeView {
    fn from(time: FreeTime) -> Self {
        let (starts_at, ends_at) = (time.span.starts_at(), time.span.ends_at());
        Self { starts_at, ends_at, units: count(time.units) }
    }
}
