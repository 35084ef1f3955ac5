//! Whether a large shop is as quick as a small one.

use std::time::Instant;

use crate::{
    Result,
    cases::Case,
    figures::Figures,
    measure::Plan,
    prepare::{UNCACHED, seeded},
    report::{Findings, Growth},
    say,
    shop::Ground,
    store::{Engine, Store},
};

const CLIENTS: usize = 16;
const FEW: u64 = 1_000;

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    engine: Engine,
    findings: &mut Findings,
) -> Result<()> {
    let few = seeded(ground, engine, FEW).await?;
    let started = Instant::now();
    say(&format!("{engine}: a shop with {} products …", plan.scale));
    let many = seeded(ground, engine, plan.scale).await?;
    say(&format!("{engine}: stocked in {} s", started.elapsed().as_secs()));
    // Within 1.3 times, and within three times.
    for (case, allowed) in [(Case::list(), 130), (Case::search(), 300)] {
        let mut rounds = Vec::new();
        for _ in 0..plan.rounds {
            rounds.push(Growth {
                engine,
                case: case.name.to_owned(),
                few: (FEW, load(plan, ground, &few, &case).await?),
                many: (plan.scale, load(plan, ground, &many, &case).await?),
                allowed,
            });
        }
        findings.grown(rounds);
    }
    few.drop().await?;
    many.drop().await
}

async fn load(plan: &Plan, ground: &Ground<'_>, store: &Store, case: &Case) -> Result<Figures> {
    let shop = ground.serve(store, &[UNCACHED]).await?;
    let figures = case.load(&shop.authority, CLIENTS, case.status, plan.lasts()).await?;
    shop.stop().await?;
    Ok(figures)
}
