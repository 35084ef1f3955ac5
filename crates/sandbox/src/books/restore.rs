//! The books after a restart: read from the journal, with everything still to come planned again.

use super::{Dispatch, Line, Record, State};
use crate::{DeliveryState, timers::Task};

impl State {
    /// Reads one line of the journal back into the books.
    pub fn restore(&mut self, line: &str) -> Result<(), serde_json::Error> {
        match serde_json::from_str(line)? {
            Line::Intent(record) => self.restore_intent(record.into_owned()),
            Line::Refund(record) => self.file_refund(record.into_owned()),
            Line::Payout(payout) => self.file_payout(payout.into_owned()),
            Line::Event(event) => self.file_event(event.into_owned()),
            Line::Delivery(id, state, attempts) => self.change_event(&id, |event| {
                event.state = state;
                event.attempts = attempts;
            }),
            Line::Entry(entry) => self.add_up(entry.into_owned()),
            Line::Kept(scope, kept) => self.put_kept(scope.into_owned(), kept.into_owned()),
        }
        Ok(())
    }

    fn restore_intent(&mut self, mut record: Record) {
        if let Ok(known) = self.record(&record.intent.id) {
            record.refunds.clone_from(&known.refunds);
        }
        self.last_created = self.last_created.max(record.intent.created);
        self.file(record);
    }

    /// Plans what was still to come when the books were closed.
    pub fn resume(&mut self) {
        let now_ms = self.now_ms();
        let from_now = |due_ms: i64| u64::try_from(due_ms - now_ms).unwrap_or(0);
        for record in &self.records {
            for (step, due_ms) in &record.waiting {
                let task = Task::Step(record.intent.id.clone(), *step);
                self.effects.timers.push((from_now(*due_ms), task));
            }
        }
        for known in &self.refunds {
            if let Some(due_ms) = known.due_ms {
                self.effects.timers.push((from_now(due_ms), Task::Refund(known.refund.id.clone())));
            }
        }
        let pending = self.events.iter().filter(|event| event.state == DeliveryState::Pending);
        let sends = pending.map(|event| {
            vec![Dispatch { event: event.id.clone(), number: event.attempts + 1, copies: 1 }]
        });
        self.effects.sends.extend(sends);
    }
}
