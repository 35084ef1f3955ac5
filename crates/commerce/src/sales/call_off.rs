//! Call a sale off, or give part of it back, by the rules of the way of selling that raised it.

use uuid::Uuid;

use super::{
    Sales, accounts,
    change::Sale,
    events,
    parts::Among,
    refund::{Basis, book},
};
use crate::{
    ATTEMPTS, CommitError, Effects, Money, Order, OrderId, Write,
    order::{CancelReason, OrderState},
    payment::{PaymentError, Refund, RefundCause, RefundId, RefundState},
};

/// Money a way of selling gives back; `id` makes the second try of the same harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyBack {
    pub id: RefundId,
    pub share: Share,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All that was not given back before.
    Everything,
    /// So much, of which so much is tax; no more than is left.
    Part {
        amount: Money,
        tax: Money,
        /// So much of it is of one line, and the rest of the others; of all by what is left of each, when absent.
        of_line: Option<LineAmount>,
    },
}

/// A part of one line's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineAmount {
    pub line: Uuid,
    pub amount: Money,
}

impl Sales {
    /// The sale is off: what the order holds or has taken is free at once, and `back` is on its way if the order
    /// was paid. An order that is cancelled already only gives back what it still owes.
    pub async fn call_off(&self, order: OrderId, back: &MoneyBack) -> Result<(), PaymentError> {
        self.part_with(order, back, true).await
    }

    /// Part of what was paid goes back; the order stays paid.
    pub async fn give_back(&self, order: OrderId, back: &MoneyBack) -> Result<(), PaymentError> {
        self.part_with(order, back, false).await
    }

    async fn part_with(
        &self,
        order: OrderId,
        back: &MoneyBack,
        off: bool,
    ) -> Result<(), PaymentError> {
        for _ in 0..ATTEMPTS {
            let stored = self.orders.find(order).await?.ok_or(PaymentError::NoOrder)?;
            let (after, effects) =
                if off { self.cancelled(&stored.state)? } else { (None, Effects::none()) };
            let payments = self.payments.of_order(order).await?;
            let settling = payments.into_iter().find(|payment| payment.state.settles);
            let sale = settling.map(|payment| Sale { payment, order: stored.clone() });
            let owed = match sale {
                Some(sale) => Some(self.owe(&sale, back).await?),
                None => None,
            };
            let effects = effects.and(owed.unwrap_or_default());
            if after.is_none() && effects.payments.is_empty() {
                return Ok(());
            }
            let write = Write::over(stored.version, after.unwrap_or(stored.state));
            match self.orders.commit(write.with(effects)).await {
                Err(CommitError::Stale | CommitError::InsufficientFunds(_)) => {}
                written => return Ok(written?),
            }
        }
        Err(CommitError::Stale.into())
    }

    /// The order as it is when the sale is off; nothing for one that was cancelled before.
    fn cancelled(&self, order: &Order) -> Result<(Option<Order>, Effects), PaymentError> {
        if matches!(order.state, OrderState::Cancelled { .. }) {
            return Ok((None, Effects::none()));
        }
        let (order, claims) = order.clone().cancel(CancelReason::Requested, self.env.now())?;
        let order = Order { cancellation_request: None, ..order };
        let told = events::order_cancelled(&self.env, &order, CancelReason::Requested);
        Ok((Some(order), Effects::none().claim(claims).tell(told)))
    }

    /// Writes the refund into the payment, unless it is there or nothing is left to give.
    async fn owe(&self, sale: &Sale, back: &MoneyBack) -> Result<Effects, PaymentError> {
        let (mut payment, order) = (sale.payment.state.clone(), &sale.order.state);
        let left = payment.refundable()?;
        let known = payment.refunds.iter().any(|refund| refund.id == back.id);
        let (amount, tax) = match back.share {
            Share::Part { amount, tax, .. } if amount.minor <= left.minor => (amount, tax),
            Share::Part { .. } | Share::Everything => (left, accounts::tax_left(&payment, order)?),
        };
        if known || !amount.is_positive() {
            return Ok(Effects::none());
        }
        let now = self.env.now();
        let among = match back.share {
            Share::Part { of_line: Some(of_line), .. } => Among::First(of_line),
            Share::Part { of_line: None, .. } | Share::Everything => Among::All,
        };
        let basis = Basis { among, ..self.basis(sale).await? };
        let mut refund = Refund {
            id: back.id,
            amount,
            tax: Money::new(tax.minor.clamp(0, amount.minor), tax.currency),
            shares: Vec::new(),
            cause: RefundCause::Requested { restock: false },
            reason: back.reason.clone(),
            state: RefundState::Pending,
            provider_ref: None,
            created_at: now,
        };
        let booked = book(&mut payment, &mut refund, order, &basis)?;
        payment.refunds.push(refund.clone());
        payment.check_at = Some(self.settings.next_check(0, now));
        payment.checks = 0;
        let due = events::refund_moved(&self.env, events::REFUND_DUE, &payment, &refund);
        let write = sale.payment.becomes(payment);
        Ok(Effects::none().write_payment(write).post(booked).tell(due))
    }
}
