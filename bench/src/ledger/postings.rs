//! Sales posted by 16 and by 64 writers at once, beside the same statements by pgbench.

use std::collections::HashSet;

use super::writers;
use crate::{
    Result,
    figures::{Figures, Rate, Share, millis},
    measure::Plan,
    pgbench::Scripts,
    report::{Bar, Findings, Section},
    say,
    shop::Ground,
    store::{Engine, Store},
};

pub const NAME: &str = "Postings";
const FEW: usize = 16;
const MANY: usize = 64;

/// What so many writers came to, and pgbench with as many clients.
struct Pair {
    ours: Figures,
    bare: Rate,
}

impl Pair {
    fn share(&self) -> Share {
        self.ours.rate.share_of(self.bare)
    }
}

/// Both numbers of writers, one after the other.
struct Round {
    few: Pair,
    many: Pair,
}

impl Round {
    fn keeps(&self) -> Share {
        self.many.ours.rate.share_of(self.few.ours.rate)
    }
}

pub async fn measure(plan: &Plan, ground: &Ground<'_>, findings: &mut Findings) -> Result<()> {
    say("PostgreSQL: sales are posted …");
    let store = Store::make(Engine::Postgres, ground.folder).await?;
    ground.run(&store, &["migrate", "up"]).await?;
    let statements = writers::statements(&store).await?;
    let floor = store.copy(ground.folder).await?;
    let scripts = Scripts::write(&statements, &HashSet::new())?;
    let beside = async |writers| -> Result<Pair> {
        let ours = writers::posted(&store, writers, plan.lasts()).await?;
        let bare = scripts.run(floor.name(), writers, plan.lasts()).await?;
        say(&format!("  {writers} writers: {}/s, pgbench {bare}/s", ours.rate));
        Ok(Pair { ours, bare })
    };
    let mut rounds = Vec::with_capacity(plan.rounds);
    for _ in 0..plan.rounds {
        rounds.push(Round { few: beside(FEW).await?, many: beside(MANY).await? });
    }
    findings.extra.extend(bars(&rounds));
    section(&rounds).add_to(&mut findings.sections);
    ground.run(&store, &["check"]).await?;
    store.drop().await?;
    floor.drop().await
}

fn bars(rounds: &[Round]) -> Vec<Bar> {
    let at_least = |what: String, found: Option<Share>, least: Share| {
        let found = found.unwrap_or(Share(0));
        Bar { what, found: found.to_string(), met: found >= least }
    };
    let of_pgbench = |writers| {
        format!("PostgreSQL: sales posted by {writers} writers ≥ 0.5 of the same statements")
    };
    let keeps = format!("PostgreSQL: sales posted by {MANY} writers ≥ 0.9 of {FEW}");
    vec![
        at_least(of_pgbench(FEW), middle(rounds, |round| round.few.share()), Share(50)),
        at_least(of_pgbench(MANY), middle(rounds, |round| round.many.share()), Share(50)),
        at_least(keeps, middle(rounds, Round::keeps), Share(90)),
    ]
}

/// The one in the middle.
fn middle<T: Ord>(rounds: &[Round], of: impl Fn(&Round) -> T) -> Option<T> {
    let mut all: Vec<_> = rounds.iter().map(of).collect();
    all.sort();
    let at = all.len() / 2;
    all.into_iter().nth(at)
}

fn section(rounds: &[Round]) -> Section {
    let pairs = rounds.iter().flat_map(|round| [(FEW, &round.few), (MANY, &round.many)]);
    let row = |(writers, pair): (usize, &Pair)| {
        let Figures { rate, p50, p99, errors } = pair.ours;
        vec![
            writers.to_string(),
            rate.to_string(),
            millis(p50),
            millis(p99),
            errors.to_string(),
            pair.bare.to_string(),
            pair.share().to_string(),
        ]
    };
    Section {
        title: "Posting",
        text: "PostgreSQL. A commit posts a whole sale through the ledger's own store: two postings of five entries, \
               over platform accounts that every sale touches and an escrow of its own. Its floor is the very \
               statements of such commits by `pgbench -M prepared` with as many clients, ids drawn anew, on a copy of \
               the database. The writers are a process of their own over eight connections; pgbench has one each. Every \
               round is shown; the bars take the middle one. `souk check` finds the books in order afterwards.",
        head: &["Writers", "Sales/s", "p50 ms", "p99 ms", "Errors", "pgbench/s", "Ratio"],
        rows: pairs.clone().map(row).collect(),
        errors: pairs.map(|(_, pair)| pair.ours.errors).sum(),
    }
}
