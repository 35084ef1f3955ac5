//! The ledger over memory: floors, holds, reversals and repeated postings, as the store keeps them.

use crate::{
    Account, CommitError, Currency, Entry, Posting,
    ledger::{End, Layer, Phase},
};

/// Debits less credits of an account, as far as they are settled.
pub(super) fn balance(postings: &[Posting], code: &str, currency: Currency) -> i64 {
    let entries = postings.iter().flat_map(Posting::entries);
    let ours = entries.filter(|e| e.account.code() == code && e.amount.currency == currency);
    ours.filter(|entry| entry.layer == Layer::Settled).map(|entry| entry.amount.minor).sum()
}

/// What holds have set aside of an account.
pub(super) fn reserved(postings: &[Posting], account: &Account, currency: Currency) -> i64 {
    let side = if account.class().grows_by_debit() { 1 } else { -1 };
    let part = |posting: &Posting| -> i64 {
        let ours = posting.entries().iter().filter(|entry| {
            entry.account == *account
                && entry.amount.currency == currency
                && entry.layer == Layer::Pending
        });
        let amounts = ours.map(|entry| side * entry.amount.minor);
        match posting.phase {
            Phase::Settled => 0,
            Phase::Pending { .. } => amounts.map(|amount| -amount.min(0)).sum(),
            Phase::Ends { .. } => amounts.map(|amount| -amount.max(0)).sum(),
        }
    };
    postings.iter().map(part).sum()
}

/// Adds postings, or says why not; the caller undoes what a refusal leaves behind.
pub(super) fn post(books: &mut Vec<Posting>, fresh: Vec<Posting>) -> Result<(), CommitError> {
    let touched: Vec<_> = fresh.iter().flat_map(Posting::entries).cloned().collect();
    for posting in fresh {
        repeated(books, &posting)?;
        reverses(books, &posting)?;
        ends(books, &posting)?;
        books.push(posting);
    }
    check_floors(books, &touched)
}

fn repeated(books: &[Posting], posting: &Posting) -> Result<(), CommitError> {
    match books.iter().find(|known| known.id == posting.id) {
        None => Ok(()),
        Some(known) if known.digest() == posting.digest() => Err(CommitError::Exists),
        Some(_) => Err(CommitError::OtherInput(posting.id)),
    }
}

fn reverses(books: &[Posting], posting: &Posting) -> Result<(), CommitError> {
    let Some(original) = posting.reverses else { return Ok(()) };
    let refused = || CommitError::PostingEnded(original);
    let known = books.iter().find(|known| known.id == original).ok_or_else(refused)?;
    for entry in posting.entries() {
        let (code, currency) = (entry.account.code(), entry.amount.currency);
        let whole = balance(std::slice::from_ref(known), code, currency);
        let earlier = books.iter().filter(|earlier| earlier.reverses == Some(original));
        let earlier: Vec<_> = earlier.cloned().collect();
        let back = balance(&earlier, code, currency) + entry.amount.minor;
        if whole.signum() * back > 0 || whole.signum() * (whole + back) < 0 || whole == 0 {
            return Err(refused());
        }
    }
    Ok(())
}

fn ends(books: &[Posting], posting: &Posting) -> Result<(), CommitError> {
    let Phase::Ends { pending, how } = posting.phase else { return Ok(()) };
    let open = books.iter().find_map(|known| match known.phase {
        Phase::Pending { until } if known.id == pending => Some(until),
        _ => None,
    });
    let ended = books.iter().any(|known| known.phase.ends() == Some(pending));
    let over = open.flatten().is_some_and(|until| until <= posting.at);
    let in_time = match how {
        End::Posted => !over,
        End::Voided => true,
        End::Expired => over,
    };
    let may = open.is_some() && !ended && in_time;
    if may { Ok(()) } else { Err(CommitError::PostingEnded(pending)) }
}

fn check_floors(books: &[Posting], touched: &[Entry]) -> Result<(), CommitError> {
    for entry in touched.iter().filter(|entry| entry.account.has_floor()) {
        let (account, currency) = (&entry.account, entry.amount.currency);
        let side = if account.class().grows_by_debit() { 1 } else { -1 };
        let there = side * balance(books, account.code(), currency);
        if there < reserved(books, account, currency) {
            return Err(CommitError::InsufficientFunds(account.to_string()));
        }
    }
    Ok(())
}
