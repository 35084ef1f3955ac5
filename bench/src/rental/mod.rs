//! Renting at the size of a large marketplace: searching among many vehicles, and booking them.

mod booker;
mod bookings;
mod search;

use std::time::Instant;

use crate::{
    Result,
    measure::Plan,
    report::Findings,
    say,
    shop::Ground,
    store::{Engine, Store},
};

/// The marketplace: how many vehicles and bookings it has.
#[derive(Debug, Clone, Copy)]
pub struct Market {
    pub vehicles: u64,
    pub bookings: u64,
}

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    engine: Engine,
    findings: &mut Findings,
) -> Result<()> {
    let wanted = [search::NAME, bookings::SPREAD, bookings::CONTENDED];
    if plan.market.vehicles == 0 || !wanted.iter().any(|case| plan.wants(case)) {
        return Ok(());
    }
    let store = stocked(ground, engine, plan.market).await?;
    if plan.wants(search::NAME) {
        search::measure(plan, ground, &store, findings).await?;
    }
    bookings::measure(plan, ground, &store, findings).await?;
    store.drop().await
}

async fn stocked(ground: &Ground<'_>, engine: Engine, market: Market) -> Result<Store> {
    let Market { vehicles, bookings } = market;
    say(&format!("{engine}: a marketplace with {vehicles} vehicles and {bookings} bookings …"));
    let (store, started) = (Store::make(engine, ground.folder).await?, Instant::now());
    ground.run(&store, &["migrate", "up"]).await?;
    let (vehicles, bookings) = (vehicles.to_string(), bookings.to_string());
    let seed = ["seed", "--vehicles", &vehicles, "--bookings", &bookings];
    ground.run_aloud(&store, &seed, 20).await?;
    store.analyse().await?;
    say(&format!("{engine}: stocked in {} s", started.elapsed().as_secs()));
    Ok(store)
}
