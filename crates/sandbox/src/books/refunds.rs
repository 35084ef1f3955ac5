//! Refunds, which never add up to more than was captured.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    Line, RefundRecord, State,
    intents::{check_amount, check_text, problem},
    settle::Outcome,
};
use crate::{
    Entry, EntryKind, Faults, IntentStatus, Refund, RefundStatus, error::Refusal, timers::Task,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    pub intent: String,
    /// All that is left, if absent.
    pub amount: Option<i64>,
    pub reference: String,
    pub reason: Option<String>,
}

impl NewRefund {
    pub fn check(&self) -> Result<(), Refusal> {
        if let Some(amount) = self.amount {
            check_amount(amount)?;
        }
        check_text("reference", &self.reference, 1, 200)?;
        check_text("reason", self.reason.as_deref().unwrap_or_default(), 0, 500)
    }
}

impl State {
    pub fn refund(&mut self, new: NewRefund, faults: Faults) -> Result<Refund, Refusal> {
        new.check()?;
        let left = self.refundable(&new.intent)?;
        let amount = new.amount.unwrap_or(left);
        if amount > left || amount == 0 {
            let message = format!("{left} of the capture is left to refund");
            return Err(Refusal::new(422, "refund_exceeds_captured", message).at("amount"));
        }
        let id = format!("re_{}", self.setup.ids.id());
        let refund = Refund {
            id: id.clone(),
            currency: self.record(&new.intent)?.intent.currency.clone(),
            intent: new.intent,
            amount,
            status: RefundStatus::Pending,
            reference: new.reference,
            reason: new.reason,
            last_error: None,
            created: self.now(),
        };
        self.file_refund(RefundRecord { refund, faults, due_ms: None });
        self.wait_for_refund(&id)?;
        self.find_refund(&id)
    }

    pub fn find_refund(&self, id: &str) -> Result<Refund, Refusal> {
        let found = self.refund_by_id.get(id).and_then(|at| self.refunds.get(*at));
        found.map(|known| known.refund.clone()).ok_or_else(|| Refusal::not_found("refund"))
    }

    pub fn faults_of_refund(&self, id: &str) -> Faults {
        let found = self.refund_by_id.get(id).and_then(|at| self.refunds.get(*at));
        found.map(|known| known.faults.clone()).unwrap_or_default()
    }

    /// Captured less every refund that has not failed.
    fn refundable(&self, intent: &str) -> Result<i64, Refusal> {
        let record = self.record(intent).map_err(|refusal| refusal.at("intent"))?;
        if record.intent.status != IntentStatus::Captured {
            return Err(Refusal::state("refunded", record.intent.status));
        }
        let refunds = record.refunds.iter().filter_map(|at| self.refunds.get(*at));
        let live = refunds.filter(|known| known.refund.status != RefundStatus::Failed);
        let given: i64 = live.map(|known| known.refund.amount).sum();
        Ok(record.intent.amount_captured - given)
    }

    /// Puts a refund into the books, at its place if it is known.
    pub(super) fn file_refund(&mut self, record: RefundRecord) {
        let known = self.refund_by_id.get(&record.refund.id);
        if let Some(known) = known.and_then(|at| self.refunds.get_mut(*at)) {
            *known = record;
            return;
        }
        let at = self.refunds.len();
        if let Some(owner) = self.by_id.get(&record.refund.intent)
            && let Some(owner) = self.records.get_mut(*owner)
        {
            owner.refunds.push(at);
        }
        self.refund_by_id.insert(record.refund.id.clone(), at);
        self.refunds.push(record);
    }

    fn wait_for_refund(&mut self, id: &str) -> Outcome {
        let ms = self.faults_of_refund(id).refund_delay_ms();
        if ms == 0 {
            return self.settle_refund(id);
        }
        let due_ms = self.now_ms().saturating_add_unsigned(ms);
        self.change_refund(id, |record| record.due_ms = Some(due_ms))?;
        self.effects.timers.push((ms, Task::Refund(id.to_owned())));
        Ok(())
    }

    pub(super) fn settle_refund(&mut self, id: &str) -> Outcome {
        if self.find_refund(id)?.status != RefundStatus::Pending {
            return Ok(());
        }
        if let Some(code) = self.faults_of_refund(id).refund_fail().map(str::to_owned) {
            self.change_refund(id, |record| {
                record.due_ms = None;
                record.refund.status = RefundStatus::Failed;
                record.refund.last_error = Some(problem(&code));
            })?;
            self.tell_refund(id, "refund.failed");
            return Ok(());
        }
        self.change_refund(id, |record| {
            record.due_ms = None;
            record.refund.status = RefundStatus::Succeeded;
        })?;
        let refund = self.find_refund(id)?;
        self.record_mut(&refund.intent)?.intent.amount_refunded += refund.amount;
        self.book_refund(refund);
        self.tell_refund(id, "refund.succeeded");
        Ok(())
    }

    fn change_refund(&mut self, id: &str, change: impl FnOnce(&mut RefundRecord)) -> Outcome {
        let found = self.refund_by_id.get(id).and_then(|at| self.refunds.get_mut(*at));
        let record = found.ok_or_else(|| Refusal::not_found("refund"))?;
        change(record);
        let record = record.clone();
        self.note(&Line::Refund(Cow::Owned(record)));
        Ok(())
    }

    fn book_refund(&mut self, refund: Refund) {
        self.book(Entry {
            id: String::new(),
            r#type: EntryKind::Refund,
            intent: Some(refund.intent),
            refund: Some(refund.id),
            reference: refund.reference,
            amount: refund.amount,
            fee: 0,
            currency: refund.currency,
            created: 0,
        });
    }
}
