//! Postings: entries are only ever added; accounts with a floor keep a balance that the commit checks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use commerce::{
    Account, Clock, CommitError, Entry, Posting, StoreError,
    ledger::{Digest, End, Layer, Phase},
};
use sea_orm::Value;
use serde::Serialize;
use uuid::Uuid;

use super::Told;
use crate::{
    Db, Step, Steps,
    rows::{self, Column},
    sql::{Binds, get, micros},
    step::Refusal,
};

const ENTRY_COLUMNS: &[Column] = &[
    ("tx", "uuid"),
    ("line", "bigint"),
    ("account", "text"),
    ("currency", "text"),
    ("amount", "bigint"),
    ("at", "bigint"),
    ("layer", "text"),
];

#[derive(Serialize)]
struct EntryRow<'a> {
    tx: Uuid,
    line: usize,
    account: &'a str,
    currency: &'static str,
    amount: i64,
    at: i64,
    layer: &'static str,
}

const TRANSACTION_COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("kind", "text"),
    ("reference", "uuid"),
    ("at", "bigint"),
    ("reverses", "uuid"),
    ("phase", "text"),
    ("ends", "uuid"),
    ("digest", "bytes"),
    ("posted_at", "bigint"),
];

#[derive(Serialize)]
struct TransactionRow {
    id: Uuid,
    kind: &'static str,
    reference: Uuid,
    at: i64,
    reverses: Option<Uuid>,
    phase: &'static str,
    ends: Option<Uuid>,
    digest: String,
    posted_at: i64,
}

const HOLD_COLUMNS: &[Column] = &[
    ("tx", "uuid"),
    ("reference", "uuid"),
    ("debit", "text"),
    ("credit", "text"),
    ("currency", "text"),
    ("amount", "bigint"),
    ("until", "bigint"),
    ("state", "text"),
    ("posted", "bigint"),
];

#[derive(Serialize)]
struct HoldRow<'a> {
    tx: Uuid,
    reference: Uuid,
    debit: &'a str,
    credit: &'a str,
    currency: &'static str,
    amount: i64,
    until: Option<i64>,
    state: &'static str,
    posted: i64,
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
    let posted_at = micros(db.clock().now());
    told.postings = postings.iter().map(|posting| (posting.id, posting.digest())).collect();
    let digests = postings.iter().zip(&told.postings);
    let transactions =
        digests.map(|(posting, (_, says))| transaction_row(posting, says, posted_at));
    let transactions: Vec<_> = transactions.collect();
    steps.push(rows::insert(steps, "ledger_transactions", TRANSACTION_COLUMNS, &transactions, "")?);
    let holds: Vec<_> = postings.iter().filter_map(hold_row).collect();
    if !holds.is_empty() {
        steps.push(rows::insert(steps, "ledger_holds", HOLD_COLUMNS, &holds, "")?);
    }
    Ok(())
}

/// What may happen once only: the end of a hold, and taking a posting back, which is never more than it was.
pub fn guard_steps(postings: &[Posting], steps: &mut Steps) {
    let mut guarded: Vec<_> = postings.iter().collect();
    guarded.sort_by_key(|posting| (posting.phase.ends(), posting.reverses));
    for posting in guarded {
        if let Phase::Ends { pending, how } = posting.phase {
            steps.push(end_step(posting, pending, how));
        }
        if let Some(original) = posting.reverses {
            for ((account, currency), back) in sums(posting) {
                steps.push(reversal_step(original, account, currency, back));
            }
        }
    }
}

fn end_step(posting: &Posting, pending: Uuid, how: End) -> Step {
    let settled = posting.entries().iter().filter(|entry| entry.layer == Layer::Settled);
    let posted: i64 = settled.map(|entry| entry.amount.minor.max(0)).sum();
    let in_time = match how {
        End::Posted => "(until is null or until > $4)",
        End::Voided => "$4 is not null",
        End::Expired => "until <= $4",
    };
    let sql = format!(
        "update ledger_holds set state = $2, posted = $3
         where tx = $1 and state = 'live' and amount >= $3 and {in_time} and {{gate}}"
    );
    let values: [Value; 4] =
        [pending.into(), how.as_str().into(), posted.into(), micros(posting.at).into()];
    Step::new(sql, values).or(Refusal::PostingEnded(pending))
}

/// `$4` may only lead from what the posting did towards nothing, and all of them together no further.
fn reversal_step(original: Uuid, account: &str, currency: &'static str, back: i64) -> Step {
    Step::new(
        "insert into ledger_reversals as r (tx, account, currency, reversed)
         select $1, $2, $3, $4 from (
           select coalesce(sum(amount), 0) as whole from ledger_entries
           where tx = $1 and account = $2 and currency = $3 and layer = 'settled') w
         where {gate} and ((whole > 0 and $4 <= 0 and whole + $4 >= 0)
                        or (whole < 0 and $4 >= 0 and whole + $4 <= 0))
         on conflict (tx, account, currency) do update set reversed = r.reversed + $4
         where exists (select 1 from (
           select coalesce(sum(amount), 0) as whole from ledger_entries
           where tx = $1 and account = $2 and currency = $3 and layer = 'settled') w
           where (whole > 0 and whole + r.reversed + $4 >= 0)
              or (whole < 0 and whole + r.reversed + $4 <= 0))",
        [original.into(), account.into(), currency.into(), back.into()],
    )
    .or(Refusal::PostingEnded(original))
}

