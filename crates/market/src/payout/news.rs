//! What the provider's word means for a payout. Pure: the same word twice changes nothing.

use commerce::{Effects, Env, Event, ledger};

use super::{Payout, PayoutState, Transfer, TransferState, run::about};
use crate::MarketError;

/// What was paid may still come back; what failed or came back stays so.
pub(super) fn hear(
    env: &Env,
    mut payout: Payout,
    transfer: &Transfer,
) -> Result<(Payout, Effects), MarketError> {
    if transfer.amount != payout.amount {
        return Err(MarketError::Mismatch);
    }
    payout.provider_ref = Some(transfer.provider_ref.clone());
    match (&payout.state, &transfer.state) {
        (PayoutState::Draft, TransferState::InTransit) => {
            payout.state = PayoutState::Sent { at: env.now() };
            Ok(told(env, payout, "payout_sent", Effects::none()))
        }
        (PayoutState::Draft | PayoutState::Sent { .. }, TransferState::Paid) => paid(env, payout),
        (PayoutState::Draft | PayoutState::Sent { .. }, TransferState::Failed { code }) => {
            failed(env, payout, code)
        }
        (
            PayoutState::Draft | PayoutState::Sent { .. } | PayoutState::Paid { .. },
            TransferState::Returned { code } | TransferState::Failed { code },
        ) => came_back(env, payout, code),
        (PayoutState::Sent { .. } | PayoutState::Paid { .. }, TransferState::InTransit)
        | (PayoutState::Paid { .. }, TransferState::Paid)
        | (PayoutState::Failed { .. } | PayoutState::Returned { .. }, _) => {
            Ok((payout, Effects::none()))
        }
    }
}

/// M4.
fn paid(env: &Env, mut payout: Payout) -> Result<(Payout, Effects), MarketError> {
    let (id, at) = (env.uuid(), env.now());
    let confirmed = ledger::payout_confirmed(id, payout.id.uuid(), payout.amount, at)?;
    payout.state = PayoutState::Paid { at };
    payout.confirmed_by = Some(id);
    Ok(told(env, payout, "payout_paid", Effects::none().post(confirmed)))
}

/// It never left: M3 is taken back.
pub(super) fn failed(
    env: &Env,
    mut payout: Payout,
    code: &str,
) -> Result<(Payout, Effects), MarketError> {
    let effects = taken_back(env, &payout)?;
    payout.state = PayoutState::Failed { at: env.now(), code: code.to_owned() };
    payout.check_at = None;
    Ok(told(env, payout, "payout_failed", effects))
}

/// M4 the other way round; one that was paid is first taken back from the bank's account.
fn came_back(env: &Env, mut payout: Payout, code: &str) -> Result<(Payout, Effects), MarketError> {
    let mut effects = Effects::none();
    if let Some(confirmed) = payout.confirmed_by {
        let (id, at) = (env.uuid(), env.now());
        let of = payout.id.uuid();
        effects = effects.post(ledger::payout_returned_late(id, of, confirmed, payout.amount, at)?);
    }
    let effects = effects.and(taken_back(env, &payout)?);
    payout.state = PayoutState::Returned { at: env.now(), code: code.to_owned() };
    payout.check_at = None;
    Ok(told(env, payout, "payout_returned", effects))
}

fn taken_back(env: &Env, payout: &Payout) -> Result<Effects, MarketError> {
    let (seller, of) = (payout.seller.uuid(), payout.id.uuid());
    let (id, at) = (env.uuid(), env.now());
    let back = ledger::payout_returned(id, of, payout.sent_by, seller, payout.amount, at)?;
    Ok(Effects::none().post(back))
}

fn told(env: &Env, payout: Payout, name: &'static str, effects: Effects) -> (Payout, Effects) {
    let event = Event::new(env, name, payout.id, about(&payout));
    (payout, effects.tell(event))
}
