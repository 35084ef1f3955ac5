//! Opening an intent and everything the merchant and the shopper may ask of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{NewCard, Record, State};
use crate::{Capture, Faults, Intent, IntentStatus, Problem, error::Refusal, fault};

const MOST: i64 = 99_999_999_999;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIntent {
    pub amount: i64,
    pub currency: String,
    pub reference: String,
    pub description: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    #[serde(default)]
    pub capture: Capture,
}

impl NewIntent {
    pub fn check(&self) -> Result<(), Refusal> {
        check_amount(self.amount)?;
        check_text("reference", &self.reference, 1, 200)?;
        check_text("description", self.description.as_deref().unwrap_or_default(), 0, 500)?;
        if self.currency.len() != 3 || !self.currency.chars().all(|c| c.is_ascii_uppercase()) {
            return Err(Refusal::invalid("currency", "a currency is three capital letters"));
        }
        let fits = |(key, value): (&String, &String)| key.len() <= 100 && value.len() <= 500;
        if self.metadata.len() > 20 || !self.metadata.iter().all(fits) {
            return Err(Refusal::invalid("metadata", "at most 20 entries of 500 bytes"));
        }
        Ok(())
    }
}

pub(super) fn check_amount(amount: i64) -> Result<(), Refusal> {
    if (1..=MOST).contains(&amount) {
        return Ok(());
    }
    Err(Refusal::invalid("amount", format!("an amount is 1 to {MOST} minor units")))
}

pub(super) fn check_text(
    field: &str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<(), Refusal> {
    if (least..=most).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(Refusal::invalid(field, format!("from {least} to {most} characters")))
}

impl State {
    /// The faults an intent is born with: defaults, then its amount, then the caller's wish.
    pub fn faults_for(&self, new: &NewIntent, wish: &Faults) -> Faults {
        self.setup.plan.draw(&new.reference).with(&fault::of_amount(new.amount)).with(wish)
    }

    pub fn create(&mut self, new: NewIntent, faults: Faults) -> Result<Intent, Refusal> {
        new.check()?;
        let id = format!("pi_{}", self.setup.ids.id());
        let secret = format!("{id}_secret_{}", self.setup.ids.secret());
        self.last_created = self.last_created.max(self.now());
        let intent = Intent {
            id: id.clone(),
            client_secret: None,
            status: IntentStatus::RequiresConfirmation,
            amount: new.amount,
            currency: new.currency,
            amount_captured: 0,
            amount_refunded: 0,
            fee: 0,
            reference: new.reference,
            description: new.description,
            metadata: new.metadata,
            capture: new.capture,
            card: None,
            next_action: None,
            last_error: None,
            created: self.last_created,
            refunds: Vec::new(),
        };
        let (authenticated, waiting, held, refunds) = Default::default();
        self.file(Record { intent, secret, faults, authenticated, waiting, held, refunds });
        self.record_mut(&id)?;
        self.intent(&id)
    }

    /// Puts a record into the books, at its place if it is known.
    pub(super) fn file(&mut self, record: Record) {
        let known = self.by_id.get(&record.intent.id).and_then(|at| self.records.get_mut(*at));
        if let Some(known) = known {
            *known = record;
            return;
        }
        let at = self.records.len();
        self.by_id.insert(record.intent.id.clone(), at);
        self.by_reference.entry(record.intent.reference.clone()).or_default().push(at);
        self.records.push(record);
    }

    pub fn intent(&self, id: &str) -> Result<Intent, Refusal> {
        self.record(id).map(|record| self.whole(record))
    }

    /// Refuses whoever does not hold the intent's client secret.
    pub fn open(&self, id: &str, client_secret: &str) -> Result<(), Refusal> {
        let secret = &self.record(id)?.secret;
        if bool::from(secret.as_bytes().ct_eq(client_secret.as_bytes())) {
            return Ok(());
        }
        Err(Refusal::client_secret())
    }

    pub fn confirm(&mut self, id: &str, card: &NewCard) -> Result<Intent, Refusal> {
        let kept = card.check(self.now_ms())?;
        let record = self.record_mut(id)?;
        if record.intent.status != IntentStatus::RequiresConfirmation {
            return Err(Refusal::state("confirmed", record.intent.status));
        }
        record.intent.card = Some(kept);
        record.faults = std::mem::take(&mut record.faults).with(&fault::of_card(&card.digits()));
        let asks_back = record.faults.needs_action();
        self.process(id)?;
        if asks_back {
            self.run_due_now();
        }
        self.intent(id)
    }

    pub fn authenticate(&mut self, id: &str, passed: bool) -> Result<Intent, Refusal> {
        let record = self.record_mut(id)?;
        if record.intent.status != IntentStatus::RequiresAction {
            return Err(Refusal::state("authenticated", record.intent.status));
        }
        if passed {
            record.authenticated = true;
            self.process(id)?;
        } else {
            self.fail(id, "authentication_failed")?;
        }
        self.intent(id)
    }

    pub fn capture(&mut self, id: &str, amount: Option<i64>) -> Result<Intent, Refusal> {
        let intent = &self.record(id)?.intent;
        if intent.status != IntentStatus::RequiresCapture {
            return Err(Refusal::state("captured", intent.status));
        }
        let amount = amount.unwrap_or(intent.amount);
        check_amount(amount)?;
        if amount > intent.amount {
            let message = format!("{} is authorised", intent.amount);
            return Err(Refusal::new(422, "amount_exceeds_authorized", message).at("amount"));
        }
        self.take(id, amount)?;
        self.intent(id)
    }

    pub fn cancel(&mut self, id: &str) -> Result<Intent, Refusal> {
        let record = self.record_mut(id)?;
        let status = record.intent.status;
        let may = match status {
            IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction
            | IntentStatus::RequiresCapture => true,
            IntentStatus::Processing => record.faults.late_ms().is_some(),
            IntentStatus::Cancelled => return self.intent(id),
            IntentStatus::Captured | IntentStatus::Failed => false,
        };
        if !may {
            return Err(Refusal::state("cancelled", status));
        }
        record.intent.status = IntentStatus::Cancelled;
        self.tell(id, "intent.cancelled");
        self.intent(id)
    }

    pub(super) fn fail(&mut self, id: &str, code: &str) -> Result<(), Refusal> {
        let record = self.record_mut(id)?;
        record.intent.status = IntentStatus::Failed;
        record.intent.last_error = Some(problem(code));
        self.tell(id, "intent.failed");
        Ok(())
    }
}

pub(super) fn problem(code: &str) -> Problem {
    let message = match code {
        "card_declined" => "The bank declined the payment.",
        "insufficient_funds" => "The account has too little money.",
        "expired_card" => "The card has expired.",
        "incorrect_cvc" => "The security code is wrong.",
        "processing_error" => "The bank could not process the payment.",
        "authentication_failed" => "The shopper did not pass the bank's check.",
        "refund_failed" => "The bank refused the refund.",
        _ => "The payment failed.",
    };
    Problem { code: code.to_owned(), message: message.to_owned() }
}
