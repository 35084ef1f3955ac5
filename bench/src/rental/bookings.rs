//! Booking: many vehicles at once, and everybody the same one.

use std::{cell::Cell, rc::Rc};

use chrono::TimeDelta;

use super::{
    booker::{Booker, Wishes, open_shops},
    search,
};
use crate::{
    Result,
    load::{Journey, drive},
    measure::Plan,
    report::{Against, Findings, Row},
    shop::{Ground, Process},
    statement::Asked,
    store::Store,
};

pub const SPREAD: &str = "Bookings, spread";
pub const CONTENDED: &str = "Bookings, contended";
/// Vehicles that bookings are spread over, and the shops they are of, each with an owner who hears of its bookings.
const VEHICLES: usize = 256;
const SHOPS: usize = 32;
/// Passwords are checked quickly, and nobody is told to pay first.
const SETTINGS: [(&str, &str); 2] =
    [("SOUK__AUTH__BCRYPT_COST", "4"), ("SOUK__RENT__MAX_HELD_PER_TRAVELLER", "1000000")];

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    store: &Store,
    findings: &mut Findings,
) -> Result<()> {
    for (case, shops, vehicles) in [(SPREAD, SHOPS, VEHICLES), (CONTENDED, 1, 1)] {
        if !plan.wants(case) {
            continue;
        }
        let shop = ground.serve(store, &SETTINGS).await?;
        let wishes = Wishes {
            vehicles: open_shops(&shop.authority, shops, vehicles).await?,
            from: search::now(&shop.authority).await? + TimeDelta::days(2),
            next: Rc::new(Cell::new(0)),
        };
        shop.stop().await?;
        let statements = statements(ground, store, &wishes).await?;
        let shop = ground.serve(store, &SETTINGS).await?;
        let mut taken: Vec<_> = plan.clients.iter().map(|&clients| (clients, Vec::new())).collect();
        // They have no floor beside them, so few clients and many take turns.
        for _ in 0..plan.rounds {
            for (clients, rounds) in &mut taken {
                let bookers = bookers(&shop, &wishes, *clients).await?;
                rounds.push(Row {
                    engine: store.engine,
                    case: case.to_owned(),
                    clients: *clients,
                    shop: drive(bookers, plan.lasts()).await,
                    http: None,
                    sql: None,
                    statements,
                    against: Against::Sql,
                    barred: false,
                });
            }
        }
        taken.into_iter().for_each(|(_, rounds)| findings.add(rounds));
        shop.stop().await?;
        ground.run(store, &["check"]).await?;
    }
    Ok(())
}

async fn bookers(shop: &Process, wishes: &Wishes, count: usize) -> Result<Vec<Booker>> {
    let mut bookers = Vec::with_capacity(count);
    for _ in 0..count {
        bookers.push(Booker::new(&shop.authority, wishes.clone()).await?);
    }
    Ok(bookers)
}

/// How many statements a booking takes, the second time it is made.
async fn statements(ground: &Ground<'_>, store: &Store, wishes: &Wishes) -> Result<usize> {
    let quiet = [&SETTINGS[..], &[("SOUK__WORKER__ENABLED", "false")]].concat();
    let mut shop = ground.overhear(store, &quiet).await?;
    let mut booker = Booker::new(&shop.authority, wishes.clone()).await?;
    booker.once().await?;
    shop.heard().await?;
    booker.once().await?;
    let heard = shop.heard().await?;
    shop.stop().await?;
    Ok(heard.iter().filter_map(Asked::sql).count())
}
