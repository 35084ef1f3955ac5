//! The postings of a booking's deposit; the core books the rest.

use commerce::{Effects, Env, ledger};

use super::{Booking, Deposit};
use crate::RentError;

/// What the books say when a decision moved a booking's deposit.
pub(super) fn moved(env: &Env, before: &Booking, after: &Booking) -> Result<Effects, RentError> {
    let (id, booking, at) = (env.uuid(), after.id.uuid(), env.now());
    match (before.deposit, after.deposit) {
        (Deposit::Due, Deposit::Held { amount, .. }) => {
            Ok(Effects::none().post(ledger::deposit_taken(id, booking, amount, at)?))
        }
        (Deposit::Held { .. }, Deposit::Settled { returned, claimed, .. }) => {
            let lender = after.seller();
            let settled = ledger::deposit_settled(id, booking, lender, returned, claimed, at)?;
            Ok(Effects::none().post(settled))
        }
        _ => Ok(Effects::none()),
    }
}
