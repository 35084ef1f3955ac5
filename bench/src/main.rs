//! Measures a release build of Souk beside its floors, and writes what it found to `docs/performance.md`.

mod bare;
mod cases;
mod figures;
mod flood;
mod http;
mod ledger;
mod load;
mod measure;
mod overhear;
mod pgbench;
mod picture;
mod prepare;
mod purchase;
mod rental;
mod replay;
mod report;
mod scale;
mod shop;
mod statement;
mod store;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{measure::Plan, rental::Market, store::Engine};

pub type Error = Box<dyn std::error::Error + Send + Sync>;
pub type Result<T> = std::result::Result<T, Error>;

pub fn trouble(what: &str) -> Error {
    what.into()
}

/// Tells how far it has come, on standard error.
pub fn say(line: &str) {
    eprintln!("{line}");
}

/// Measure a release build of Souk beside its floors.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// Engines to measure on; both unless told.
    #[arg(long, value_enum)]
    engine: Vec<Engine>,
    /// Only cases whose name contains one of these.
    #[arg(long)]
    only: Vec<String>,
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    clients: Vec<usize>,
    /// How long a round of each figure lasts.
    #[arg(long, env = "BENCH_SECONDS", default_value_t = 2)]
    seconds: u64,
    /// How often a figure that has a bar is taken beside its floors; the round with the middle ratio counts.
    #[arg(long, env = "BENCH_ROUNDS", default_value_t = 3)]
    rounds: usize,
    /// Products in the shop.
    #[arg(long, default_value_t = 1_000)]
    products: u64,
    /// Products of the large shop; 0 leaves the comparison out.
    #[arg(long, env = "BENCH_SCALE", default_value_t = 1_000_000)]
    scale: u64,
    /// Vehicles of the marketplace; 0 leaves renting out.
    #[arg(long, env = "BENCH_VEHICLES", default_value_t = 100_000)]
    vehicles: u64,
    /// Bookings of the marketplace.
    #[arg(long, env = "BENCH_BOOKINGS", default_value_t = 1_000_000)]
    bookings: u64,
    /// Entries in the books that are checked; 0 leaves that out.
    #[arg(long, env = "BENCH_ENTRIES", default_value_t = 1_000_000)]
    entries: u64,
    /// Where the page is written to, unless only a part is measured.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Quick: a second for each figure, no large shop, no marketplace and no large books.
    #[arg(value_parser = ["quick"])]
    quick: Option<String>,
}

/// Parts that the measurement starts as processes of their own.
#[derive(Debug, Subcommand)]
enum Part {
    /// Serve the bodies in a file, and do nothing else.
    #[command(hide = true)]
    Bare { file: PathBuf },
    /// Run the shop and tell every statement.
    #[command(hide = true)]
    Overhear,
    /// Post sales, and tell the rate.
    #[command(hide = true)]
    Post { url: String, writers: usize, seconds: u64 },
    /// Post a few sales, and tell the statements.
    #[command(hide = true)]
    TellPostings { url: String },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match arguments.part {
        // The shop runs as `souk` does.
        Some(Part::Overhear | Part::Post { .. } | Part::TellPostings { .. }) => {
            tokio::runtime::Builder::new_multi_thread().enable_all().build()
        }
        // The client is one thread.
        Some(Part::Bare { .. }) | None => {
            tokio::runtime::Builder::new_current_thread().enable_all().build()
        }
    };
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    match arguments.part {
        Some(Part::Bare { file }) => return bare::serve(&file).await,
        Some(Part::Overhear) => return overhear::run().await,
        Some(Part::Post { url, writers, seconds }) => {
            return ledger::write(&url, writers, seconds).await;
        }
        Some(Part::TellPostings { url }) => return ledger::tell(&url).await,
        None => {}
    }
    let both = vec![Engine::Postgres, Engine::Sqlite];
    let quick = arguments.quick.is_some();
    let plan = Plan {
        engines: if arguments.engine.is_empty() { both } else { arguments.engine },
        only: arguments.only,
        clients: arguments.clients,
        seconds: if quick { 1 } else { arguments.seconds },
        rounds: if quick { 1 } else { arguments.rounds.max(1) },
        products: arguments.products,
        scale: if quick { 0 } else { arguments.scale },
        market: Market {
            vehicles: if quick { 0 } else { arguments.vehicles },
            bookings: arguments.bookings,
        },
        entries: if quick { 0 } else { arguments.entries },
    };
    let whole = !quick && plan.is_whole();
    let findings = measure::measure(&plan).await?;
    if let Some(file) = arguments.write.filter(|_| whole) {
        std::fs::write(&file, findings.page())?;
        say(&format!("Written to {}", file.display()));
    }
    let missed = findings.missed();
    say(&format!("{} bars were missed.", missed.len()));
    missed.iter().for_each(|line| say(&format!("  {line}")));
    Ok(())
}
