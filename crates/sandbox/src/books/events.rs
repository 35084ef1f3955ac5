//! Events: written when something happened, sent as webhooks, listed for thirty days.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Line, State, intents::problem};
use crate::{
    Attempt, DeliveryState, Faults, Intent, IntentStatus, Refund, error::Refusal, timers::Task,
};

const KEPT_EVENTS: usize = 200_000;
const KEPT_ATTEMPTS: usize = 200_000;
const KEPT_SECONDS: i64 = 30 * 86_400;

/// An event, as it was sent and as far as it was delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventRecord {
    pub id: String,
    pub kind: String,
    pub created: i64,
    /// The webhook's body, the same to the byte in every try.
    pub body: String,
    pub wrong_signature: bool,
    pub state: DeliveryState,
    pub attempts: u32,
}

/// A webhook to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    pub event: String,
    pub number: u32,
    pub copies: u32,
}

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    r#type: &'a str,
    created: i64,
    data: &'a Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Data<'a> {
    Intent(&'a Intent),
    Refund(&'a Refund),
}

impl State {
    /// Tells the merchant what happened to an intent.
    pub(super) fn tell(&mut self, id: &str, kind: &str) {
        let Ok(record) = self.record(id) else { return };
        let (intent, faults) = (self.bare(record), record.faults.clone());
        let event =
            self.write_event(kind, self.now(), &Data::Intent(&said(&intent, &faults)), &faults);
        if !faults.reorder() {
            self.dispatch(vec![event], &faults);
            return;
        }
        let Ok(record) = self.record_mut(id) else { return };
        if matches!(kind, "intent.requires_action" | "intent.requires_capture") {
            record.held.push(event);
            return;
        }
        let mut row = vec![event];
        row.append(&mut record.held);
        row.push(self.contradict(intent, &faults));
        self.dispatch(row, &faults);
    }

    /// An event that says otherwise and claims to be older.
    fn contradict(&mut self, mut intent: Intent, faults: &Faults) -> String {
        let (status, kind) = match intent.status {
            IntentStatus::Captured => (IntentStatus::Failed, "intent.failed"),
            _ => (IntentStatus::RequiresAction, "intent.requires_action"),
        };
        intent.status = status;
        intent.amount_captured = 0;
        intent.fee = 0;
        intent.last_error = (status == IntentStatus::Failed).then(|| problem("processing_error"));
        self.write_event(kind, self.now() - 1, &Data::Intent(&intent), faults)
    }

    pub(super) fn tell_refund(&mut self, id: &str, kind: &str) {
        let Ok(refund) = self.find_refund(id) else { return };
        let faults = self.faults_of_refund(id);
        let said = if faults.wrong_payload() {
            Refund { amount: refund.amount.saturating_mul(100), ..refund }
        } else {
            refund
        };
        let event = self.write_event(kind, self.now(), &Data::Refund(&said), &faults);
        self.dispatch(vec![event], &faults);
    }
}

impl State {
    fn write_event(
        &mut self,
        kind: &str,
        created: i64,
        data: &Data<'_>,
        faults: &Faults,
    ) -> String {
        let id = format!("evt_{}", self.setup.ids.id());
        let body = serde_json::to_string(&Body { id: &id, r#type: kind, created, data });
        let state = match (faults.lose(), &self.setup.webhook_url) {
            (true, _) => DeliveryState::Lost,
            (false, None) => DeliveryState::None,
            (false, Some(_)) => DeliveryState::Pending,
        };
        let event = EventRecord {
            id: id.clone(),
            kind: kind.to_owned(),
            created,
            body: body.unwrap_or_default(),
            wrong_signature: faults.wrong_signature(),
            state,
            attempts: 0,
        };
        self.note(&Line::Event(Cow::Borrowed(&event)));
        self.file_event(event);
        id
    }

    pub(super) fn file_event(&mut self, event: EventRecord) {
        self.event_by_id.insert(event.id.clone(), self.forgotten + self.events.len());
        self.events.push_back(event);
        let too_old = self.now() - KEPT_SECONDS;
        while self.events.len() > KEPT_EVENTS
            || self.events.front().is_some_and(|first| first.created < too_old)
        {
            let Some(first) = self.events.pop_front() else { return };
            self.event_by_id.remove(&first.id);
            self.forgotten += 1;
        }
    }

    /// Sends what is pending of these events, one after the other.
    fn dispatch(&mut self, events: Vec<String>, faults: &Faults) {
        let copies = faults.copies();
        let pending =
            |id: &String| self.event(id).is_ok_and(|event| event.state == DeliveryState::Pending);
        let row: Vec<_> = events.into_iter().filter(pending).collect();
        if !row.is_empty() {
            let send = |event| Dispatch { event, number: 1, copies };
            self.effects.sends.push(row.into_iter().map(send).collect());
        }
    }

    pub fn event(&self, id: &str) -> Result<&EventRecord, Refusal> {
        let at = self.event_by_id.get(id).and_then(|at| at.checked_sub(self.forgotten));
        at.and_then(|at| self.events.get(at)).ok_or_else(|| Refusal::not_found("event"))
    }

    pub(super) fn change_event(&mut self, id: &str, change: impl FnOnce(&mut EventRecord)) {
        let at = self.event_by_id.get(id).and_then(|at| at.checked_sub(self.forgotten));
        if let Some(event) = at.and_then(|at| self.events.get_mut(at)) {
            change(event);
        }
    }

    /// Sends an event's webhook once more, even one that was lost.
    pub fn resend(&mut self, id: &str) -> Result<(), Refusal> {
        let number = self.event(id)?.attempts + 1;
        if self.setup.webhook_url.is_some() {
            self.set_delivery(id, DeliveryState::Pending, number - 1);
            self.effects.sends.push(vec![Dispatch { event: id.to_owned(), number, copies: 1 }]);
        }
        Ok(())
    }

    /// Takes note of how a try went, and plans the next if it failed.
    pub fn attempted(&mut self, send: &Dispatch, tries: Vec<Attempt>) {
        let failed = tries.iter().filter(|attempt| !attempt.succeeded()).count();
        self.attempts.extend(tries);
        while self.attempts.len() > KEPT_ATTEMPTS {
            self.attempts.pop_front();
        }
        let again = usize::try_from(send.number - 1).unwrap_or(usize::MAX);
        let state = match (failed, self.setup.retries_ms.get(again)) {
            (0, _) => DeliveryState::Delivered,
            (_, Some(wait_ms)) => {
                let copies = u32::try_from(failed).unwrap_or(1);
                let next = Dispatch { event: send.event.clone(), number: send.number + 1, copies };
                self.effects.timers.push((*wait_ms, Task::Deliver(next)));
                DeliveryState::Pending
            }
            (_, None) => DeliveryState::Exhausted,
        };
        self.set_delivery(&send.event, state, send.number);
    }

    fn set_delivery(&mut self, id: &str, state: DeliveryState, attempts: u32) {
        self.change_event(id, |event| {
            event.state = state;
            event.attempts = attempts;
        });
        self.note(&Line::Delivery(Cow::Borrowed(id), state, attempts));
    }

    pub(super) fn attempts_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.event == id)
    }
}

/// What webhooks say of an intent, which a fault may falsify.
fn said(intent: &Intent, faults: &Faults) -> Intent {
    let mut said = intent.clone();
    if faults.wrong_payload() {
        said.amount = said.amount.saturating_mul(100);
        said.amount_captured = said.amount_captured.saturating_mul(100);
    }
    said
}
