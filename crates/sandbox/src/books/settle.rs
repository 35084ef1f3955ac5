//! What happens to a payment after its confirm, at once or when its time has come.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Line, State};
use crate::{Capture, Entry, EntryKind, Intent, IntentStatus, error::Refusal, timers::Task};

/// A step that waits for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The bank's answer.
    Settle,
    /// The bank's second thoughts: captured whatever was said before.
    LateCapture,
}

/// What a task led to.
pub type Outcome = Result<(), Refusal>;

impl State {
    pub fn run_due_now(&mut self) {
        while let Some(task) = self.due_now.pop_front() {
            self.run(task);
        }
    }

    /// Does what was waiting for its time.
    pub fn run(&mut self, task: Task) {
        let outcome = match task {
            Task::Step(id, step) => self.step(&id, step),
            Task::Refund(id) => self.settle_refund(&id),
            Task::Deliver(send) => {
                self.effects.sends.push(vec![send]);
                Ok(())
            }
        };
        if let Err(refusal) = outcome {
            tracing::error!(code = refusal.code, "a step could not be taken");
        }
    }

    /// The bank has the payment now.
    pub(super) fn process(&mut self, id: &str) -> Outcome {
        let record = self.record_mut(id)?;
        record.intent.status = IntentStatus::Processing;
        let asks_back = record.faults.needs_action() && !record.authenticated;
        let declines = record.faults.decline().is_some();
        let delay_ms = record.faults.delay_ms();
        let late_ms = record.faults.late_ms().filter(|_| !asks_back);

        if late_ms.is_none() || declines {
            self.wait(id, Step::Settle, delay_ms)?;
        }
        if let Some(late_ms) = late_ms {
            self.wait(id, Step::LateCapture, late_ms)?;
        }
        Ok(())
    }

    fn wait(&mut self, id: &str, step: Step, ms: u64) -> Outcome {
        let task = Task::Step(id.to_owned(), step);
        if ms == 0 {
            self.due_now.push_back(task);
            return Ok(());
        }
        let due_ms = self.now_ms().saturating_add_unsigned(ms);
        self.record_mut(id)?.waiting.push((step, due_ms));
        self.effects.timers.push((ms, task));
        Ok(())
    }

    fn step(&mut self, id: &str, step: Step) -> Outcome {
        let record = self.record_mut(id)?;
        record.waiting.retain(|(waiting, _)| *waiting != step);
        let amount = record.intent.amount;
        match (step, record.intent.status) {
            (Step::Settle, IntentStatus::Processing) => self.settle(id),
            (Step::LateCapture, status) if status != IntentStatus::Captured => {
                self.take(id, amount)
            }
            _ => Ok(()),
        }
    }

    fn settle(&mut self, id: &str) -> Outcome {
        let record = self.record_mut(id)?;
        if record.faults.needs_action() && !record.authenticated {
            record.intent.status = IntentStatus::RequiresAction;
            self.tell(id, "intent.requires_action");
            return Ok(());
        }
        if let Some(code) = record.faults.decline().map(str::to_owned) {
            return self.fail(id, &code);
        }
        if record.intent.capture == Capture::Manual {
            record.intent.status = IntentStatus::RequiresCapture;
            self.tell(id, "intent.requires_capture");
            return Ok(());
        }
        let amount = record.intent.amount;
        self.take(id, amount)
    }

    /// Takes the money, in the books and from the shopper.
    pub(super) fn take(&mut self, id: &str, amount: i64) -> Outcome {
        let fee = self.setup.fee;
        let record = self.record_mut(id)?;
        let captured = amount.saturating_add(record.faults.wrong_amount()).max(1);
        let intent = &mut record.intent;
        intent.status = IntentStatus::Captured;
        intent.last_error = None;
        intent.amount_captured = captured;
        intent.fee = fee.of(captured);
        let intent = intent.clone();
        self.book_capture(&intent);
        self.tell(id, "intent.captured");
        Ok(())
    }

    fn book_capture(&mut self, intent: &Intent) {
        self.book(Entry {
            id: String::new(),
            r#type: EntryKind::Capture,
            intent: Some(intent.id.clone()),
            refund: None,
            reference: intent.reference.clone(),
            amount: intent.amount_captured,
            fee: intent.fee,
            currency: intent.currency.clone(),
            created: 0,
        });
    }

    /// Pays all it holds out to the merchant's bank, a line for each currency.
    pub fn pay_out_all(&mut self) -> Vec<Entry> {
        let held = self.totals.iter().filter(|(_, totals)| totals.net > 0);
        let held: Vec<_> = held.map(|(currency, totals)| (currency.clone(), totals.net)).collect();
        let before = self.entries.len();
        for (currency, amount) in held {
            let reference = format!("st_{}", self.setup.ids.id());
            self.book(Entry {
                id: String::new(),
                r#type: EntryKind::Settlement,
                intent: None,
                refund: None,
                reference,
                amount,
                fee: 0,
                currency,
                created: 0,
            });
        }
        self.entries.iter().skip(before).cloned().collect()
    }

    /// Writes a line of the statement, under the next number and at this time.
    pub(super) fn book(&mut self, mut entry: Entry) {
        entry.id = format!("txn_{}", self.entries.len() + 1);
        entry.created = self.now();
        self.note(&Line::Entry(Cow::Borrowed(&entry)));
        self.add_up(entry);
    }

    pub(super) fn add_up(&mut self, entry: Entry) {
        self.totals.entry(entry.currency.clone()).or_default().add(&entry);
        self.entries.push(entry);
    }
}
