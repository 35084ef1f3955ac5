//! Shops made for the measurement, and travellers who book one minute of their vehicles after the other.

use std::{cell::Cell, rc::Rc};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Result,
    http::{Connection, request},
    load::Journey,
    purchase::{PASSWORD, sign_in, text},
};

/// What is booked: each booking is of the next minute that nobody has yet.
#[derive(Clone)]
pub struct Wishes {
    pub vehicles: Rc<[String]>,
    pub from: DateTime<Utc>,
    pub next: Rc<Cell<u64>>,
}

impl Wishes {
    fn next(&self) -> Option<Value> {
        let number = self.next.get();
        self.next.set(number + 1);
        let vehicles = u64::try_from(self.vehicles.len()).ok()?;
        let vehicle = self.vehicles.get(usize::try_from(number % vehicles).ok()?)?;
        let minute = TimeDelta::minutes(i64::try_from(number / vehicles).ok()?);
        let shown = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let starts_at = self.from + minute;
        Some(json!({
            "vehicle": vehicle,
            "period": {
                "starts_at": shown(starts_at), "ends_at": shown(starts_at + TimeDelta::minutes(1)),
            },
            "driver": {"name": "Tara Traveller", "born_on": "1990-12-10"},
        }))
    }
}

/// Somebody who books over and over.
pub struct Booker {
    shop: Connection,
    token: String,
    wishes: Wishes,
}

impl Booker {
    /// Registers someone new.
    pub async fn new(shop: &str, wishes: Wishes) -> Result<Self> {
        let mut connection = Connection::open(shop).await?;
        let email = register(&mut connection, "Tara Traveller").await?;
        let token = sign_in(&mut connection, &email).await?;
        Ok(Self { shop: connection, token, wishes })
    }
}

impl Journey for Booker {
    async fn once(&mut self) -> Result<()> {
        let key = Uuid::new_v4().to_string();
        let headers = [("authorization", self.token.as_str()), ("idempotency-key", &key)];
        let wish = self.wishes.next();
        let asked = request("POST", "/v1/rent/bookings", &headers, wish.as_ref());
        self.shop.expect(&asked, 201).await.map(|_| ())
    }
}

/// Opens shops of different owners that never close, with so many bicycles altogether that can be had by the minute;
/// returns the bicycles' ids, those of one shop far from each other.
pub async fn open_shops(authority: &str, shops: usize, bicycles: usize) -> Result<Rc<[String]>> {
    let mut all = Vec::with_capacity(bicycles);
    let mut counters = Vec::with_capacity(shops);
    for _ in 0..shops {
        counters.push(Counter::open(authority).await?);
    }
    for number in 0..bicycles {
        let at = number % shops;
        if let Some(counter) = counters.get_mut(at) {
            all.push(counter.lend(number).await?);
        }
    }
    Ok(all.into())
}

/// A shop, and its owner behind the counter.
struct Counter {
    connection: Connection,
    token: String,
    shop: String,
}

impl Counter {
    async fn open(authority: &str) -> Result<Self> {
        let mut connection = Connection::open(authority).await?;
        let token = owner(&mut connection).await?;
        let own = [("authorization", token.as_str())];
        let asked = request("POST", "/v1/rent/shops", &own, Some(&a_shop()));
        let shop = text(&connection.expect(&asked, 201).await?, "/id")?.to_owned();
        Ok(Self { connection, token, shop })
    }

    /// Lists one more bicycle and publishes it.
    async fn lend(&mut self, number: usize) -> Result<String> {
        let own = [("authorization", self.token.as_str())];
        let bicycle = a_bicycle(&self.shop, number);
        let asked = request("POST", "/v1/rent/vehicles/bikes", &own, Some(&bicycle));
        let made = self.connection.expect(&asked, 201).await?;
        let id = text(&made, "/id")?.to_owned();
        let version = self.connection.header("etag").unwrap_or_default();
        let seen = [("authorization", self.token.as_str()), ("if-match", version.as_str())];
        let path = format!("/v1/rent/vehicles/{id}/publish");
        self.connection.expect(&request("POST", &path, &seen, None), 200).await?;
        Ok(id)
    }
}

/// Somebody new whom the operator lets keep shops; returns their token.
async fn owner(connection: &mut Connection) -> Result<String> {
    let email = register(connection, "Owen Owner").await?;
    let token = sign_in(connection, &email).await?;
    let own = [("authorization", token.as_str())];
    let me = connection.expect(&request("GET", "/v1/me", &own, None), 200).await?;
    let operator = sign_in(connection, "operator@example.com").await?;
    let theirs = [("authorization", operator.as_str())];
    let path = format!("/v1/users/{}/role", text(&me, "/id")?);
    let role = json!({"role": "seller"});
    connection.expect(&request("PUT", &path, &theirs, Some(&role)), 200).await?;
    sign_in(connection, &email).await
}

async fn register(connection: &mut Connection, name: &str) -> Result<String> {
    let email = format!("{}@example.com", Uuid::new_v4().simple());
    let body = json!({"email": email, "name": name, "password": PASSWORD});
    connection.expect(&request("POST", "/v1/auth/register", &[], Some(&body)), 202).await?;
    Ok(email)
}

fn a_shop() -> Value {
    let all_day = json!([{"from": "00:00", "to": "24:00"}]);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let week: serde_json::Map<String, Value> =
        days.into_iter().map(|day| (day.to_owned(), all_day.clone())).collect();
    json!({
        "name": "Minutes", "zone": "UTC", "address": "1 Clock Lane", "week": week,
        "place": {"latitude": "-40.000000", "longitude": "-40.000000"},
    })
}

fn a_bicycle(shop: &str, number: usize) -> Value {
    json!({
        "shop": shop, "title": format!("Bicycle {number}"), "description": "For a minute.",
        "class": "bicycle", "make": "Hero", "model": "Sprint", "frame_cm": 48, "gears": 7,
        "electric": false, "helmets": 0, "minimum_age": 10, "units": [format!("MIN-{number}")],
        "images": [{"url": "/demo/images/bicycle.svg", "alt": "A bicycle"}],
        "terms": {
            "instant": true, "lead_minutes": 0, "turnaround_minutes": 0, "horizon_days": 730,
        },
        "rates": {
            "currency": "USD", "hour_minor": 100, "min_minutes": 1, "max_minutes": 1_440,
            "deposit_minor": 1_000,
            "tax": {"basis_points": 1_000, "inclusive": false, "jurisdiction": "XX"},
        },
    })
}
