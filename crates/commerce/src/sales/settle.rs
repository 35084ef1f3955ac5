//! The one path by which a payment moves: the provider's view is compared, decided on and committed.

use tracing::{error, info};

use super::{
    Sales,
    change::{Sale, Step},
    events,
    hear::{Facts, hear},
};
use crate::{
    ATTEMPTS, Change, CommitError, Effects, Once, Payment, PaymentId,
    payment::{Intent, IntentState, NewIntent, PaymentError},
};

/// An order is settled by one payment: the store keeps the second one's commit out under this name.
const ONE_SETTLES: &str = "commerce_payments_order_id_key";

/// Whether another writer was quicker, so that a look at how things stand now decides otherwise. Any other
/// name that is taken stays taken, however often it is tried.
fn was_quicker(error: &CommitError) -> bool {
    match error {
        CommitError::Stale => true,
        CommitError::Taken(name) => name == ONE_SETTLES,
        _ => false,
    }
}

/// What became of a provider's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Applied,
    /// It is not about what we asked for; a person looks at it.
    SetAside,
}

impl Sales {
    /// Applies what a provider says of one of its payments; what is not ours is set aside, and nothing is applied.
    ///
    /// `notice` is the message that brought it, if one did.
    pub async fn settle(
        &self,
        provider: &str,
        notice: Option<&str>,
        intent: &Intent,
    ) -> Result<(), PaymentError> {
        self.settle_or_set_aside(provider, notice, intent).await.map(drop)
    }

    pub(super) async fn settle_or_set_aside(
        &self,
        provider: &str,
        notice: Option<&str>,
        intent: &Intent,
    ) -> Result<Heard, PaymentError> {
        let settled = match self.recognise(provider, intent).await {
            Ok(payment) => self.apply(payment, intent, None).await,
            Err(error) => Err(error),
        };
        match settled {
            Ok(_) => Ok(Heard::Applied),
            Err(PaymentError::Mismatch(why)) => {
                self.set_aside(provider, notice, intent, why).await?;
                Ok(Heard::SetAside)
            }
            Err(error) => Err(error),
        }
    }

    /// Decides on the provider's word and commits; decides again when another writer was quicker,
    /// or when what was paid for is gone.
    pub(super) async fn apply(
        &self,
        payment: PaymentId,
        intent: &Intent,
        once: Option<&Once<Payment>>,
    ) -> Result<Payment, PaymentError> {
        let mut out_of_stock = false;
        for _ in 0..ATTEMPTS {
            let sale = self.sale(payment).await?;
            let facts = Facts {
                env: &self.env,
                intent,
                out_of_stock,
                late_payment: self.settings.late_payment,
                next_check: self.settings.next_check(0, self.env.now()),
            };
            let step = hear(sale.step(), &facts)?;
            match self.commit_step(&sale, step, once).await {
                Err(PaymentError::Commit(error)) if was_quicker(&error) => out_of_stock = false,
                Err(PaymentError::Commit(CommitError::OutOfStock(_))) if !out_of_stock => {
                    out_of_stock = true;
                }
                done => return done,
            }
        }
        Err(CommitError::Stale.into())
    }

    /// Runs a decision about a payment until it is committed; returns the payment as it then stands.
    pub(super) async fn decide(
        &self,
        payment: PaymentId,
        once: Option<&Once<Payment>>,
        decide: impl Fn(Step) -> Result<Step, PaymentError> + Send + Sync,
    ) -> Result<Payment, PaymentError> {
        for _ in 0..ATTEMPTS {
            let sale = self.sale(payment).await?;
            let step = decide(sale.step())?;
            match self.commit_step(&sale, step, once).await {
                Err(PaymentError::Commit(CommitError::Stale)) => {}
                done => return done,
            }
        }
        Err(CommitError::Stale.into())
    }

    async fn commit_step(
        &self,
        sale: &Sale,
        step: Step,
        once: Option<&Once<Payment>>,
    ) -> Result<Payment, PaymentError> {
        let payment = step.payment.clone();
        if once.is_none() && sale.is_unchanged_by(&step) {
            return Ok(payment);
        }
        let receipt = once.map(|once| once.receipt(payment.id.uuid(), &payment));
        let step = step.and(Effects::none().receipt(receipt));
        self.payments.commit(sale.becomes(step)).await?;
        Ok(payment)
    }

