//! Who gets the hours when everyone wants them at once: really parallel, on both engines, through two servers on
//! PostgreSQL.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Answer, Client, Doors, Engine, Shop,
    rentals::{Fleet, at_once, becomes, comes_back, over, pay, record, step},
    shop::until,
    together,
};
use uuid::Uuid;

const CLIENTS: usize = 500;
/// Each of them with five clients, which is as many bookings as one may hold without paying.
const PEOPLE: usize = CLIENTS / 5;
/// How long somebody waits is not what these races are about: a build for tests on a busy machine is slow.
const PATIENT: [(&str, &str); 5] = [
    ("SOUK__DATABASE__ACQUIRE_TIMEOUT_MS", "60000"),
    ("SOUK__DATABASE__LOCK_TIMEOUT_MS", "60000"),
    ("SOUK__DATABASE__STATEMENT_TIMEOUT_MS", "60000"),
    ("SOUK__SERVER__REQUEST_TIMEOUT_MS", "120000"),
    ("SOUK__MEDIA__UPLOAD_TIMEOUT_MS", "120000"),
];
/// Units of each listing beside the first, which has one: ten vehicles in all.
const UNITS: [usize; 6] = [1, 1, 1, 2, 2, 2];
/// How long a unit rests between two periods.
const REST: TimeDelta = TimeDelta::minutes(30);
const STATES_THAT_HOLD: [&str; 4] = ["held", "confirmed", "active", "returned"];

/// `SplitMix64`: the same wishes again for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, faces: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % faces
    }

    /// Up to two days somewhere in the next two weeks.
    fn hours(&mut self) -> (i64, i64) {
        let from = 2 + i64::try_from(self.roll(14 * 24)).unwrap();
        (from, from + 1 + i64::try_from(self.roll(48)).unwrap())
    }
}

/// A time of a unit, as clients see it.
#[derive(Debug, Clone)]
struct Taken {
    booking: String,
    vehicle: String,
    unit: String,
    from: DateTime<Utc>,
    /// With the rest after it.
    until: DateTime<Utc>,
}

impl Taken {
    fn of(booking: &Value) -> Self {
        let word = |pointer: &str| booking.pointer(pointer).and_then(Value::as_str).unwrap();
        let at = |pointer: &str| word(pointer).parse::<DateTime<Utc>>().unwrap();
        Self {
            booking: word("/id").to_owned(),
            vehicle: word("/vehicle").to_owned(),
            unit: word("/unit").to_owned(),
            from: at("/period/starts_at"),
            until: at("/period/ends_at") + REST,
        }
    }

    fn overlaps(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.from < until && from < self.until
    }
}

