//! The steps of what goes with a change, in the global lock order.

use commerce::{CommitError, Effects};

use super::{Told, audit, claim, event, ledger, receipt};
use crate::{Db, Layout, Steps};

/// The receipt comes before everything, so that a repeated request stops there.
pub fn receipt(effects: &Effects, steps: &mut Steps) -> Result<(), CommitError> {
    effects.receipt.as_ref().map_or(Ok(()), |receipt| {
        steps.push(receipt::step(receipt)?);
        Ok(())
    })
}

/// Payments, orders, pictures by id, holds and reversals by posting, stock and claims by resource, accounts with a
/// floor by code, streams by name and their events; what only adds rows waits for nobody.
pub fn rest(
    db: &Db,
    mut effects: Effects,
    steps: &mut Steps,
    told: &mut Told,
) -> Result<(), CommitError> {
    effects.payments.sort_by_key(|write| write.state.id);
    effects.orders.sort_by_key(|write| write.state.id);
    effects.payments.iter().try_for_each(|write| Layout::steps(write, steps))?;
    effects.orders.iter().try_for_each(|write| Layout::steps(write, steps))?;
    crate::media::picture_steps(&effects.pictures, steps);
    ledger::guard_steps(&effects.postings, steps);
    ledger::journal_steps(db, &effects.postings, steps, told)?;
    audit::steps(&effects.audits, steps)?;
    claim::steps(&effects.claims, &effects.stock, steps)?;
    ledger::balance_steps(&effects.postings, steps);
    event::steps(db, &effects.events, steps, told)
}