    pub(super) async fn sale(&self, payment: PaymentId) -> Result<Sale, PaymentError> {
        let payment = self.payments.find(payment).await?.ok_or(PaymentError::NoPayment)?;
        let order = self.orders.find(payment.state.order).await?.ok_or(PaymentError::NoOrder)?;
        Ok(Sale { payment, order })
    }

    /// Asks the provider how a payment stands. One whose first answer was lost is created once more
    /// under the same key, which tells us what became of it.
    pub(super) async fn ask(&self, payment: &Payment) -> Result<Intent, PaymentError> {
        if payment.amount.is_zero() {
            return Ok(Intent::of_ours(payment));
        }
        match &payment.provider_ref {
            Some(provider_ref) => self.fetch(&payment.provider, provider_ref).await,
            None => {
                let gateway = self.gateway(&payment.provider)?;
                Ok(gateway.create(&NewIntent::of(payment)).await?)
            }
        }
    }

    pub(super) async fn recognise(
        &self,
        provider: &str,
        intent: &Intent,
    ) -> Result<PaymentId, PaymentError> {
        let reference = intent.reference.parse();
        let id: PaymentId =
            reference.map_err(|_| PaymentError::Mismatch("the reference is not ours"))?;
        let payment = self.payments.find(id).await?;
        match payment.filter(|stored| stored.state.provider == provider) {
            Some(_) => Ok(id),
            None => Err(PaymentError::Mismatch("there is no such payment of this provider")),
        }
    }

    /// A message is kept aside each time; a person is called once for each payment and reason, however often the
    /// provider says it.
    pub(super) async fn set_aside(
        &self,
        provider: &str,
        notice: Option<&str>,
        intent: &Intent,
        why: &'static str,
    ) -> Result<(), PaymentError> {
        if let Some(notice) = notice {
            self.inbox.quarantine(provider, notice, why).await?;
        }
        let is_news = match self.recognise(provider, intent).await {
            Ok(payment) => self.call_once(payment, why).await?,
            Err(PaymentError::Mismatch(_)) => true,
            Err(error) => return Err(error),
        };
        let (reference, provider_ref) = (&intent.reference, &intent.provider_ref);
        if is_news {
            error!(provider, reference, provider_ref, why, "a provider's word was set aside");
        } else {
            info!(
                provider,
                reference, provider_ref, why, "a provider said again what was set aside"
            );
        }
        Ok(())
    }

    /// False when it was told before: the event's id is made of the payment and the reason, and the store keeps it
    /// once.
    async fn call_once(&self, payment: PaymentId, why: &str) -> Result<bool, PaymentError> {
        let stored = self.payments.find(payment).await?.ok_or(PaymentError::NoPayment)?;
        let told = Effects::none().tell(events::mismatch(&self.env, &stored.state, why));
        match self.payments.commit(Change { writes: Vec::new(), effects: told }).await {
            Ok(()) => Ok(true),
            Err(CommitError::Exists) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Intent {
    /// Where there is nothing to pay, or the money is with us already, no provider is asked: all of it is ours.
    pub(super) fn of_ours(payment: &Payment) -> Self {
        Self {
            provider_ref: payment.id.to_string(),
            reference: payment.id.to_string(),
            amount: payment.amount,
            captured: payment.amount,
            state: IntentState::Captured,
            action: None,
            refunds: Vec::new(),
        }
    }
}

impl NewIntent {
    pub(super) fn of(payment: &Payment) -> Self {
        Self {
            payment: payment.id,
            order: payment.order,
            amount: payment.amount,
            description: format!("Order {}", payment.order),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CommitError, ONE_SETTLES, was_quicker};

    #[test]
    fn only_what_another_look_can_mend_is_decided_again() {
        assert!(was_quicker(&CommitError::Stale));
        assert!(was_quicker(&CommitError::Taken(ONE_SETTLES.to_owned())));
        let reference = "commerce_payments_provider_provider_ref_key";
        assert!(!was_quicker(&CommitError::Taken(reference.to_owned())));
        assert!(!was_quicker(&CommitError::Exists));
    }
}
