//! Give money back: promised in our books at once, sent by the worker.

use super::{Sales, accounts, change::Sale, events, parts};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Id, Money, Once, Order, Payment, PaymentId, Posting,
    Role,
    payment::{PaymentError, PaymentState, Refund, RefundCause, RefundState},
    seller::{Keeping, Standing},
};

/// How much of a payment is to go back, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    pub payment: PaymentId,
    /// All that is left when absent.
    pub amount: Option<Money>,
    pub reason: String,
    /// Whether the goods are back on the shelf once the payment is refunded whole.
    pub restock: bool,
}

/// What a refund is decided on besides the sale: where its sellers stand, which lines it is about, and what is left
/// in the wallet that the sale has topped up.
#[derive(Debug, Default)]
pub(super) struct Basis {
    pub standings: Vec<Standing>,
    pub among: parts::Among,
    /// Absent where the sale has topped up none.
    pub in_wallet: Option<Money>,
}

/// A refund and the payment it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Refunded {
    pub payment: Payment,
    pub refund: Refund,
}

impl Sales {
    /// Never gives back more than was captured: parallel refunds meet at the payment's version. A seller gives
    /// back what its own lines brought and nothing else.
    pub async fn refund(
        &self,
        actor: &Actor,
        request: RefundRequest,
        once: Once<Refunded>,
    ) -> Result<Refunded, PaymentError> {
        if !actor.role.keeps_shop() {
            return Err(PaymentError::NoPayment);
        }
        let keeping = match actor.role {
            Role::Operator => Keeping::Shop,
            Role::Seller | Role::Customer => self.sellers.keeps_for(actor.user).await?,
        };
        for _ in 0..ATTEMPTS {
            let sale = self.sale(request.payment).await?;
            let among = lines_kept(&sale, keeping)?;
            let basis = Basis { among, ..self.basis(&sale).await? };
            let (refunded, effects) = self.promise(&sale, &request, &basis)?;
            let effects = effects.receipt(once.receipt(refunded.refund.id.uuid(), &refunded));
            let write = sale.payment.becomes(refunded.payment.clone());
            match self.payments.commit(write.with(effects)).await {
                // What a seller had was paid out, or taken back, in the meantime.
                Err(CommitError::Stale | CommitError::InsufficientFunds(_)) => {}
                written => return Ok(written.map(|()| refunded)?),
            }
        }
        Err(CommitError::Stale.into())
    }

    pub(super) async fn basis(&self, sale: &Sale) -> Result<Basis, PaymentError> {
        let standings = self.standings(&sale.payment.state).await?;
        let order = &sale.order.state;
        let in_wallet = if order.tops_up_wallet() {
            Some(self.in_wallet(order.buyer, order.totals.currency()).await?)
        } else {
            None
        };
        Ok(Basis { standings, among: parts::Among::All, in_wallet })
    }

    /// The payment with one more refund on its way, and the effects that book and send it.
    pub(super) fn promise(
        &self,
        sale: &Sale,
        request: &RefundRequest,
        basis: &Basis,
    ) -> Result<(Refunded, Effects), PaymentError> {
        let mut payment = sale.payment.state.clone();
        let amount = amount_to_refund(&payment, request.amount, basis)?;
        let now = self.env.now();
        let mut refund = Refund {
            id: Id::new(&self.env),
            amount,
            tax: Money::zero(amount.currency),
            shares: Vec::new(),
            cause: cause(&payment, request.restock),
            reason: request.reason.clone(),
            state: RefundState::Pending,
            provider_ref: None,
            created_at: now,
        };
        let mut booked: Option<Posting> = None;
        if payment.settles {
            if payment.parts.is_none() {
                refund.tax = accounts::tax_within(amount, &payment, &sale.order.state)?;
            }
            booked = Some(book(&mut payment, &mut refund, &sale.order.state, basis)?);
        }
        payment.refunds.push(refund.clone());
        payment.check_at = Some(self.settings.next_check(0, now));
        payment.checks = 0;
        let due = events::refund_moved(&self.env, events::REFUND_DUE, &payment, &refund);
        let effects = booked.into_iter().fold(Effects::none(), Effects::post).tell(due);
        Ok((Refunded { payment, refund }, effects))
    }
}

/// The promise in the books: by the lines when sellers have a part in the sale, else out of the shop's own earnings.
pub(super) fn book(
    payment: &mut Payment,
    refund: &mut Refund,
    order: &Order,
    basis: &Basis,
) -> Result<Posting, PaymentError> {
    let at = refund.created_at;
    let Some(all) = payment.parts.as_mut() else {
        return accounts::promised(refund, order, at);
    };
    refund.shares = parts::take(all, refund.amount, &basis.among, &basis.standings)?;
    refund.tax = parts::own_tax(&refund.shares, refund.amount)?;
    parts::promised(refund, all, at)
}

/// The lines somebody may refund; a payment with none of theirs is no business of theirs.
fn lines_kept(sale: &Sale, keeping: Keeping) -> Result<parts::Among, PaymentError> {
    let seller = match keeping {
        Keeping::Shop => return Ok(parts::Among::All),
        Keeping::Seller(seller) => seller,
        Keeping::Barred => return Err(PaymentError::NoPayment),
    };
    let parts = sale.payment.state.parts.iter().flat_map(|parts| &parts.lines);
    let lines: Vec<_> =
        parts.filter(|part| part.seller == Some(seller)).map(|part| part.line).collect();
    if lines.is_empty() { Err(PaymentError::NoPayment) } else { Ok(parts::Among::Only(lines)) }
}

fn amount_to_refund(
    payment: &Payment,
    asked: Option<Money>,
    basis: &Basis,
) -> Result<Money, PaymentError> {
    if !matches!(payment.state, PaymentState::Captured { .. }) {
        return Err(PaymentError::NotCaptured);
    }
    let mut left = payment.refundable()?;
    if let Some(parts) = &payment.parts {
        let of_lines = parts::left(parts, &basis.among)?;
        left = Money::new(left.minor.min(of_lines.minor), left.currency);
    }
    if let Some(there) = basis.in_wallet.filter(|_| payment.settles) {
        left = Money::new(left.minor.min(there.minor.max(0)), left.currency);
    }
    let amount = asked.unwrap_or(left);
    if amount.currency != left.currency {
        let (given, paid) = (amount.currency, left.currency);
        return Err(PaymentError::OtherCurrency { given, paid });
    }
    if !amount.is_positive() {
        return Err(PaymentError::NothingToRefund);
    }
    if amount.minor > left.minor {
        return Err(PaymentError::RefundTooLarge { left });
    }
    Ok(amount)
}

/// Money that never paid for its order was promised back when it came; another try keeps that reason.
fn cause(payment: &Payment, restock: bool) -> RefundCause {
    let owed = payment.refunds.first().map(|refund| refund.cause);
    match owed {
        Some(cause) if !payment.settles => cause,
        _ => RefundCause::Requested { restock },
    }
}
