//! What people do where vehicles are rented: keep a shop, list vehicles, book, pay, hand over and take back.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Client, Shop, shop::until, trade::GOOD_CARD};

/// Somewhere no demonstration shop is near.
pub const HERE: &str = "64.146600,-21.942600";

/// A shop that is open day and night, and one car of it.
pub struct Fleet {
    pub seller: Client,
    pub shop: String,
    pub vehicle: String,
    now: DateTime<Utc>,
}

impl Fleet {
    pub async fn of(shop: &Shop, terms: Value) -> Self {
        Self::kept_by(shop.seller().await, terms).await
    }

    pub async fn kept_by(seller: Client, terms: Value) -> Self {
        let opened = seller.post("/v1/rent/shops", a_shop()).await.expect(201);
        let now = opened.text("created_at").parse().unwrap();
        let shop = opened.text("id");
        let vehicle = list_car(&seller, a_car(&shop, terms)).await;
        Self { seller, shop, vehicle, now }
    }

    /// Lists and publishes one more car, in so many units; returns its id.
    pub async fn another(&self, units: usize, terms: Value) -> String {
        let mut car = a_car(&self.shop, terms);
        car["units"] = (0..units).map(|unit| format!("YL-U{unit:02}")).collect();
        list_car(&self.seller, car).await
    }

    /// So many hours from when the shop opened.
    pub fn period(&self, from: i64, to: i64) -> Value {
        let at = |hours| self.at(hours);
        json!({"starts_at": at(from), "ends_at": at(to)})
    }

    pub fn at(&self, hours: i64) -> String {
        let at = self.now + TimeDelta::hours(hours);
        at.format("%Y-%m-%dT%H:00:00Z").to_string()
    }

    pub fn booking(&self, from: i64, to: i64) -> Value {
        self.booking_of(&self.vehicle, from, to)
    }

    pub fn booking_of(&self, vehicle: &str, from: i64, to: i64) -> Value {
        json!({
            "vehicle": vehicle, "period": self.period(from, to), "driver": a_driver(),
            "extras": [{"code": "child_seat", "count": 1}],
        })
    }

    pub async fn book(&self, who: &Client, from: i64, to: i64) -> Answer {
        who.post_fresh("/v1/rent/bookings", self.booking(from, to)).await
    }
}

async fn list_car(seller: &Client, car: Value) -> String {
    let made = seller.post("/v1/rent/vehicles/cars", car).await.expect(201);
    let vehicle = made.text("id");
    let path = format!("/v1/rent/vehicles/{vehicle}/publish");
    over(seller, Method::POST, &path, &made, None).await.expect(200);
    vehicle
}

pub fn a_shop() -> Value {
    let all_day = json!([{"from": "00:00", "to": "24:00"}]);
    json!({
        "name": "Harbour Cars", "zone": "Atlantic/Reykjavik", "address": "1 Harbour Street",
        "place": {"latitude": "64.146600", "longitude": "-21.942600"},
        "week": {
            "monday": all_day, "tuesday": all_day, "wednesday": all_day, "thursday": all_day,
            "friday": all_day, "saturday": all_day, "sunday": all_day,
        },
    })
}

/// One car, at 50 a day and 100 as a deposit, with a tenth of tax.
pub fn a_car(shop: &str, terms: Value) -> Value {
    json!({
        "shop": shop, "title": "Blue Duster", "description": "For gravel.", "make": "Dacia",
        "model": "Duster", "year": 2023, "fuel": "petrol", "engine_cc": 1_332,
        "transmission": "manual", "seats": 5, "doors": 5, "minimum_age": 20, "odometer_km": 40_000,
        "units": ["YL-T45"], "images": [{"url": "/demo/images/blue-duster.svg", "alt": "A blue car"}],
        "terms": terms,
        "rates": {
            "currency": "USD", "hour_minor": 10_00, "day_minor": 50_00, "min_minutes": 60,
            "max_minutes": 43_200, "deposit_minor": 100_00, "late_hour_minor": 15_00,
            "extras": [{
                "code": "child_seat", "name": "Child seat", "price_minor": 5_00,
                "charged": "per_rental", "most": 2,
            }],
            "tax": {"basis_points": 1_000, "inclusive": false, "jurisdiction": "IS"},
            "cancellation": {"tiers": [
                {"hours_before": 120, "basis_points": 10_000}, {"hours_before": 24, "basis_points": 5_000},
            ]},
        },
    })
}