/// Every booking that still holds its unit, as an operator reads them page by page.
async fn taken(shop: &Shop) -> Vec<Taken> {
    let operator = shop.operator().await;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = operator.get(&format!("/v1/rent/bookings?limit=100{cursor}")).await.expect(200);
        let holds =
            |booking: &&Value| STATES_THAT_HOLD.contains(&booking["state"].as_str().unwrap());
        all.extend(page.body["data"].as_array().unwrap().iter().filter(holds).map(Taken::of));
        match page.body["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Nobody has hours of a unit that another has, neither by what clients see nor by what is claimed.
async fn nobody_overlaps(shop: &Shop) -> Vec<Taken> {
    let taken = taken(shop).await;
    let mut of_units: HashMap<&str, Vec<&Taken>> = HashMap::new();
    for booking in &taken {
        of_units.entry(&booking.unit).or_default().push(booking);
    }
    for bookings in of_units.values_mut() {
        bookings.sort_by_key(|booking| booking.from);
        for two in bookings.windows(2) {
            assert!(two[0].until <= two[1].from, "{:?} overlaps {:?}", two[0], two[1]);
        }
    }
    let rivals = "select count(*) from commerce_claims a join commerce_claims b \
        on a.resource = b.resource and a.id < b.id and a.live and b.live \
        and a.starts_at < b.ends_at and b.starts_at < a.ends_at";
    assert_eq!(shop.database.number(rivals).await, 0, "claims that are live overlap");
    taken
}

/// Whoever was told that nothing is free was told the truth: each unit of the vehicle is taken at that time.
fn refused_with_reason(wish: &Value, units: usize, taken: &[Taken]) {
    let at = |end: &str| wish["period"][end].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let (from, until) = (at("starts_at"), at("ends_at") + REST);
    let of_vehicle = taken.iter().filter(|booking| booking.vehicle == wish["vehicle"]);
    let in_the_way = of_vehicle.filter(|booking| booking.overlaps(from, until));
    let mut busy: Vec<_> = in_the_way.map(|booking| booking.unit.as_str()).collect();
    busy.sort_unstable();
    busy.dedup();
    assert_eq!(busy.len(), units, "refused though a unit was free: {wish}");
}

async fn book(client: Client, wish: Value) -> Answer {
    client.post_fresh("/v1/rent/bookings", wish).await
}

/// Ten vehicles, and five hundred clients each with a wish of its own.
struct Rush {
    /// The vehicles, and in how many units.
    vehicles: Vec<(String, usize)>,
    clients: Vec<Client>,
    wishes: Vec<Value>,
}

impl Rush {
    async fn gather(shop: &Shop, doors: &Doors, fleet: &Fleet) -> Self {
        let seed = u64::try_from(Uuid::new_v4().as_u128() >> 64).unwrap();
        eprintln!("the wishes are those of seed {seed}");
        let mut dice = Dice(seed);
        let mut vehicles = vec![(fleet.vehicle.clone(), 1)];
        for units in UNITS {
            vehicles.push((fleet.another(units, at_once()).await, units));
        }
        let people = shop.customers(PEOPLE).await;
        let clients = people.iter().cycle().take(CLIENTS).enumerate();
        let clients = clients.map(|(number, who)| doors.at(number / PEOPLE, who));
        let wish = |_| {
            let vehicle =
                usize::try_from(dice.roll(u64::try_from(vehicles.len()).unwrap())).unwrap();
            let (from, to) = dice.hours();
            fleet.booking_of(&vehicles[vehicle].0, from, to)
        };
        let wishes = (0..CLIENTS).map(wish).collect();
        Self { clients: clients.collect(), wishes, vehicles }
    }

    fn units(&self, wish: &Value) -> usize {
        self.vehicles.iter().find(|(id, _)| wish["vehicle"] == id.as_str()).unwrap().1
    }

    /// Everyone of these asks at a stroke; tells who was refused, and checks that nobody was in vain.
    async fn ask(&self, shop: &Shop, who: impl Iterator<Item = usize>) -> Vec<(usize, Answer)> {
        let who: Vec<usize> = who.collect();
        let asked =
            who.iter().map(|&one| book(self.clients[one].clone(), self.wishes[one].clone()));
        let answers = together(asked.collect::<Vec<_>>()).await;
        let taken = nobody_overlaps(shop).await;
        for (&one, answer) in who.iter().zip(&answers) {
            match answer.status {
                201 => {
                    let booking = Taken::of(&answer.body);
                    assert!(taken.iter().any(|it| it.booking == booking.booking), "{booking:?}");
                }
                _ => {
                    assert_eq!(answer.code(), "not_free", "{}", answer.body);
                    assert!(answer.is_problem() && answer.status == 409);
                    assert!(!answer.body["nearest"].as_array().unwrap().is_empty());
                    refused_with_reason(&self.wishes[one], self.units(&self.wishes[one]), &taken);
                }
            }
        }
        who.into_iter().zip(answers).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_clients_who_want_ten_vehicles_never_get_the_same_hours() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &PATIENT).await;
        let doors = Doors::open(&shop).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let rush = Rush::gather(&shop, &doors, &fleet).await;

        let answers = rush.ask(&shop, 0..CLIENTS).await;
        let (got, refused): (Vec<_>, Vec<_>) =
            answers.into_iter().partition(|(_, answer)| answer.status == 201);
        assert!(got.len() >= UNITS.len() && refused.len() > CLIENTS / 4, "{} got one", got.len());

        // Half of them give theirs up while everyone who was refused asks again.
        let giving_up = got.iter().step_by(2).map(|(one, booking)| {
            let (who, booking) = (rush.clients[*one].clone(), booking.clone());
            async move { step(&who, &booking, "cancel", None).await }
        });
        let asking = refused
            .iter()
            .map(|(one, _)| book(rush.clients[*one].clone(), rush.wishes[*one].clone()));
        let (given_up, _) = tokio::join!(
            together(giving_up.collect::<Vec<_>>()),
            together(asking.collect::<Vec<_>>()),
        );
        given_up.into_iter().for_each(|answer| drop(answer.expect(200)));
        nobody_overlaps(&shop).await;

        // When what was given up is free again, it can be had, and only that.
        shop.settled().await;
        let left = taken(&shop).await;
        let has_one = |one: &usize| {
            let (vehicle, period) = (&rush.wishes[*one]["vehicle"], &rush.wishes[*one]["period"]);
            let from: DateTime<Utc> = period["starts_at"].as_str().unwrap().parse().unwrap();
            left.iter().any(|it| *vehicle == it.vehicle.as_str() && it.from == from)
        };
        let without = refused.iter().map(|(one, _)| *one).filter(|one| !has_one(one));
        rush.ask(&shop, without).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_who_want_the_same_hours_of_thirty_units_thirty_get_one_each() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &PATIENT).await;
        let doors = Doors::open(&shop).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let vehicle = fleet.another(30, at_once()).await;
        let people = shop.customers(60).await;

        let answers =
            together(people.iter().enumerate().map(|(number, who)| {
                book(doors.at(number, who), fleet.booking_of(&vehicle, 24, 48))
            }))
            .await;

        let units = answers.iter().filter(|answer| answer.status == 201);
        let mut units: Vec<_> = units.map(|answer| answer.text("unit")).collect();
        units.sort_unstable();
        units.dedup();
        let refused = answers.iter().filter(|answer| answer.code() == "not_free").count();
        assert_eq!((units.len(), refused), (30, 30), "{engine:?}");
        nobody_overlaps(&shop).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_booking_however_often_it_is_sent() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &PATIENT).await;
        let doors = Doors::open(&shop).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let vehicle = fleet.another(8, at_once()).await;
        let traveller = shop.new_customer().await;

        let answers = together((0..32).map(|number| {
            let (who, wish) = (doors.at(number, &traveller), fleet.booking_of(&vehicle, 24, 48));
            async move { who.post_once("/v1/rent/bookings", "this one", wish).await }
        }))
        .await;

        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|it| it.text("id") == made[0].text("id")));
        let waits = |answer: &&Answer| answer.code() == "request_in_progress";
        assert_eq!(made.len() + answers.iter().filter(waits).count(), 32);
        assert_eq!(taken(&shop).await.len(), 1);
        doors.close(&shop).await;
        shop.close().await;
    }
}

