//! Searching for what is near a place and free in a period, beside the same statements without us.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    Result,
    cases::{Case, Floor},
    http::{Connection, get},
    measure::{BARRED, Plan},
    prepare::UNCACHED,
    report::{Against, Findings, Row},
    say,
    shop::Ground,
    store::Store,
    trouble,
};

pub const NAME: &str = "Vehicle search, 20 rows";
/// A search takes milliseconds, so a round lasts this long for each sixteen clients.
const ROUND: Duration = Duration::from_secs(2);
/// Middles of cities that the seed has filled.
const CITIES: [&str; 4] = ["1.05,1.05", "11.05,4.05", "26.05,7.05", "41.05,10.05"];
/// What travellers narrow by and how they sort.
const WISHES: [&str; 4] = [
    "kind=car&sort=price&seats=4",
    "sort=distance",
    "kind=scooter&features=helmet&sort=-price",
    "price_min=1000&price_max=4000&sort=price",
];

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    store: &Store,
    findings: &mut Findings,
) -> Result<()> {
    let quiet = [UNCACHED, ("SOUK__WORKER__ENABLED", "false")];
    let mut overheard = ground.overhear(store, &quiet).await?;
    let case = Case::reading(NAME, paths(now(&overheard.authority).await?));
    let heard = case.heard(&mut overheard).await?;
    overheard.stop().await?;
    let floor = heard.floor(store).await?;
    let shop = ground.serve(store, &quiet).await?;
    say(&format!("{}: a search finds {}", store.engine, found(&shop.authority, &case).await?));
    for &clients in &plan.clients {
        let waves = u32::try_from(clients.div_ceil(BARRED)).unwrap_or(1);
        let lasts = plan.lasts().max(ROUND * waves);
        let mut rounds = Vec::new();
        for _ in 0..plan.rounds(clients) {
            let figures = case.load(&shop.authority, clients, 200, lasts).await?;
            rounds.push(Row {
                engine: store.engine,
                case: NAME.to_owned(),
                clients,
                shop: figures,
                http: None,
                sql: Some(Floor::run(&floor, store, clients, lasts).await?),
                statements: heard.statements(),
                against: Against::Sql,
                barred: true,
            });
        }
        findings.add(rounds);
    }
    shop.stop().await
}

/// Two days beginning in the coming weeks, everywhere and for everyone.
fn paths(now: DateTime<Utc>) -> Vec<String> {
    let at = |days: usize| {
        let at = now + TimeDelta::days(i64::try_from(days).unwrap_or_default());
        at.format("%Y-%m-%dT06:00:00Z").to_string()
    };
    let of_city = |(number, city): (usize, &&str)| {
        let (from, until) = (at(3 + number * 4), at(5 + number * 4));
        WISHES.map(|wish| {
            format!(
                "/v1/rent/vehicles?near={city}&radius_m=10000&limit=20&{wish}\
                 &free_from={from}&free_until={until}"
            )
        })
    };
    CITIES.iter().enumerate().flat_map(of_city).collect()
}

/// The shop's own time.
pub async fn now(authority: &str) -> Result<DateTime<Utc>> {
    let mut connection = Connection::open(authority).await?;
    connection.expect(&get("/v1/rent/vehicles?limit=1"), 200).await?;
    let date = connection.header("date").ok_or_else(|| trouble("an answer without its date"))?;
    Ok(DateTime::parse_from_rfc2822(&date)?.to_utc())
}

/// How many vehicles each search shows; one that shows none would measure nothing.
async fn found(authority: &str, case: &Case) -> Result<String> {
    let mut connection = Connection::open(authority).await?;
    let mut counts = Vec::new();
    for request in &case.requests {
        let page = connection.expect(request, 200).await?;
        let count = page.get("data").and_then(Value::as_array).map_or(0, Vec::len);
        counts.push(count.to_string());
    }
    if counts.iter().all(|count| count == "0") {
        return Err(trouble("no search finds a vehicle"));
    }
    Ok(counts.join(", "))
}
