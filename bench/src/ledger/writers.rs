//! Writers who post one sale after the other through our store, in a process of their own.

use std::{
    io::Write,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use commerce::{
    Change, Clock, Effects, Money, Order, OrderId, Repository,
    ledger::{self, Takings},
};
use persistence::{Db, Heard, Settings};
use serde::Serialize;
use tokio::process::Command;
use uuid::Uuid;

use crate::{Result, figures::Figures, say, statement::Asked, store::Store, trouble};

/// So many sales are listened to, each a script that pgbench draws from.
const HEARD: usize = 8;

/// Runs the writers and says what they came to. The first fifth of the time warms up.
pub async fn write(url: &str, writers: usize, seconds: u64) -> Result<()> {
    let db = open(url).await?;
    post(&db).await?;
    let lasts = Duration::from_secs(seconds);
    let from = Instant::now() + lasts / 5;
    let until = from + lasts;
    let tasks: Vec<_> =
        (0..writers).map(|_| tokio::spawn(post_until(db.clone(), from, until))).collect();
    let (mut took, mut errors) = (Vec::new(), 0);
    for task in tasks {
        let (mine, failed) = task.await?;
        took.extend(mine);
        errors += failed;
    }
    db.close().await?;
    answer(&Figures::of(took, errors, lasts))
}

/// Posts a few sales and says which statements that took.
pub async fn tell(url: &str) -> Result<()> {
    let db = open(url).await?;
    // Accounts that nobody has met before take one more, once.
    post(&db).await?;
    let heard: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let ear = heard.clone();
    db.overhear(Arc::new(move |asked: Heard<'_>| {
        ear.lock().unwrap_or_else(PoisonError::into_inner).push(Asked::of(asked));
    }));
    let mut rounds = Vec::with_capacity(HEARD);
    for _ in 0..HEARD {
        post(&db).await?;
        rounds.push(std::mem::take(&mut *heard.lock().unwrap_or_else(PoisonError::into_inner)));
    }
    db.close().await?;
    answer(&rounds)
}

fn answer(said: &impl Serialize) -> Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(said)?)?)
}

/// What [`write()`] says in a process of its own.
pub(super) async fn posted(store: &Store, writers: usize, lasts: Duration) -> Result<Figures> {
    let (writers, seconds) = (writers.to_string(), lasts.as_secs().max(1).to_string());
    let said = said_by(&["post", &store.url, &writers, &seconds]).await?;
    Ok(serde_json::from_slice(&said)?)
}

/// What [`tell`] says in a process of its own.
pub(super) async fn statements(store: &Store) -> Result<Vec<Vec<Asked>>> {
    Ok(serde_json::from_slice(&said_by(&["tell-postings", &store.url]).await?)?)
}

async fn said_by(arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stderr(Stdio::inherit()).kill_on_drop(true);
    let output = command.output().await?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(trouble("the writers ended badly"))
    }
}

/// As the shop is connected, with the patience of writers who queue.
async fn open(url: &str) -> Result<Db> {
    let patience = Duration::from_secs(30);
    let settings = Settings { acquire_timeout: patience, ..Settings::new(url) };
    Ok(Db::connect(&settings).await?)
}

/// Microseconds of each posted sale, and how many were not.
async fn post_until(db: Db, from: Instant, until: Instant) -> (Vec<u64>, usize) {
    let (mut took, mut errors) = (Vec::with_capacity(16_384), 0);
    loop {
        let begun = Instant::now();
        if begun >= until {
            return (took, errors);
        }
        if let Err(error) = post(&db).await {
            if errors == 0 {
                say(&format!("bench: {error}"));
            }
            errors += 1;
            if errors > 100 {
                return (took, errors);
            }
        } else if (from..=until).contains(&Instant::now()) {
            took.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
    }
}

/// In the order of time, and not alike in their first half: pgbench draws the second half of an id once for all.
fn id(which: u8) -> Uuid {
    let mut bytes = Uuid::now_v7().into_bytes();
    bytes.iter_mut().skip(7).take(1).for_each(|byte| *byte = which);
    Uuid::from_bytes(bytes)
}

/// One commit: an order that the shop pays for itself (X1) and that is earned (S1), which is two postings of five
/// entries, over platform accounts that everybody posts to and an escrow of its own.
async fn post(db: &Db) -> Result<()> {
    let (order, at, total) = (OrderId::from(id(0)), db.clock().now(), Money::usd(119_00));
    let takings =
        Takings { net: Money::usd(100_00), tax: Money::usd(19_00), jurisdiction: "DE".into() };
    let paid = ledger::promotion_funded(id(1), order, total, at)?;
    let earned = ledger::sale_recognised(id(2), order, &takings, total, at)?;
    let effects = Effects::none().post(paid).post(earned);
    Ok(db.commit(Change::<Order> { writes: Vec::new(), effects }).await?)
}
