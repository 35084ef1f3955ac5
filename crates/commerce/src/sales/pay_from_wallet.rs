//! Pay for an order from the buyer's wallet: one commit, paid or refused.

use super::{
    Sales,
    change::Step,
    hear::{Facts, hear},
    start_payment::StartPayment,
};
use crate::{
    ATTEMPTS, Account, Actor, CommitError, Effects, Money, Once, Order, Payment, Stored, UserId,
    Write,
    payment::{Intent, PaymentError},
    wallet::{WALLET, WalletError},
};

impl Sales {
    /// The wallet's floor decides: of payments at the same moment as many are made as there is money for. What is
    /// gone by then (policy `on_payment`) is refunded like any other payment.
    pub(super) async fn pay_from_wallet(
        &self,
        actor: &Actor,
        start: &StartPayment,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        if !self.settings.wallet.enabled {
            return Err(PaymentError::NoProvider(WALLET.to_owned()));
        }
        let mut out_of_stock = false;
        for _ in 0..ATTEMPTS {
            let order = self.order_to_pay(actor, start.order).await?;
            if order.state.tops_up_wallet() {
                return Err(WalletError::TopsUpItself.into());
            }
            let amount = order.state.totals.total;
            match self.commit_from_wallet(&order, out_of_stock, once).await {
                // The order moved, or has a payment since; look again at how things stand.
                Err(PaymentError::Commit(CommitError::Stale | CommitError::Taken(_))) => {
                    out_of_stock = false;
                }
                Err(PaymentError::Commit(CommitError::OutOfStock(_))) if !out_of_stock => {
                    out_of_stock = true;
                }
                Err(PaymentError::Commit(CommitError::InsufficientFunds(_))) => {
                    self.insist_on_funds(order.state.buyer, amount).await?;
                }
                done => return done,
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn commit_from_wallet(
        &self,
        order: &Stored<Order>,
        out_of_stock: bool,
        once: &Once<Payment>,
    ) -> Result<Payment, PaymentError> {
        let payment = self.new_payment(&order.state, WALLET);
        let facts = Facts {
            env: &self.env,
            intent: &Intent::of_ours(&payment),
            out_of_stock,
            late_payment: self.settings.late_payment,
            next_check: self.settings.next_check(0, self.env.now()),
        };
        let before = Step { payment, order: order.state.clone(), effects: Effects::none() };
        let Step { payment, order: after, effects } = hear(before, &facts)?;
        let receipt = once.receipt(payment.id.uuid(), &payment);
        let effects = effects.write_order(order.becomes(after)).receipt(receipt);
        self.payments.commit(Write::new(payment.clone()).with(effects)).await?;
        Ok(payment)
    }

    /// Tells what is missing, unless enough has come in the meantime.
    async fn insist_on_funds(&self, customer: UserId, amount: Money) -> Result<(), PaymentError> {
        let missing = amount.minus(self.in_wallet(customer, amount.currency).await?)?;
        if missing.is_positive() {
            return Err(WalletError::InsufficientFunds { missing }.into());
        }
        Ok(())
    }

    /// What may be taken from a customer's wallet.
    pub(super) async fn in_wallet(
        &self,
        customer: UserId,
        currency: crate::Currency,
    ) -> Result<Money, PaymentError> {
        let balances = self.wallet_balances(&Account::wallet(customer)).await?;
        let ours = balances.iter().find(|balance| balance.balance.currency == currency);
        let available = ours.and_then(crate::ledger::Balance::available);
        Ok(available.unwrap_or(Money::zero(currency)))
    }
}
