//! One whole rental: find a vehicle near a place, quote, book, pay, hand over, take back, deposit back, reviews.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};
use tests::{
    Answer, Client,
    pictures::{a_private_picture, follow},
    rentals::{becomes, comes_back, pay, photo_link, record, record_with, step},
};

use super::{Tour, cents, insist, list, money, told, word};

/// The airport of Guwahati, where one of the demonstration's shops is open day and night.
const AIRPORT: &str = "26.106100,91.585900";

/// What she is about to rent, and when.
struct Trip {
    vehicle: String,
    period: Value,
}

impl Trip {
    fn wish(&self) -> Value {
        json!({
            "vehicle": self.vehicle, "period": self.period,
            "extras": [{"code": "child_seat", "count": 1}],
            "driver": {
                "name": "Tara Traveller", "born_on": "1990-12-10",
                "licence": {"class": "b", "held_since": "2010-01-01"},
            },
        })
    }
}

impl Tour {
    /// Tells the cents that the shop keeps of it.
    pub async fn rental(&mut self) -> i64 {
        let trip = self.find_a_vehicle().await;
        let quote = self.ask_what_it_costs(&trip).await;
        let tara = self.shop.new_customer().await;
        let booked = self.book(&tara, &trip, &quote).await;
        self.pay_for_it(&tara, &booked).await;
        let keeper = self.shop.seller().await;
        self.hand_over_and_take_back(&tara, &keeper, &booked).await;
        let kept = self.return_the_deposit(&tara, &keeper, &booked).await;
        self.review(&tara, &keeper, &booked, &trip).await;
        kept
    }

    async fn find_a_vehicle(&mut self) -> Trip {
        self.step("Find a car near the airport of Guwahati, free for the next day");
        let anyone = self.shop.client();
        let now = server_time(&anyone.get("/v1/rent/vehicles?limit=1").await.expect(200));
        let (from, to) = soon(now);
        let path = format!(
            "/v1/rent/vehicles?near={AIRPORT}&radius_m=5000&kind=car&features=automatic\
             &sort=-price&free_from={from}&free_until={to}"
        );
        let found = anyone.get(&path).await.expect(200);
        println!("      GET /v1/rent/vehicles?near=…&radius_m=5000&kind=car&features=automatic&…");
        for car in list(&found.body) {
            let (title, metres) = (word(&car["title"]), &car["distance_m"]);
            println!("      {:>12}  {title}, {metres} m away", money(&car["total"]));
        }
        let dearest = list(&found.body).first().cloned().unwrap_or_default();
        insist(dearest["id"].is_string(), "there is a car with an automatic near the airport");
        let totals: Vec<_> = list(&found.body).iter().map(|car| cents(&car["total"])).collect();
        insist(totals.is_sorted_by(|a, b| a >= b), "the dearest car comes first");
        Trip {
            vehicle: word(&dearest["id"]).to_owned(),
            period: json!({"starts_at": from, "ends_at": to}),
        }
    }

    async fn ask_what_it_costs(&mut self, trip: &Trip) -> Answer {
        self.step("Ask what it costs with a child seat; a booking will cost exactly this");
        let path = format!("/v1/rent/vehicles/{}/quote", trip.vehicle);
        let extras = json!([{"code": "child_seat", "count": 1}]);
        let asked = json!({"period": trip.period, "extras": extras});
        let quote = self.shop.client().post(&path, asked).await.expect(200);
        let priced = &quote.body["quote"];
        let times = format!("{} to {}", word(&priced["starts_local"]), word(&priced["ends_local"]));
        told(&quote, &format!("{times}, by the clocks of {}", word(&priced["zone"])));
        for line in priced["lines"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let (quantity, name) = (&line["quantity"], word(&line["name"]));
            println!("      {:>12}  {quantity} × {name}", money(&line["total"]));
        }
        println!("      {:>12}  tax", money(&priced["tax"]));
        println!("      {:>12}  in all", money(&priced["total"]));
        println!("      what comes back to who cancels, beside the deposit:");
        for tier in priced["cancellation"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let percent = tier["basis_points"].as_i64().unwrap_or_default() / 100;
            println!("      cancelled by {}, {percent} % of the rent", word(&tier["until"]));
        }
        quote
    }

    async fn book(&mut self, tara: &Client, trip: &Trip, quote: &Answer) -> Answer {
        self.step("Book it at that price; nobody else gets those hours");
        let mut wish = trip.wish();
        wish["accepted_total"] = quote.body["quote"]["total"].clone();
        let (path, key) = ("/v1/rent/bookings", "demo-booking-1");
        let booked = tara.post_once(path, key, wish.clone()).await.expect(201);
        told(
            &booked,
            &format!("booking {} waits for {}", booked.text("id"), booked.text("awaiting")),
        );
        let again = tara.post_once(path, key, wish).await.expect(201);
        told(&again, "asked again under the same key: the same booking");
        insist(again.body["id"] == booked.body["id"], "one key makes one booking");
        let theo = self.shop.new_customer().await;
        let refused = theo.post_fresh(path, trip.wish()).await.expect(409);
        let nearest = refused.body["nearest"].as_array().cloned().unwrap_or_default();
        told(
            &refused,
            &format!("somebody else: {}, {} free times named", refused.code(), nearest.len()),
        );
        insist(
            refused.code() == "not_free" && !nearest.is_empty(),
            "the nearest free times are told",
        );
        booked
    }