fn sums(posting: &Posting) -> BTreeMap<(&str, &'static str), i64> {
    let mut sums = BTreeMap::new();
    for entry in posting.entries() {
        let sum: &mut i64 =
            sums.entry((entry.account.code(), entry.amount.currency.code())).or_default();
        *sum = sum.saturating_add(entry.amount.minor);
    }
    sums
}

/// Why a commit was really refused: what it posts was posted before, perhaps with other words.
pub async fn explain(
    db: &Db,
    postings: &[(Uuid, Digest)],
    error: CommitError,
) -> Result<CommitError, StoreError> {
    if postings.is_empty() || !matches!(error, CommitError::Exists | CommitError::PostingEnded(_)) {
        return Ok(error);
    }
    let mut binds = Binds::default();
    let among = binds.among(postings.iter().map(|(id, _)| *id));
    let sql = format!("select id, digest from ledger_transactions where id in ({among})");
    let mut told = error;
    for row in db.rows(&sql, binds.0).await? {
        let (id, known): (Uuid, Option<Vec<u8>>) = (get(&row, "id")?, get(&row, "digest")?);
        let ours = postings.iter().find(|(posting, _)| *posting == id).map(|(_, says)| says);
        let same = known.is_none() || known.as_deref() == ours.map(<[u8; 32]>::as_slice);
        if !same {
            return Ok(CommitError::OtherInput(id));
        }
        told = CommitError::Exists;
    }
    Ok(told)
}

/// What a commit does to an account with a floor.
struct Delta<'a> {
    account: &'a Account,
    balance: i64,
    reserved: i64,
}

/// Moves the balances of accounts with a floor, by code; one that would be overdrawn is refused.
pub fn balance_steps(postings: &[Posting], steps: &mut Steps) {
    let mut deltas: BTreeMap<(&str, &'static str), Delta<'_>> = BTreeMap::new();
    for posting in postings {
        for entry in posting.entries().iter().filter(|entry| entry.account.has_floor()) {
            let at = (entry.account.code(), entry.amount.currency.code());
            let fresh = || Delta { account: &entry.account, balance: 0, reserved: 0 };
            deltas.entry(at).or_insert_with(fresh).add(posting.phase, entry);
        }
    }
    for ((_, currency), delta) in deltas {
        steps.push(balance_step(&delta, currency));
    }
}

impl Delta<'_> {
    /// A pending entry that would take from the account reserves so much; its end gives that back.
    fn add(&mut self, phase: Phase, entry: &Entry) {
        let amount = entry.amount.minor;
        if entry.layer == Layer::Settled {
            self.balance = self.balance.saturating_add(amount);
            return;
        }
        let gain = self.side().saturating_mul(amount);
        let set_aside = match phase {
            Phase::Pending { .. } => gain.min(0).saturating_neg(),
            Phase::Settled | Phase::Ends { .. } => gain.max(0).saturating_neg(),
        };
        self.reserved = self.reserved.saturating_add(set_aside);
    }

    fn side(&self) -> i64 {
        if self.account.class().grows_by_debit() { 1 } else { -1 }
    }
}

/// `$5` is 1 for accounts that grow by debits and -1 for the others; times the balance it may not be less than what
/// is reserved. A row that conflicts anyway is proposed empty, for its checks look at it first.
fn balance_step(delta: &Delta<'_>, currency: &'static str) -> Step {
    let account = delta.account;
    Step::new(
        "insert into ledger_accounts as a (code, currency, class, floored, balance, reserved)
         select $1, $2, $3, true, case when $5 * $4 >= $6 and $6 >= 0 then $4 else 0 end,
           case when $5 * $4 >= $6 and $6 >= 0 then $6 else 0 end
         where {gate} and (($5 * $4 >= $6 and $6 >= 0)
           or exists (select 1 from ledger_accounts where code = $1 and currency = $2))
         on conflict (code, currency) do update set balance = a.balance + $4, reserved = a.reserved + $6
         where $5 * (a.balance + $4) >= a.reserved + $6 and a.reserved + $6 >= 0",
        [
            account.code().into(),
            currency.into(),
            account.class().as_str().into(),
            delta.balance.into(),
            delta.side().into(),
            delta.reserved.into(),
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
        layer: entry.layer.as_str(),
    })
}

/// The row under which a hold ends once; its pending posting is one debit and one credit.
fn hold_row(posting: &Posting) -> Option<HoldRow<'_>> {
    let Phase::Pending { until } = posting.phase else { return None };
    let debit = posting.entries().iter().find(|entry| entry.amount.is_positive())?;
    let credit = posting.entries().iter().find(|entry| entry.amount.minor < 0)?;
    Some(HoldRow {
        tx: posting.id,
        reference: posting.reference,
        debit: debit.account.code(),
        credit: credit.account.code(),
        currency: debit.amount.currency.code(),
        amount: debit.amount.minor,
        until: until.map(micros),
        state: "live",
        posted: 0,
    })
}

fn transaction_row(posting: &Posting, says: &Digest, posted_at: i64) -> TransactionRow {
    TransactionRow {
        reverses: posting.reverses,
        phase: posting.phase.as_str(),
        ends: posting.phase.ends(),
        digest: hex(says),
        posted_at,
        id: posting.id,
        kind: posting.kind,
        reference: posting.reference,
        at: micros(posting.at),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
