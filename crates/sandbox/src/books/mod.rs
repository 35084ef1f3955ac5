//! The gateway's own books: everything it has written down, and what has to happen because of it.

mod cards;
mod events;
mod idempotency;
mod intents;
mod lists;
mod payouts;
mod refunds;
mod restore;
mod settle;
mod strikes;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    mem,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    Attempt, Clock, Config, DeliveryState, Entry, FaultPlan, Faults, Fee, Ids, Intent, Payout,
    Refund, Totals,
    error::Refusal,
    fault::Op,
    model::{IntentStatus, NextAction},
    timers::Task,
};

pub use cards::NewCard;
pub use events::{Dispatch, EventRecord};
pub use idempotency::{Kept, Key};
pub use intents::NewIntent;
pub use lists::{EventFilter, IntentFilter, Span};
pub use payouts::NewPayout;
pub use refunds::NewRefund;
pub use settle::Step;

/// A copy of the books, for those who check them.
#[derive(Debug, Clone, Serialize)]
pub struct Books {
    pub intents: Vec<Intent>,
    pub refunds: Vec<Refund>,
    pub entries: Vec<Entry>,
    /// By currency.
    pub totals: BTreeMap<String, Totals>,
    /// The last tries to deliver, oldest first.
    pub webhooks: Vec<Attempt>,
}

/// The books themselves. Whoever changes them takes the [`Effects`] in the same breath.
pub struct State {
    pub setup: Setup,
    records: Vec<Record>,
    by_id: HashMap<String, usize>,
    by_reference: HashMap<String, Vec<usize>>,
    payouts: BTreeMap<String, Payout>,
    refunds: Vec<RefundRecord>,
    refund_by_id: HashMap<String, usize>,
    events: VecDeque<EventRecord>,
    /// How many events have been forgotten: the number of the first that is kept.
    forgotten: usize,
    event_by_id: HashMap<String, usize>,
    entries: Vec<Entry>,
    totals: BTreeMap<String, Totals>,
    attempts: VecDeque<Attempt>,
    kept: HashMap<String, Kept>,
    kept_in_order: VecDeque<(i64, String)>,
    struck: HashMap<(Op, &'static str, String), u32>,
    last_created: i64,
    changed: Vec<String>,
    due_now: VecDeque<Task>,
    effects: Effects,
}

/// What the books need from their surroundings.
pub struct Setup {
    pub base_url: String,
    pub webhook_url: Option<String>,
    pub plan: FaultPlan,
    pub fee: Fee,
    pub retries_ms: Vec<u64>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub journaled: bool,
}

impl Setup {
    pub fn new(config: &Config, base_url: String) -> Self {
        Self {
            base_url,
            webhook_url: config.webhook_url.clone(),
            plan: config.faults.clone(),
            fee: config.fee,
            retries_ms: config.retries_ms.clone(),
            clock: Arc::clone(&config.clock),
            ids: Arc::clone(&config.ids),
            journaled: config.data.is_some(),
        }
    }
}

/// What is to be done outside of the books.
#[derive(Default)]
pub struct Effects {
    /// For the journal.
    pub lines: Vec<String>,
    /// Webhooks; those of one row go one after the other.
    pub sends: Vec<Vec<Dispatch>>,
    /// Milliseconds from now.
    pub timers: Vec<(u64, Task)>,
}

/// An intent and what only the gateway knows of it.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    /// Without secret, next action and refunds.
    intent: Intent,
    secret: String,
    faults: Faults,
    authenticated: bool,
    /// Steps to come, with the time they fall due.
    waiting: Vec<(Step, i64)>,
    /// Events held back to arrive late.
    held: Vec<String>,
    #[serde(skip)]
    refunds: Vec<usize>,
}

#[derive(Clone, Serialize, Deserialize)]
struct RefundRecord {
    refund: Refund,
    faults: Faults,
    due_ms: Option<i64>,
}

