//! Postings: entries are only ever added; accounts with a floor keep a balance that the commit checks.

use std::collections::{BTreeMap, BTreeSet};

use commerce::{Account, CommitError, Posting};
use serde::Serialize;
use uuid::Uuid;

use super::Told;
use crate::{
    Db, Step, Steps,
    rows::{self, Column},
    sql::micros,
    step::Refusal,
};

const ENTRY_COLUMNS: &[Column] = &[
    ("tx", "uuid"),
    ("line", "bigint"),
    ("account", "text"),
    ("currency", "text"),
    ("amount", "bigint"),
    ("at", "bigint"),
];

#[derive(Serialize)]
struct EntryRow<'a> {
    tx: Uuid,
    line: usize,
    account: &'a str,
    currency: &'static str,
    amount: i64,
    at: i64,
}

const TRANSACTION_COLUMNS: &[Column] =
    &[("id", "uuid"), ("kind", "text"), ("reference", "uuid"), ("at", "bigint")];

#[derive(Serialize)]
struct TransactionRow {
    id: Uuid,
    kind: &'static str,
    reference: Uuid,
    at: i64,
}

const ACCOUNT_COLUMNS: &[Column] = &[("code", "text"), ("currency", "text"), ("class", "text")];

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct AccountRow<'a> {
    code: &'a str,
    currency: &'static str,
    class: &'static str,
}

/// What only adds rows: accounts not met before, the entries, and the postings that seal them.
pub fn journal_steps(
    db: &Db,
    postings: &[Posting],
    steps: &mut Steps,
    told: &mut Told,
) -> Result<(), CommitError> {
    if postings.is_empty() {
        return Ok(());
    }
    let accounts: Vec<_> = fresh_accounts(db, postings).into_iter().collect();
    if !accounts.is_empty() {
        let tail = "on conflict (code, currency) do nothing";
        steps.push(rows::insert(steps, "ledger_accounts", ACCOUNT_COLUMNS, &accounts, tail)?);
        told.accounts = accounts.iter().map(|row| key(row.code, row.currency)).collect();
    }
    let entries: Vec<_> = postings.iter().flat_map(entry_rows).collect();
    steps.push(rows::insert(steps, "ledger_entries", ENTRY_COLUMNS, &entries, "")?);
    let transactions: Vec<_> = postings.iter().map(transaction_row).collect();
    steps.push(rows::insert(steps, "ledger_transactions", TRANSACTION_COLUMNS, &transactions, "")?);
    Ok(())
}

/// Moves the balances of accounts with a floor, by code; one that would be overdrawn is refused.
pub fn balance_steps(postings: &[Posting], steps: &mut Steps) {
    let entries = postings.iter().flat_map(Posting::entries);
    let mut deltas: BTreeMap<(&str, &'static str), (&Account, i64)> = BTreeMap::new();
    for entry in entries.filter(|entry| entry.account.has_floor()) {
        let at = (entry.account.code(), entry.amount.currency.code());
        let (_, delta) = deltas.entry(at).or_insert((&entry.account, 0));
        *delta = delta.saturating_add(entry.amount.minor);
    }
    for ((_, currency), (account, delta)) in deltas {
        steps.push(balance_step(account, currency, delta));
    }
}

/// `$5` is 1 for accounts that grow by debits and -1 for the others; times the balance it may not be negative.
fn balance_step(account: &Account, currency: &'static str, delta: i64) -> Step {
    let side: i64 = if account.class().grows_by_debit() { 1 } else { -1 };
    Step::new(
        "insert into ledger_accounts as a (code, currency, class, floored, balance)
         select $1, $2, $3, true, case when $5 * $4 >= 0 then $4 else 0 end
         where {gate} and ($5 * $4 >= 0
           or exists (select 1 from ledger_accounts where code = $1 and currency = $2))
         on conflict (code, currency) do update set balance = a.balance + $4
         where $5 * (a.balance + $4) >= 0",
        [
            account.code().into(),
            currency.into(),
            account.class().as_str().into(),
            delta.into(),
            side.into(),
        ],
    )
    .or(Refusal::InsufficientFunds(account.code().to_owned()))
}

fn fresh_accounts<'a>(db: &Db, postings: &'a [Posting]) -> BTreeSet<AccountRow<'a>> {
    let entries = postings.iter().flat_map(Posting::entries);
    let plain = entries.filter(|entry| !entry.account.has_floor());
    let rows = plain.map(|entry| AccountRow {
        code: entry.account.code(),
        currency: entry.amount.currency.code(),
        class: entry.account.class().as_str(),
    });
    rows.filter(|row| !db.knows_account(&key(row.code, row.currency))).collect()
}

fn key(code: &str, currency: &str) -> String {
    format!("{currency} {code}")
}

fn entry_rows(posting: &Posting) -> impl Iterator<Item = EntryRow<'_>> {
    posting.entries().iter().enumerate().map(|(line, entry)| EntryRow {
        tx: posting.id,
        line,
        account: entry.account.code(),
        currency: entry.amount.currency.code(),
        amount: entry.amount.minor,
        at: micros(posting.at),
    })
}

fn transaction_row(posting: &Posting) -> TransactionRow {
    TransactionRow {
        id: posting.id,
        kind: posting.kind,
        reference: posting.reference,
        at: micros(posting.at),
    }
}