pub fn a_driver() -> Value {
    json!({
        "name": "Ada Lovelace", "born_on": "1990-12-10",
        "licence": {"class": "b", "held_since": "2010-01-01"},
    })
}

/// At once, without any time ahead, and half an hour between two periods.
pub fn at_once() -> Value {
    json!({"instant": true, "lead_minutes": 0, "turnaround_minutes": 30})
}

/// How a vehicle goes out or comes back.
pub fn record(odometer_km: u32) -> Value {
    json!({"odometer_km": odometer_km, "fuel_percent": 90})
}

/// The same, with photos of it.
pub fn record_with(odometer_km: u32, photos: &[&Answer]) -> Value {
    let mut record = record(odometer_km);
    record["photos"] = photos.iter().map(|photo| photo.body["id"].clone()).collect();
    record
}

/// Asks for a link to a photo of a booking.
pub async fn photo_link(who: &Client, booking: &Answer, photo: &Answer) -> Answer {
    let (booking, photo) = (booking.text("id"), photo.text("id"));
    let path = format!("/v1/rent/bookings/{booking}/photos/{photo}/links");
    who.ask(Method::POST, &path, &[], None).await
}

/// A change over the version that was seen.
pub async fn over(
    who: &Client,
    method: Method,
    path: &str,
    seen: &Answer,
    body: Option<Value>,
) -> Answer {
    let etag = seen.header("etag").to_owned();
    who.ask(method, path, &[("if-match", &etag)], body).await
}

/// The next step of a booking, over how it stands now.
pub async fn step(who: &Client, booking: &Answer, verb: &str, body: Option<Value>) -> Answer {
    let path = format!("/v1/rent/bookings/{}", booking.text("id"));
    let seen = who.get(&path).await.expect(200);
    over(who, Method::POST, &format!("{path}/{verb}"), &seen, body).await
}

/// Waits until a booking is in a state, and shows it.
pub async fn becomes(who: &Client, booking: &Answer, state: &str) -> Answer {
    let path = format!("/v1/rent/bookings/{}", booking.text("id"));
    until(&format!("the booking is {state}"), || async {
        who.get(&path).await.body["state"] == state
    })
    .await;
    who.get(&path).await.expect(200)
}

/// Pays for a booking, and waits until it is confirmed.
pub async fn pay(shop: &Shop, who: &Client, booking: &Answer) -> Answer {
    let held = becomes(who, booking, "held").await;
    let payment = who.pay(&held.text("order")).await.expect(201);
    shop.confirm(&payment, GOOD_CARD).await.expect(200);
    becomes(who, booking, "confirmed").await
}

/// Waits until this much has come back to who paid for a booking.
pub async fn comes_back(who: &Client, booking: &Answer, cents: i64) {
    let paid = who.get(&format!("/v1/payments?order={}", booking.text("order"))).await.expect(200);
    let path = format!("/v1/refunds?payment={}", paid.body["data"][0]["id"].as_str().unwrap());
    until(&format!("{cents} came back"), || async {
        let refunds = who.get(&path).await.expect(200);
        let refunds = refunds.body["data"].as_array().unwrap().clone();
        let done = refunds.iter().filter(|refund| refund["state"] == "succeeded");
        done.filter_map(|refund| refund["amount"]["amount"].as_i64()).sum::<i64>() == cents
    })
    .await;
}
