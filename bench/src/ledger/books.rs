//! How long `souk check` takes over a million entries.

use std::time::{Duration, Instant};

use crate::{
    Result,
    figures::millis,
    measure::Plan,
    report::{Bar, Findings, Section},
    say,
    shop::Ground,
    store::{Engine, Store},
};

pub const NAME: &str = "Check of the books";
const ALLOWED: Duration = Duration::from_secs(30);
/// Wallets that the entries are spread over.
const WALLETS: u64 = 20_000;
/// Postings that are written at a time.
const BATCH: u64 = 100_000;

pub async fn measure(
    plan: &Plan,
    ground: &Ground<'_>,
    engine: Engine,
    findings: &mut Findings,
) -> Result<()> {
    say(&format!("{engine}: books of {} entries …", plan.entries));
    let (store, started) = (Store::make(engine, ground.folder).await?, Instant::now());
    ground.run(&store, &["migrate", "up"]).await?;
    fill(&store, plan.entries / 2).await?;
    store.analyse().await?;
    say(&format!("{engine}: written in {} s", started.elapsed().as_secs()));

    let started = Instant::now();
    ground.run(&store, &["check"]).await?;
    let took = started.elapsed();

    say(&format!("{engine}: checked in {} ms", millis(took)));
    let what = format!("{engine}: `souk check` over {} entries < 30 s", plan.entries);
    let found = format!("{} ms", millis(took));
    findings.extra.push(Bar { what, found, met: took < ALLOWED });
    section(engine, plan.entries, took).add_to(&mut findings.sections);
    store.drop().await
}

fn section(engine: Engine, entries: u64, took: Duration) -> Section {
    Section {
        title: "Checking the books",
        text: "Every promise of the shop, as `souk check` looks for exceptions to it, from the start of the process to \
               its end. Each entry is half of a posting on one of 20,000 wallets.",
        head: &["Engine", "Entries", "Wallets", "`souk check` ms"],
        rows: vec![vec![
            engine.to_string(),
            entries.to_string(),
            WALLETS.min(entries / 2).to_string(),
            millis(took),
        ]],
        errors: 0,
    }
}

/// So many postings, each from the shop's promotions into a wallet, with the balances they leave.
async fn fill(store: &Store, postings: u64) -> Result<()> {
    let mut first = 1;
    while first <= postings {
        let last = postings.min(first + BATCH - 1);
        store.run(&entries(store.engine, first, last)).await?;
        store.run(&transactions(store.engine, first, last)).await?;
        say(&format!("  {} of {} entries", last * 2, postings * 2));
        first = last + 1;
    }
    store.run(BALANCES).await
}

/// The numbers from `first` to `last`, on either engine.
fn numbers(first: u64, last: u64) -> String {
    format!(
        "with recursive p(n) as (select {first} union all select n + 1 from p where n < {last})"
    )
}

/// The id of posting `n`.
fn id(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "cast(lpad(to_hex(p.n), 32, '0') as uuid)",
        Engine::Sqlite => "unhex(printf('%032x', p.n))",
    }
}

fn wallet(engine: Engine) -> String {
    let number = match engine {
        Engine::Postgres => format!("lpad(to_hex(p.n % {WALLETS}), 32, '0')"),
        Engine::Sqlite => format!("printf('%032x', p.n % {WALLETS})"),
    };
    format!("'customer:' || {number} || ':wallet'")
}

fn entries(engine: Engine, first: u64, last: u64) -> String {
    format!(
        "{} insert into ledger_entries (tx, line, account, currency, amount, at)
         select {}, l.line, case l.line when 0 then 'exp:promo' else {} end, 'USD',
           case l.line when 0 then 40 else -40 end, p.n
         from p cross join (select 0 as line union all select 1) l",
        numbers(first, last),
        id(engine),
        wallet(engine),
    )
}

fn transactions(engine: Engine, first: u64, last: u64) -> String {
    let id = id(engine);
    format!(
        "{} insert into ledger_transactions (id, kind, reference, at, posted_at)
         select {id}, 'wallet_promoted', {id}, p.n, p.n from p",
        numbers(first, last),
    )
}

const BALANCES: &str = "
    insert into ledger_accounts (code, currency, class, floored, balance)
    select account, 'USD', case account when 'exp:promo' then 'expense' else 'liability' end,
      account <> 'exp:promo', case account when 'exp:promo' then null else cast(sum(amount) as bigint) end
    from ledger_entries group by account";
