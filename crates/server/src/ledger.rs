//! `souk ledger`: what an operator asks the books, and what they say.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use clap::Subcommand;
use commerce::{
    Currency, Money, PageRequest,
    ledger::{self, BookedEntry, Journal, Layer},
    reconciliation::Reconciliation,
};
use persistence::{Db, check};

use crate::{
    cli::{house, say},
    config::Config,
    wiring::chain,
};

#[derive(Debug, Subcommand)]
pub enum Question {
    /// Compute every link of the chain anew; names the first that was tampered with.
    Verify,
    /// Derive balances, stock and the states of orders from the log, and print what is kept otherwise.
    Rebuild,
    /// Compare providers' records with the books now, and book the fees and payouts they show. This one writes.
    Reconcile {
        /// All that can be asked unless one is named: `stripe`.
        provider: Option<String>,
    },
    /// Print the entries of an account, newest first, with its balance after each.
    Statement {
        /// The account's code, such as `psp:stripe:clearing`.
        account: String,
        /// How many entries.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
}

/// Success when the books hold.
pub async fn answer(config: &Config, question: Question) -> Result<ExitCode, String> {
    let house = house(config).await?;
    let db = house.db.clone();
    let answered = match question {
        Question::Reconcile { provider } => {
            return reconcile(&house.reconciliation, provider).await;
        }
        Question::Verify => verify(&db).await,
        Question::Rebuild => rebuild(&db).await,
        Question::Statement { account, limit } => statement(&db, &account, limit).await,
    };
    let holds = answered.map_err(|error| chain(&error))?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn verify(db: &Db) -> Result<bool, commerce::StoreError> {
    // What was posted a moment ago has its link a moment later; then it can be verified as well.
    let told = ledger::verify(db).await?;
    let links = told.links;
    if let Some(broken) = told.broken {
        say(format!("BROKEN  link {}: {}; the {links} before it hold.", broken.seq, broken.why));
        return Ok(false);
    }
    let head = told.head.iter().fold(String::new(), |mut head, byte| {
        let _ = write!(head, "{byte:02x}");
        head
    });
    say(format!("ok      {links} links hold; the last is {head}."));
    if told.unsealed > 0 {
        say(format!("        {} postings wait for the worker to link them.", told.unsealed));
    }
    Ok(true)
}

async fn rebuild(db: &Db) -> Result<bool, commerce::StoreError> {
    let mut same = true;
    for rebuilt in check::rebuild(db).await? {
        let verdict = if rebuilt.differences.is_empty() { "ok     " } else { "DIFFERS" };
        say(format!("{verdict} {}: {} derived.", rebuilt.what, rebuilt.derived));
        for difference in &rebuilt.differences {
            let check::Difference { of, kept, derived } = difference;
            say(format!("        {of}: {kept} is kept, the log says {derived}"));
        }
        same &= rebuilt.differences.is_empty();
    }
    say(if same {
        "All that is kept is what the log says."
    } else {
        "Something is kept otherwise than the log says."
    });
    Ok(same)
}

/// One that does not answer keeps the others from nothing.
async fn reconcile(
    reconciliation: &Reconciliation,
    provider: Option<String>,
) -> Result<ExitCode, String> {
    let can_list = |name: &&str| {
        let gateway = reconciliation.gateways.get(name);
        gateway.is_some_and(|gateway| gateway.statement().is_some())
    };
    let all = || reconciliation.gateways.names().filter(can_list).map(str::to_owned).collect();
    let providers: Vec<String> = provider.map_or_else(all, |provider| vec![provider]);
    let mut explained = true;
    for provider in &providers {
        match reconciliation.reconcile(provider).await {
            Ok(run) => {
                say(format!("{provider}: {} lines from {} to {}", run.listed, run.from, run.until));
            }
            Err(error) => {
                say(format!("{provider}: {}", chain(&error)));
                explained = false;
            }
        }
    }
    let report = reconciliation.report().await.map_err(|error| chain(&error))?;
    let ours = report.iter().filter(|row| providers.contains(&row.provider));
    for standing in ours.filter_map(|row| row.standing.as_ref()) {
        for total in &standing.totals {
            let (class, amount) = (total.class.as_str(), total.amount.to_string());
            let provider = &standing.run.provider;
            say(format!("        {provider:<10} {class:<14} {:>8}  {amount:>20}", total.count));
        }
        explained &= standing.unexplained() == 0;
    }
    let verdict = if explained { "All that moved is explained." } else { "Not all is explained." };
    say(verdict);
    Ok(if explained { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn statement(db: &Db, account: &str, limit: u32) -> Result<bool, commerce::StoreError> {
    let mut balances = balances(db, account).await?;
    if balances.is_empty() {
        say(format!("There is no account `{account}`."));
        return Ok(false);
    }
    for balance in balances.values() {
        say(format!("{account}: {balance}, debits less credits"));
    }
    let (mut left, mut cursor) = (limit, None);
    loop {
        let page = PageRequest { limit: left.clamp(1, 500), cursor };
        let page = db.list_entries(account, page).await?;
        for entry in page.data.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            say(line(entry, &mut balances));
        }
        left = left.saturating_sub(u32::try_from(page.data.len()).unwrap_or(u32::MAX));
        cursor = page.next_cursor;
        if left == 0 || cursor.is_none() {
            return Ok(true);
        }
    }
}

/// Where the account stands, by currency.
async fn balances(db: &Db, code: &str) -> Result<BTreeMap<Currency, Money>, commerce::StoreError> {
    let (mut all, mut cursor) = (BTreeMap::new(), None);
    loop {
        let page = db.list_balances(code, PageRequest { limit: 100, cursor }).await?;
        let ours = page.data.iter().filter(|balance| balance.code == code);
        all.extend(ours.map(|found| (found.balance.currency, found.balance)));
        cursor = page.next_cursor.filter(|_| page.data.iter().all(|found| found.code == code));
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// One entry with the balance after it; going back in time, the balance before it comes next.
fn line(entry: &BookedEntry, balances: &mut BTreeMap<Currency, Money>) -> String {
    let BookedEntry { at, kind, amount, reference, posting, layer } = entry;
    let at = at.format("%Y-%m-%d %H:%M:%S");
    let side = if amount.minor < 0 { "C" } else { "D" };
    let size = Money::new(amount.minor.saturating_abs(), amount.currency);
    let size = size.to_string();
    let after = match (layer, balances.get_mut(&amount.currency)) {
        (Layer::Settled, Some(balance)) => {
            let after = balance.to_string();
            balance.minor = balance.minor.saturating_sub(amount.minor);
            after
        }
        _ => "pending".to_owned(),
    };
    format!("{at}  {side} {size:>18}  {after:>20}  {kind:<24} about {reference}  in {posting}")
}
