//! The books at work: how many sales are posted a second, and how long a million entries take to check.

mod books;
mod postings;
mod writers;

pub use writers::{tell, write};

use crate::{Result, measure::Plan, report::Findings, shop::Ground, store::Engine};

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    engine: Engine,
    findings: &mut Findings,
) -> Result<()> {
    if engine == Engine::Postgres && plan.wants(postings::NAME) {
        postings::measure(plan, ground, findings).await?;
    }
    if plan.entries > 0 && plan.wants(books::NAME) {
        books::measure(plan, ground, engine, findings).await?;
    }
    Ok(())
}
