//! Top a wallet up: an order for money in it, and a payment of that order through any provider.

use super::{Sales, events};
use crate::{
    Actor, Currency, Id, Money, Once, Order, PageRequest, Payment, UserId, Write,
    order::{NewOrder, OrderFilter},
    payment::PaymentError,
    wallet::{TopUpLimits, WalletError},
};

/// How much is to be paid in, and through whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopUp {
    pub amount: Money,
    pub provider: String,
}

impl Sales {
    /// The order and its payment are written in one commit; from there on it is a payment like any other, and what
    /// is captured is in the wallet (W1) in the commit that says so.
    ///
    /// A repeated request whose first try broke off goes on where that one stopped.
    pub async fn top_up_wallet(
        &self,
        actor: &Actor,
        top_up: TopUp,
        once: Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        self.gateway(&top_up.provider)?;
        match self.begun(&once).await? {
            Some(begun) => self.go_on(begun, &once).await,
            None => self.open(self.write_top_up(actor, &top_up, &once).await?, &once).await,
        }
    }

    async fn write_top_up(
        &self,
        actor: &Actor,
        top_up: &TopUp,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        let limits = self.settings.wallet.allow(top_up.amount)?;
        self.insist_on_room(actor.user, top_up.amount, limits).await?;
        let now = self.env.now();
        let until = now.checked_add_signed(self.settings.wallet.hold).unwrap_or(now);
        let new = NewOrder::top_up(Id::new(&self.env), actor.user, top_up.amount, until);
        let (order, effects) = Order::raise(new, now)?;
        let payment = self.new_payment(&order, &top_up.provider);
        let started = events::payment_started(&self.env, &payment);
        let effects = effects.tell(started).receipt(once.begun(payment.id.uuid()));
        self.payments.commit(Write::new(payment.clone()).with(effects)).await?;
        Ok(payment)
    }

    /// Judged when a top-up is begun: what has been paid is never turned away.
    async fn insist_on_room(
        &self,
        customer: UserId,
        amount: Money,
        limits: TopUpLimits,
    ) -> Result<(), PaymentError> {
        let there = self.in_wallet(customer, amount.currency).await?;
        let coming = self.on_its_way(customer, amount.currency).await?;
        let room = limits.room(there, coming)?;
        if amount.minor > room.minor {
            return Err(WalletError::Full { room }.into());
        }
        Ok(())
    }

    /// What the customer's newest top-ups that wait for payment would bring.
    async fn on_its_way(
        &self,
        customer: UserId,
        currency: Currency,
    ) -> Result<Money, PaymentError> {
        let state = Some("pending".to_owned());
        let filter = OrderFilter { buyer: Some(customer), state, ..OrderFilter::default() };
        let page = PageRequest { limit: 100, cursor: None };
        let waiting = self.orders.list_orders(filter, page).await?;
        let totals = waiting.data.into_iter().map(|stored| stored.state);
        let totals = totals.filter(Order::tops_up_wallet).map(|order| order.totals.total);
        Ok(Money::sum(currency, totals.filter(|total| total.currency == currency))?)
    }
}