/// Each of these at a stroke, over the same version; counts the answers by status.
async fn over_one_version(
    doors: &Doors,
    seen: &Answer,
    steps: Vec<(Client, &'static str, Option<Value>)>,
) -> BTreeMap<u16, usize> {
    let path = format!("/v1/rent/bookings/{}", seen.text("id"));
    let asked = steps.into_iter().enumerate().map(|(number, (who, verb, body))| {
        let (who, seen, path) = (doors.at(number, &who), seen.clone(), format!("{path}/{verb}"));
        async move { over(&who, Method::POST, &path, &seen, body).await }
    });
    let mut counted = BTreeMap::new();
    for answer in together(asked.collect::<Vec<_>>()).await {
        assert!(answer.status == 200 || answer.is_refusal());
        *counted.entry(answer.status).or_default() += 1;
    }
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_or_withdrawn_but_not_both() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &PATIENT).await;
        let doors = Doors::open(&shop).await;
        let fleet = Fleet::of(&shop, json!({"instant": false, "lead_minutes": 0})).await;
        let traveller = shop.new_customer().await;

        for day in 1..=4 {
            let asked = fleet.book(&traveller, day * 48, day * 48 + 24).await.expect(201);
            let steps = (0..12).map(|number| match number % 3 {
                0 => (fleet.seller.clone(), "answer", Some(json!({"accept": true}))),
                1 => (fleet.seller.clone(), "answer", Some(json!({"accept": false}))),
                _ => (traveller.clone(), "cancel", None),
            });
            let counted = over_one_version(&doors, &asked, steps.collect()).await;
            assert_eq!(counted.get(&200), Some(&1), "{counted:?}");
        }

        nobody_overlaps(&shop).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_comes_back_once_however_often_its_rental_is_completed() {
    for engine in Engine::BOTH {
        let shop = Shop::open_with(engine, &PATIENT).await;
        let doors = Doors::open(&shop).await;
        let fleet = Fleet::of(&shop, at_once()).await;
        let traveller = shop.new_customer().await;
        let booked = fleet.book(&traveller, 2, 26).await.expect(201);
        pay(&shop, &traveller, &booked).await;

        for (verb, body, state) in [
            ("hand-over", Some(record(40_000)), "active"),
            ("take-back", Some(record(40_100)), "returned"),
            ("complete", None, "completed"),
        ] {
            let path = format!("/v1/rent/bookings/{}", booked.text("id"));
            let seen = fleet.seller.get(&path).await.expect(200);
            let steps = (0..16).map(|_| (fleet.seller.clone(), verb, body.clone())).collect();
            let counted = over_one_version(&doors, &seen, steps).await;
            assert_eq!(counted.get(&200), Some(&1), "{verb}: {counted:?}");
            becomes(&traveller, &booked, state).await;
        }

        comes_back(&traveller, &booked, 100_00).await;
        let kept = 50_00 + 5_00 + 5_50;
        until("the gateway gave the deposit back", || async { shop.money_kept() == kept }).await;
        doors.close(&shop).await;
        shop.close().await;
    }
}
