//! The command line of `souk`.

use std::{io::Write, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    config::{Config, Environment, load},
    enrol::{self, Newcomer},
    ledger::{self, Question},
    seed::{ManyRentals, PASSWORD, PEOPLE},
    serve::{self, Souk},
    telemetry,
    wiring::{House, chain},
};

/// What the command line says of itself, and what to do first.
const ABOUT: &str =
    "Souk, a commerce backend. To try it: `souk serve`, then open http://127.0.0.1:8080/docs";
const MORE: &str = "Configuration: config/default.toml explains every setting; SOUK_ENV chooses development (the \
     default),\nproduction or test; SOUK__SECTION__KEY overrides one setting.";

/// The command line of `souk`.
#[derive(Debug, Parser)]
#[command(name = "souk", version, about = ABOUT, after_help = MORE)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, with the worker beside it.
    Serve {
        /// Leave deliveries and sweeps to `souk worker`.
        #[arg(long)]
        no_worker: bool,
    },
    /// Deliver events and run the sweeps, without the API.
    Worker,
    /// Bring the database's schema where it should be.
    Migrate {
        #[command(subcommand)]
        direction: Direction,
    },
    /// Make an account that is verified at once, such as the first operator's. The password is read from standard input.
    Enrol {
        #[command(flatten)]
        newcomer: Newcomer,
    },
    /// Fill the shop: the demonstration shop, or many products and rentals for a benchmark. Not in production.
    Seed {
        #[command(flatten)]
        many: Many,
    },
    /// Print the OpenAPI document.
    Openapi,
    /// Run the sandbox payment gateway by itself. Not in production.
    Gateway,
    /// Look for anything that must never be; read-only, also for production.
    Check {
        /// How many seconds after its time work is late, and told with `LATE`.
        #[arg(long, value_name = "SECONDS", default_value_t = persistence::check::LATE_AFTER.as_secs())]
        late_after: u64,
    },
    /// Read the books: prove their chain, derive what is kept, print an account, compare them with the providers'.
    Ledger {
        #[command(subcommand)]
        question: Question,
    },
}

/// What is made up beside the demonstration.
#[derive(Debug, Args)]
struct Many {
    /// Make up products until there are so many.
    #[arg(long)]
    products: Option<u64>,
    /// Make up vehicles to rent until there are so many.
    #[arg(long)]
    vehicles: Option<u64>,
    /// Of so many vehicles, these are their bookings in all.
    #[arg(long, default_value_t = 0, requires = "vehicles")]
    bookings: u64,
}

#[derive(Debug, Subcommand)]
enum Direction {
    /// Apply what is pending.
    Up,
    /// Take the last migrations back, with the data in their tables.
    Down {
        #[arg(default_value_t = 1)]
        steps: u32,
        /// In production: what is in their tables may go.
        #[arg(long)]
        yes_drop_data: bool,
    },
    /// List the migrations.
    Status,
    /// Take every migration back, with all data, and apply all of them anew.
    Fresh {
        /// In production: all of the shop's data may go.
        #[arg(long)]
        yes_drop_everything: bool,
    },
}

/// Says a line on standard output.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush());
}

/// Runs `souk` with the process's own arguments.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(why: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "souk: {why}");
    ExitCode::FAILURE
}

async fn run(command: Command) -> Result<ExitCode, String> {
    if let Command::Openapi = command {
        return openapi().await;
    }
    let config = load().map_err(|error| error.to_string())?;
    telemetry::start(&config.log).map_err(|why| format!("log.level: {why}"))?;
    match command {
        Command::Serve { no_worker } => Box::pin(serve(config, !no_worker)).await,
        Command::Worker => worker(&config).await,
        Command::Migrate { direction } => migrate(&config, direction).await,
        Command::Enrol { newcomer } => enrol::enrol(&config, newcomer).await,
        Command::Seed { many } => seed(&config, many).await,
        Command::Gateway => gateway(&config).await,
        Command::Check { late_after } => check(&config, Duration::from_secs(late_after)).await,
        Command::Ledger { question } => ledger::answer(&patient(config), question).await,
        Command::Openapi => openapi().await,
    }
}

async fn serve(config: Config, with_worker: bool) -> Result<ExitCode, String> {
    let with_worker = with_worker && config.worker.enabled;
    let development = config.environment == Some(Environment::Development);
    let mail = config.mail.folder.clone();
    let souk = Souk::start(config, with_worker).await.map_err(|error| error.to_string())?;
    say(format!("Souk is open at {}", souk.url()));
    if development {
        welcome(&souk, &mail);
    }
    asked_to_stop().await?;
    say("Souk is closing; requests at hand are finished.");
    // Whoever asks twice does not want to wait.
    tokio::select! {
        () = souk.stop() => Ok(ExitCode::SUCCESS),
        stopped = asked_to_stop() => stopped.map(|()| ExitCode::FAILURE),
    }
}

fn welcome(souk: &Souk, mail: &str) {
    let url = souk.url();
    say(format!("  Read and try the API   {url}/docs"));
    say(format!("  Look at the goods      curl '{url}/v1/products?limit=3'"));
    for (email, _, role) in PEOPLE {
        say(format!("  Sign in as {:<11} {email} / {PASSWORD}", role.as_str()));
    }
    if let Some(sandbox) = souk.sandbox() {
        say(format!("  Sandbox gateway        {}", sandbox.url()));
    }
    say(format!("  Mail lands in          {mail}/"));
    say("  Ctrl-C closes the shop.");
}

async fn asked_to_stop() -> Result<(), String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed.map_err(|error| error.to_string()),
    }
}

pub(crate) async fn house(config: &Config) -> Result<House, String> {
    House::build(config).await.map_err(|error| error.to_string())
}

