//! The postings of a sale and of its refunds.

use super::derived::derived;
use crate::{
    Money, Order, Payment, Posting, Timestamp,
    ledger::{self, Takings},
    payment::{PaymentError, Refund},
};

/// What the order's total is made of.
fn takings(order: &Order) -> Result<Takings, PaymentError> {
    let totals = &order.totals;
    let tax = totals.owed_tax()?;
    let net = totals.total.minus(tax)?;
    Ok(Takings { net, tax, jurisdiction: totals.jurisdiction.clone() })
}

/// P1, and W2 for what was in the buyer's wallet.
pub(super) fn captured(payment: &Payment, at: Timestamp) -> Result<Posting, PaymentError> {
    let (order, amount, of) = (payment.order, payment.captured, payment.id.uuid());
    if payment.is_from_wallet() {
        return Ok(ledger::wallet_paid(
            derived(of, "wallet_paid"),
            order,
            payment.buyer,
            amount,
            at,
        )?);
    }
    let id = derived(of, "payment_captured");
    Ok(ledger::payment_captured(id, &payment.provider, order, amount, at)?)
}

/// W1.
pub(super) fn topped_up(payment: &Payment, at: Timestamp) -> Result<Posting, PaymentError> {
    let (of, buyer) = (payment.id.uuid(), payment.buyer);
    let id = derived(of, "wallet_topped_up");
    Ok(ledger::wallet_topped_up(id, of, &payment.provider, buyer, payment.captured, at)?)
}

/// S1.
pub(super) fn sold(
    payment: &Payment,
    order: &Order,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let id = derived(payment.id.uuid(), "sale_recognised");
    Ok(ledger::sale_recognised(id, order.id, &takings(order)?, payment.captured, at)?)
}

/// R1: what was never earned is promised back.
pub(super) fn owed(
    payment: &Payment,
    refund: &Refund,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let id = derived(refund.id.uuid(), "refund_before_sale");
    let order = payment.order;
    Ok(ledger::refund_before_sale(id, refund.id.uuid(), order, refund.amount, at)?)
}

/// R1 after S1: part of what was earned is promised back; after W1, part of what is in the wallet.
pub(super) fn promised(
    refund: &Refund,
    order: &Order,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let uuid = refund.id.uuid();
    if order.tops_up_wallet() {
        let id = derived(uuid, "top_up_taken_back");
        return Ok(ledger::top_up_taken_back(id, uuid, order.buyer, refund.amount, at)?);
    }
    let (id, share) = (derived(uuid, "refund_after_sale"), share(refund, order)?);
    Ok(ledger::refund_after_sale(id, uuid, &share, refund.amount, at)?)
}

/// R1, second half: the provider sent it, or it is in the wallet again.
pub(super) fn sent(
    payment: &Payment,
    refund: &Refund,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let (uuid, amount) = (refund.id.uuid(), refund.amount);
    if payment.is_from_wallet() {
        let id = derived(uuid, "wallet_refunded");
        return Ok(ledger::wallet_refunded(id, uuid, payment.buyer, amount, at)?);
    }
    let id = derived(uuid, "refund_sent");
    Ok(ledger::refund_sent(id, uuid, &payment.provider, amount, at)?)
}

/// The promise could not be kept: what was earned stays earned, and what was in the wallet stays there.
pub(super) fn undone(
    refund: &Refund,
    order: &Order,
    at: Timestamp,
) -> Result<Posting, PaymentError> {
    let uuid = refund.id.uuid();
    if order.tops_up_wallet() {
        let id = derived(uuid, "top_up_kept");
        return Ok(ledger::top_up_kept(id, uuid, order.buyer, refund.amount, at)?);
    }
    let (id, share) = (derived(uuid, "refund_undone"), share(refund, order)?);
    Ok(ledger::refund_undone(id, uuid, &share, refund.amount, at)?)
}

fn share(refund: &Refund, order: &Order) -> Result<Takings, PaymentError> {
    let net = refund.amount.minus(refund.tax)?;
    Ok(Takings { net, tax: refund.tax, jurisdiction: order.totals.jurisdiction.clone() })
}

/// The tax within a refund of `amount`: its share of what earlier refunds have left of net and tax.
///
/// However a payment is cut up, the parts of a full refund add up to the sale's net and tax exactly.
pub(super) fn tax_within(
    amount: Money,
    payment: &Payment,
    order: &Order,
) -> Result<Money, PaymentError> {
    let currency = amount.currency;
    let live = payment.refunds.iter().filter(|refund| refund.is_live());
    let given = Money::sum(currency, live.map(|refund| refund.amount))?;
    let tax_left = tax_left(payment, order)?;
    let net_left = order.totals.total.minus(given)?.minus(tax_left)?;
    let weight = |money: Money| u64::try_from(money.minor).unwrap_or_default();
    let parts = amount.split(&[weight(net_left), weight(tax_left)])?;
    Ok(parts.get(1).copied().unwrap_or(Money::zero(currency)))
}

/// The sale's tax less what live refunds have of it.
pub(super) fn tax_left(payment: &Payment, order: &Order) -> Result<Money, PaymentError> {
    let live = payment.refunds.iter().filter(|refund| refund.is_live());
    let given = Money::sum(order.totals.currency(), live.map(|refund| refund.tax))?;
    Ok(order.totals.owed_tax()?.minus(given)?)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests may overflow")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        Id,
        payment::{RefundCause, RefundState},
        sales::tests::{a_payment, an_order},
        testing::{TestEnv, moment},
    };

    proptest! {
        #[test]
        fn the_parts_of_a_full_refund_add_up_to_net_and_tax(
            net in 1_i64..100_000,
            tax in 0_i64..20_000,
            cuts in prop::collection::vec((1_i64..50_000, any::<bool>()), 1..12),
        ) {
            let env = TestEnv::new().env();
            let order = an_order(&env, Money::usd(net), Money::usd(tax));
            let mut payment = a_payment(&env, &order);
            payment.captured = payment.amount;
            let rest = (i64::MAX, false);

            for (cut, fails) in cuts.into_iter().chain([rest]) {
                let left = payment.refundable().unwrap();
                let amount = Money::usd(cut.min(left.minor));
                if amount.is_zero() {
                    continue;
                }
                let tax = tax_within(amount, &payment, &order).unwrap();
                prop_assert!(tax.minor >= 0 && tax.minor <= amount.minor);
                let state = if fails { RefundState::Failed } else { RefundState::Succeeded };
                let cause = RefundCause::Requested { restock: true };
                payment.refunds.push(Refund {
                    id: Id::new(&env), amount, tax, shares: Vec::new(), cause, reason: String::new(), state,
                    provider_ref: None, created_at: moment(0),
                });
            }

            let live = payment.refunds.iter().filter(|refund| refund.is_live());
            let (sum, taxes) = live.fold((0, 0), |(sum, taxes), refund| {
                (sum + refund.amount.minor, taxes + refund.tax.minor)
            });
            prop_assert_eq!((sum, taxes), (net + tax, tax));
        }
    }
}