    async fn pay_for_it(&mut self, tara: &Client, booked: &Answer) {
        self.step("Pay by the sandbox gateway; rent and deposit are taken together");
        let confirmed = pay(&self.shop, tara, booked).await;
        told(&confirmed, "the booking is CONFIRMED");
        let deposit = &confirmed.body["deposit"];
        insist(deposit["state"] == "held", "the deposit is held");
        let operator = self.shop.operator().await;
        let accounts = operator.get("/v1/ledger/accounts?limit=100").await.expect(200);
        let is_hers = |account: &&Value| word(&account["code"]).ends_with(":deposit");
        let held = list(&accounts.body).iter().find(is_hers).cloned().unwrap_or_default();
        told(&accounts, &format!("{}: {}", word(&held["code"]), money(&held["balance"])));
        insist(
            cents(&held["balance"]).abs() == cents(&deposit["amount"]),
            "the deposit is apart in the books",
        );
    }

    async fn hand_over_and_take_back(&mut self, tara: &Client, keeper: &Client, booked: &Answer) {
        self.step("The shop hands the car over and takes it back, each time with a record");
        let own = step(tara, booked, "hand-over", Some(record(30_000))).await.expect(403);
        told(&own, &format!("the traveller herself: {}", own.code()));
        let photo = a_private_picture(keeper, 200).await;
        told(&photo, &format!("photo {}, private", photo.text("id")));
        let shown = record_with(30_000, &[&photo]);
        let out = step(keeper, booked, "hand-over", Some(shown)).await.expect(200);
        told(
            &out,
            &format!("{} at {} km", out.text("state"), out.body["handed_over"]["odometer_km"]),
        );
        self.look_at_the_photo(tara, booked, &photo).await;
        let back = step(keeper, booked, "take-back", Some(record(30_184))).await.expect(200);
        told(
            &back,
            &format!("{} at {} km", back.text("state"), back.body["returned"]["odometer_km"]),
        );
        insist(back.body["charges"] == json!([]), "it was not late, so nothing is charged");
    }

    async fn look_at_the_photo(&self, tara: &Client, booked: &Answer, photo: &Answer) {
        let link = photo_link(tara, booked, photo).await.expect(201);
        told(&link, &format!("the traveller may see the photo until {}", link.text("expires_at")));
        insist(follow(&self.shop, &link.body["url"]).await == 200, "her link opens the photo");
        let theo = self.shop.new_customer().await;
        let refused = photo_link(&theo, booked, photo).await.expect(404);
        told(&refused, &format!("somebody else: {}", refused.code()));
    }

    async fn return_the_deposit(&mut self, tara: &Client, keeper: &Client, booked: &Answer) -> i64 {
        self.step("Nothing to claim: the deposit goes back");
        let done = step(keeper, booked, "complete", None).await.expect(200);
        told(&done, &format!("the booking is {}", done.text("state")));
        let deposit = &done.body["deposit"];
        insist(deposit["state"] == "settled", "the deposit is settled");
        insist(deposit["returned"] == deposit["amount"], "all of the deposit goes back");
        comes_back(tara, booked, cents(&deposit["amount"])).await;
        let seen = becomes(tara, booked, "completed").await;
        told(&seen, &format!("the deposit of {} is back", money(&deposit["amount"])));
        cents(&done.body["quote"]["total"]) - cents(&deposit["amount"])
    }

    async fn review(&mut self, tara: &Client, keeper: &Client, booked: &Answer, trip: &Trip) {
        self.step("Both write a review; neither is seen before the other is written");
        let path = format!("/v1/rent/bookings/{}/reviews", booked.text("id"));
        let listed = format!("/v1/rent/vehicles/{}/reviews", trip.vehicle);
        let anyone = self.shop.client();
        let hers = json!({"stars": 5, "text": "It floats through the city."});
        told(&tara.post(&path, hers).await.expect(201), "the traveller, of the car");
        let hidden = anyone.get(&listed).await.expect(200);
        insist(hidden.body["count"] == 0, "her review is not seen yet");
        let theirs = json!({"stars": 5, "text": "Came back clean."});
        told(&keeper.post(&path, theirs).await.expect(201), "the shop, of the traveller");
        let seen = anyone.get(&listed).await.expect(200);
        let (count, average) = (&seen.body["count"], word(&seen.body["average"]));
        told(&seen, &format!("{count} review, {average} stars"));
        insist(*count == 1 && average == "5.0", "now everybody sees it");
    }
}

/// What the shop's clock shows.
fn server_time(answer: &Answer) -> DateTime<Utc> {
    let date = DateTime::parse_from_rfc2822(answer.header("date"));
    insist(date.is_ok(), "an answer tells its time");
    date.unwrap_or_default().to_utc()
}

/// From a whole minute a bit more than an hour ahead, as long as the shop wants to know of it before, for a day.
fn soon(now: DateTime<Utc>) -> (String, String) {
    let from = now + TimeDelta::minutes(70);
    let from = from.with_second(0).unwrap_or(from);
    let shown = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    (shown(from), shown(from + TimeDelta::days(1)))
}