async fn worker(config: &Config) -> Result<ExitCode, String> {
    let house = house(config).await?;
    let running = house.worker(config).await.map_err(|error| error.to_string())?.start();
    say("The worker delivers.");
    asked_to_stop().await?;
    running.stop(serve::shutdown_grace(config)).await;
    house.db.close().await.map_err(|error| chain(&error))?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config, direction: Direction) -> Result<ExitCode, String> {
    let url = config.database.url.expose_secret();
    let told = |error: &dyn std::fmt::Display| format!("database.url: {error}");
    match direction {
        Direction::Up => serve::migrate(config).await.map_err(|error| error.to_string())?,
        Direction::Down { steps, yes_drop_data } => {
            if !yes_drop_data {
                let what =
                    "to drop what is in the tables of a migration; `--yes-drop-data` insists";
                not_in_production(config, what)?;
            }
            migration::down(url, Some(steps)).await.map_err(|error| told(&error))?;
        }
        Direction::Fresh { yes_drop_everything } => {
            if !yes_drop_everything {
                not_in_production(config, "to drop everything; `--yes-drop-everything` insists")?;
            }
            migration::fresh(url).await.map_err(|error| told(&error))?;
        }
        Direction::Status => {}
    }
    for state in migration::status(url).await.map_err(|error| told(&error))? {
        say(format!("{}  {}", if state.applied { "applied" } else { "pending" }, state.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is for trying things out, or destroys, needs another environment.
fn not_in_production(config: &Config, what: &str) -> Result<(), String> {
    match config.environment {
        Some(Environment::Production) => Err(format!("production refuses {what}")),
        _ => Ok(()),
    }
}

async fn seed(config: &Config, many: Many) -> Result<ExitCode, String> {
    not_in_production(config, "the demonstration shop: its people's password is published")?;
    let house = house(config).await?;
    let seeded = crate::seed::demo_shop(&house.db, &house.identity).await;
    let seeded = seeded.map_err(|error| chain(&error))?;
    say(format!("{} categories and {} products were added.", seeded.categories, seeded.products));
    let seeded = crate::seed::demo_rentals(&house.rent, &house.identity).await;
    let seeded = seeded.map_err(|error| chain(&error))?;
    say(format!("{} rental shops and {} vehicles were added.", seeded.shops, seeded.vehicles));
    let seeded = crate::seed::demo_merchants(&house.market, &house.buy, &house.identity).await;
    let seeded = seeded.map_err(|error| chain(&error))?;
    say(format!(
        "{} sellers and {} of their products were added.",
        seeded.sellers, seeded.products
    ));
    if config.seed.pictures {
        let uploaded =
            crate::seed::demo_pictures(&house.media, &house.buy, &house.rent, &house.identity);
        let uploaded = uploaded.await.map_err(|error| chain(&error))?;
        say(format!("{uploaded} pictures were uploaded."));
    }
    if let Some(wanted) = many.products {
        let tree =
            buy::Categories::all_categories(&house.db).await.map_err(|error| chain(&error))?;
        let categories: Vec<_> = tree.iter().map(|stored| stored.state.id).collect();
        let progress = |there| say(format!("{there} of {wanted} products"));
        let made = crate::seed::many_products(&house.db, &categories, wanted, progress).await;
        made.map_err(|error| chain(&error))?;
    }
    if let Some(vehicles) = many.vehicles {
        let wanted = ManyRentals { vehicles, bookings: many.bookings };
        let seller = crate::seed::seller(&house.identity).await.map_err(|error| chain(&error))?;
        let progress = |there| say(format!("{there} of {vehicles} vehicles"));
        let now = house.rent.env.now();
        let made = crate::seed::many_rentals(&house.db, seller, wanted, now, progress).await;
        made.map_err(|error| chain(&error))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn gateway(config: &Config) -> Result<ExitCode, String> {
    not_in_production(config, "the sandbox gateway")?;
    let settings = serve::sandbox_config(config).map_err(|error| error.to_string())?;
    say(format!("The sandbox gateway listens at http://{}", settings.bind));
    sandbox::serve(settings).await.map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Reading all there is takes longer than any request may.
fn patient(mut config: Config) -> Config {
    config.database.statement_timeout_ms = 3_600_000;
    config
}

async fn check(config: &Config, late_after: Duration) -> Result<ExitCode, String> {
    let house = house(&patient(config.clone())).await?;
    let broken = persistence::check::run(&house.db).await.map_err(|error| chain(&error))?;
    let late = persistence::check::late(&house.db, late_after).await;
    let late = late.map_err(|error| chain(&error))?;
    for invariant in persistence::check::invariants() {
        match broken.iter().find(|finding| finding.invariant == invariant.name) {
            None => say(format!("ok      {}", invariant.name)),
            Some(found) => {
                say(format!(
                    "BROKEN  {}: {} times, for example {}",
                    found.invariant, found.count, found.sample
                ));
            }
        }
    }
    for found in &late {
        say(format!(
            "LATE    {}: {} times, for example {}",
            found.invariant, found.count, found.sample
        ));
    }
    say(if broken.is_empty() {
        "Everything holds."
    } else {
        "Something that must never be is there."
    });
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The document needs a wired house but no data: an empty database in memory serves.
async fn openapi() -> Result<ExitCode, String> {
    say(document().await?);
    Ok(ExitCode::SUCCESS)
}

/// The OpenAPI document of the whole shop.
pub async fn document() -> Result<String, String> {
    let variables = [("SOUK__DATABASE__URL".to_owned(), "sqlite::memory:".to_owned())];
    let config = crate::config::load_from(Environment::Test, &variables.into_iter().collect());
    let house = house(&config.map_err(|error| error.to_string())?).await?;
    api::document(&house.mounts()).map_err(|error| error.to_string())
}
