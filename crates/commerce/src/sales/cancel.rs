//! Cancel an order: the buyer asks, and gets it at once while nothing is paid; after that an operator decides.

use super::{RefundRequest, Sales, change::Sale, events};
use crate::{
    ATTEMPTS, Actor, CommitError, Effects, Order, OrderId, Role, Stored,
    order::{CancelReason, OrderError, OrderState},
    payment::PaymentError,
};

/// An operator's answer to a buyer who asked for cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideCancellation {
    pub order: OrderId,
    pub decision: CancellationDecision,
    /// Told to the buyer.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancellationDecision {
    /// All that is left goes back; the order is cancelled once it has.
    Approve {
        restock: bool,
    },
    Decline,
}

impl Sales {
    /// An order that waits for payment is cancelled at once; money that is on its way all the same goes back
    /// when it comes. For a paid order the wish is written down. Asking twice is harmless.
    pub async fn request_cancellation(
        &self,
        actor: &Actor,
        order: OrderId,
        reason: String,
    ) -> Result<Order, PaymentError> {
        for _ in 0..ATTEMPTS {
            let stored = self.orders.find(order).await?;
            let stored = stored.filter(|stored| stored.state.buyer == actor.user);
            let stored = stored.ok_or(PaymentError::NoOrder)?;
            let (order, effects) = self.wish(stored.state.clone(), &reason)?;
            match self.commit_order(&stored, order, effects).await {
                Err(CommitError::Stale) => {}
                written => return Ok(written?),
            }
        }
        Err(CommitError::Stale.into())
    }

    pub async fn decide_cancellation(
        &self,
        actor: &Actor,
        decide: DecideCancellation,
    ) -> Result<Order, PaymentError> {
        if actor.role != Role::Operator {
            return Err(PaymentError::NoOrder);
        }
        for _ in 0..ATTEMPTS {
            let stored = self.orders.find(decide.order).await?.ok_or(PaymentError::NoOrder)?;
            if stored.state.cancellation_request.is_none() {
                return Err(OrderError::NoCancellationRequest.into());
            }
            let order = Order { cancellation_request: None, ..stored.state.clone() };
            let effects = match decide.decision {
                CancellationDecision::Approve { restock } => {
                    self.approve(&stored, &decide, restock).await?
                }
                CancellationDecision::Decline => {
                    self.answer("cancellation_declined", &decide, &order)
                }
            };
            match self.commit_order(&stored, order, effects).await {
                Err(CommitError::Stale | CommitError::InsufficientFunds(_)) => {}
                written => return Ok(written?),
            }
        }
        Err(CommitError::Stale.into())
    }

    fn wish(&self, order: Order, reason: &str) -> Result<(Order, Effects), PaymentError> {
        let cancelled_so = CancelReason::Requested;
        if matches!(order.state, OrderState::Cancelled { reason, .. } if reason == cancelled_so) {
            return Ok((order, Effects::none()));
        }
        let now = self.env.now();
        let pending = matches!(order.state, OrderState::Pending { .. });
        let asked_before = order.cancellation_request.is_some();
        let order = order.request_cancellation(reason.to_owned(), now)?;
        if pending {
            let (order, claims) = order.cancel(CancelReason::Requested, now)?;
            let order = Order { cancellation_request: None, ..order };
            let told = events::order_cancelled(&self.env, &order, CancelReason::Requested);
            return Ok((order, Effects::none().claim(claims).tell(told)));
        }
        if asked_before {
            return Ok((order, Effects::none()));
        }
        let told = events::cancellation_requested(&self.env, &order, reason);
        Ok((order, Effects::none().tell(told)))
    }

    async fn approve(
        &self,
        order: &Stored<Order>,
        decide: &DecideCancellation,
        restock: bool,
    ) -> Result<Effects, PaymentError> {
        let told = self.answer("cancellation_approved", decide, &order.state);
        let OrderState::Paid { payment, .. } = order.state.state else {
            return Ok(told);
        };
        let payment = self.payments.find(payment).await?.ok_or(PaymentError::NoPayment)?;
        let sale = Sale { payment, order: order.clone() };
        let reason = decide.reason.clone();
        let all = RefundRequest { payment: sale.payment.state.id, amount: None, reason, restock };
        let basis = self.basis(&sale).await?;
        match self.promise(&sale, &all, &basis) {
            Ok((refunded, booked)) => {
                let write = sale.payment.becomes(refunded.payment);
                Ok(told.and(booked).write_payment(write))
            }
            // Refunds that were asked for before are giving it all back already.
            Err(PaymentError::NothingToRefund) => Ok(told),
            Err(error) => Err(error),
        }
    }

    fn answer(&self, name: &'static str, decide: &DecideCancellation, order: &Order) -> Effects {
        let told = events::cancellation_decided(&self.env, name, order, &decide.reason);
        Effects::none().tell(told)
    }

    async fn commit_order(
        &self,
        stored: &Stored<Order>,
        order: Order,
        effects: Effects,
    ) -> Result<Order, CommitError> {
        if order != stored.state {
            self.orders.commit(stored.becomes(order.clone()).with(effects)).await?;
        }
        Ok(order)
    }
}
