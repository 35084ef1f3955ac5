//! A payment and its order on their way through a decision.

use crate::{Change, Effects, Order, Payment, Stored, Write};

/// A payment and its order as they were read.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub payment: Stored<Payment>,
    pub order: Stored<Order>,
}

/// A payment and its order as a decision leaves them, and what must be written with them.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub payment: Payment,
    pub order: Order,
    pub effects: Effects,
}

impl Sale {
    pub fn step(&self) -> Step {
        let (payment, order) = (self.payment.state.clone(), self.order.state.clone());
        Step { payment, order, effects: Effects::none() }
    }

    pub fn is_unchanged_by(&self, step: &Step) -> bool {
        step.payment == self.payment.state && step.order == self.order.state
    }

    /// What to commit; an order that stays as it is, is not written.
    pub fn becomes(&self, step: Step) -> Change<Payment> {
        let Step { payment, order, effects } = step;
        let order_moved = order != self.order.state;
        let order = order_moved.then(|| self.order.becomes(order));
        let effects = order.into_iter().fold(effects, Effects::write_order);
        self.payment.becomes(payment).with(effects)
    }
}

impl Step {
    pub fn and(self, effects: Effects) -> Self {
        Self { effects: self.effects.and(effects), ..self }
    }
}

/// A first write of a payment over an order that must still be as it was read.
pub(super) fn first(payment: Payment, order: &Stored<Order>, effects: Effects) -> Change<Payment> {
    let guard = order.becomes(order.state.clone());
    Write::new(payment).with(effects.write_order(guard))
}