/// One line of the journal. Of two lines about the same thing, the later holds.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on the stack")]
enum Line<'a> {
    Intent(Cow<'a, Record>),
    Refund(Cow<'a, RefundRecord>),
    Payout(Cow<'a, Payout>),
    Event(Cow<'a, EventRecord>),
    Delivery(Cow<'a, str>, DeliveryState, u32),
    Entry(Cow<'a, Entry>),
    Kept(Cow<'a, str>, Cow<'a, Kept>),
}

impl State {
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            records: Vec::new(),
            by_id: HashMap::new(),
            by_reference: HashMap::new(),
            payouts: BTreeMap::new(),
            refunds: Vec::new(),
            refund_by_id: HashMap::new(),
            events: VecDeque::new(),
            forgotten: 0,
            event_by_id: HashMap::new(),
            entries: Vec::new(),
            totals: BTreeMap::new(),
            attempts: VecDeque::new(),
            kept: HashMap::new(),
            kept_in_order: VecDeque::new(),
            struck: HashMap::new(),
            last_created: 0,
            changed: Vec::new(),
            due_now: VecDeque::new(),
            effects: Effects::default(),
        }
    }

    /// Finishes a change: does what is due at once and says what remains to be done outside.
    pub fn finish(&mut self) -> Effects {
        self.run_due_now();
        let mut seen = HashSet::new();
        for id in mem::take(&mut self.changed) {
            if seen.insert(id.clone())
                && let Ok(record) = self.record(&id)
            {
                let line = write(&Line::Intent(Cow::Borrowed(record)));
                self.effects.lines.extend(line);
            }
        }
        mem::take(&mut self.effects)
    }

    pub fn snapshot(&self) -> Books {
        Books {
            intents: self.records.iter().map(|record| self.bare(record)).collect(),
            refunds: self.refunds.iter().map(|record| record.refund.clone()).collect(),
            entries: self.entries.clone(),
            totals: self.totals.clone(),
            webhooks: self.attempts.iter().cloned().collect(),
        }
    }

    pub fn faults_of(&self, id: &str) -> Faults {
        self.record(id).map(|record| record.faults.clone()).unwrap_or_default()
    }

    fn now_ms(&self) -> i64 {
        self.setup.clock.now_ms()
    }

    fn now(&self) -> i64 {
        self.now_ms() / 1_000
    }

    fn record(&self, id: &str) -> Result<&Record, Refusal> {
        let found = self.by_id.get(id).and_then(|at| self.records.get(*at));
        found.ok_or_else(|| Refusal::not_found("intent"))
    }

    /// The record, to be changed; what changed is journaled when the change is finished.
    fn record_mut(&mut self, id: &str) -> Result<&mut Record, Refusal> {
        let found = self.by_id.get(id).and_then(|at| self.records.get_mut(*at));
        let record = found.ok_or_else(|| Refusal::not_found("intent"))?;
        if self.setup.journaled {
            self.changed.push(id.to_owned());
        }
        Ok(record)
    }

    /// The intent as webhooks and books show it.
    fn bare(&self, record: &Record) -> Intent {
        let refunds = record.refunds.iter().filter_map(|at| self.refunds.get(*at));
        Intent {
            refunds: refunds.map(|known| known.refund.clone()).collect(),
            ..record.intent.clone()
        }
    }

    /// The intent as its owner sees it.
    fn whole(&self, record: &Record) -> Intent {
        let mut intent = self.bare(record);
        intent.next_action = self.next_action(record);
        intent.client_secret = Some(record.secret.clone());
        intent
    }

    fn next_action(&self, record: &Record) -> Option<NextAction> {
        let action = match record.intent.status {
            IntentStatus::RequiresConfirmation => "confirm",
            IntentStatus::RequiresAction => "authenticate",
            IntentStatus::Processing
            | IntentStatus::RequiresCapture
            | IntentStatus::Captured
            | IntentStatus::Failed
            | IntentStatus::Cancelled => return None,
        };
        let (base, id, secret) = (&self.setup.base_url, &record.intent.id, &record.secret);
        let url = format!("{base}/pay/{id}?client_secret={secret}");
        Some(NextAction { r#type: action.to_owned(), url })
    }

    fn note(&mut self, line: &Line<'_>) {
        if self.setup.journaled {
            self.effects.lines.extend(write(line));
        }
    }
}

/// Nothing of ours fails to become JSON; if it did, the journal would miss a line and the books would still be right.
fn write(line: &Line<'_>) -> Option<String> {
    serde_json::to_string(line)
        .inspect_err(|error| tracing::error!(%error, "a line is missing in the journal"))
        .ok()
}
