//! A payment provider in memory that keeps perfect books and misbehaves in every other way.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Money, Timestamp,
    payment::{
        DisputeNews, GatewayError, Intent, IntentState, LineKind, NewIntent, NewRefund, Notice,
        NoticeError, PaymentGateway, RefundState, SentRefund, Statement, StatementAsk,
        StatementLine, StatementPage,
    },
};

/// What goes wrong with the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderFault {
    /// It is done, and the answer is lost.
    Lost,
    /// It is not done.
    Down,
    /// It is refused.
    Refused,
}

#[derive(Default)]
pub struct ProviderBooks {
    pub intents: BTreeMap<String, Intent>,
    /// Bodies of messages that were not delivered yet.
    pub notices: Vec<Value>,
    pub fault: Option<ProviderFault>,
    /// What becomes of a new refund.
    pub refunds_are: Option<RefundState>,
    /// Its own record, in the order in which it lists it.
    pub statement: Vec<StatementLine>,
    /// Since when its record is not to be relied on; nothing when it is up to date.
    pub refreshed: Option<Timestamp>,
    /// How often it was asked for anything.
    pub calls: u32,
    told: u32,
}

impl ProviderBooks {
    pub fn tell(&mut self, kind: &str, provider_ref: &str) {
        self.told += 1;
        let id = format!("evt_{}", self.told);
        self.notices.push(json!({"id": id, "kind": kind, "ref": provider_ref}));
    }

    /// The customer or the bank moves an intent, whatever state it is in.
    pub fn moves(&mut self, provider_ref: &str, state: IntentState) {
        let Some(intent) = self.intents.get_mut(provider_ref) else { return };
        if intent.state == IntentState::Captured {
            return;
        }
        if state == IntentState::Captured {
            intent.captured = intent.amount;
        }
        intent.state = state;
        self.tell("moved", provider_ref);
    }

    pub fn uncaptured(&self) -> Vec<String> {
        let open = self.intents.values().filter(|i| i.state != IntentState::Captured);
        open.map(|intent| intent.provider_ref.clone()).collect()
    }

    pub fn end_refund(&mut self, at: usize, state: RefundState) {
        let refunds = self.intents.values_mut().flat_map(|intent| {
            let owner = intent.provider_ref.clone();
            intent.refunds.iter_mut().map(move |refund| (owner.clone(), refund))
        });
        let mut pending: Vec<_> =
            refunds.filter(|(_, refund)| refund.state == RefundState::Pending).collect();
        if pending.is_empty() {
            return;
        }
        let (owner, refund) = pending.swap_remove(at % pending.len());
        refund.state = state;
        self.tell("refund", &owner);
    }

    /// What the provider holds for us.
    pub fn holds(&self) -> i64 {
        let sent = |intent: &Intent| -> i64 {
            let sent = intent.refunds.iter().filter(|r| r.state == RefundState::Succeeded);
            sent.map(|refund| refund.amount.minor).sum()
        };
        self.intents.values().map(|intent| intent.captured.minor - sent(intent)).sum()
    }
}

/// Calls itself `model`; its messages are signed by the header `signature: good`.
#[derive(Clone, Default)]
pub struct ModelProvider(Arc<Mutex<ProviderBooks>>);

impl ModelProvider {
    pub fn books(&self) -> MutexGuard<'_, ProviderBooks> {
        self.0.lock().unwrap()
    }

    /// Does the work unless the fault forbids it, and answers unless the fault swallows that.
    fn call<T>(
        &self,
        work: impl FnOnce(&mut ProviderBooks) -> Result<T, GatewayError>,
    ) -> Result<T, GatewayError> {
        let mut books = self.books();
        books.calls += 1;
        match books.fault.take() {
            None => work(&mut books),
            Some(ProviderFault::Lost) => work(&mut books).and(Err(GatewayError::Unknown)),
            Some(ProviderFault::Down) => Err(GatewayError::Busy),
            Some(ProviderFault::Refused) => Err(GatewayError::Unknown),
        }
    }
}

#[async_trait]
impl PaymentGateway for ModelProvider {
    fn provider(&self) -> &'static str {
        "model"
    }

    async fn create(&self, new: &NewIntent) -> Result<Intent, GatewayError> {
        if self.books().fault == Some(ProviderFault::Refused) {
            let known =
                self.books().intents.values().any(|i| i.reference == new.payment.to_string());
            self.books().fault = None;
            if !known {
                return Err(GatewayError::Refused { code: "card_declined".into() });
            }
        }
        self.call(|books| {
            let reference = new.payment.to_string();
            let known = books.intents.values().find(|intent| intent.reference == reference);
            if let Some(known) = known {
                return Ok(known.clone());
            }
            let intent = Intent {
                provider_ref: format!("pi_{}", books.intents.len()),
                reference,
                amount: new.amount,
                captured: Money::zero(new.amount.currency),
                state: IntentState::Pending,
                action: None,
                refunds: Vec::new(),
            };
            books.intents.insert(intent.provider_ref.clone(), intent.clone());
            Ok(intent)
        })
    }

    async fn fetch(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        self.call(|books| books.intents.get(provider_ref).cloned().ok_or(GatewayError::NotFound))
    }

    async fn capture(&self, provider_ref: &str, amount: Money) -> Result<Intent, GatewayError> {
        self.call(|books| {
            let intent = books.intents.get_mut(provider_ref).ok_or(GatewayError::NotFound)?;
            match intent.state {
                IntentState::Captured => {}
                IntentState::Approved if amount == intent.amount => {
                    intent.state = IntentState::Captured;
                    intent.captured = amount;
                }
                _ => return Err(GatewayError::Refused { code: "not_approved".into() }),
            }
            Ok(intent.clone())
        })
    }

    async fn cancel(&self, provider_ref: &str) -> Result<Intent, GatewayError> {
        self.call(|books| {
            let intent = books.intents.get_mut(provider_ref).ok_or(GatewayError::NotFound)?;
            if intent.state == IntentState::Captured {
                return Err(GatewayError::Refused { code: "captured".into() });
            }
            intent.state = IntentState::Cancelled;
            Ok(intent.clone())
        })
    }

    async fn refund(&self, new: &NewRefund) -> Result<SentRefund, GatewayError> {
        self.call(|books| {
            let state = books.refunds_are.unwrap_or(RefundState::Succeeded);
            let intent = books.intents.get_mut(&new.provider_ref).ok_or(GatewayError::NotFound)?;
            let reference = new.refund.to_string();
            if let Some(known) = intent.refunds.iter().find(|r| r.reference == reference) {
                return Ok(known.clone());
            }
            let live = intent.refunds.iter().filter(|r| r.state != RefundState::Failed);
            let given: i64 = live.map(|refund| refund.amount.minor).sum();
            if given + new.amount.minor > intent.captured.minor {
                return Err(GatewayError::Refused { code: "too_much".into() });
            }
            let provider_ref = format!("re_{}_{}", intent.provider_ref, intent.refunds.len());
            let sent = SentRefund { provider_ref, reference, amount: new.amount, state };
            intent.refunds.push(sent.clone());
            books.tell("refund", &new.provider_ref);
            Ok(sent)
        })
    }

    async fn verify(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Notice, NoticeError> {
        if headers.get("signature").is_none_or(|signature| signature != "good") {
            return Err(NoticeError::Forged);
        }
        let payload: Value = serde_json::from_slice(body).map_err(|_| NoticeError::Unreadable)?;
        let text = |name: &str| payload.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Notice {
            provider: "model".into(),
            event_id: text("id").ok_or(NoticeError::Unreadable)?,
            digest: String::from_utf8_lossy(body).into_owned(),
            kind: text("kind").unwrap_or_default(),
            provider_ref: text("ref"),
            dispute: payload.get("dispute").and_then(|news| DisputeNews::deserialize(news).ok()),
            payload,
            received_at: now,
        })
    }

    fn statement(&self) -> Option<&dyn Statement> {
        Some(self)
    }
}

/// Two lines a page, and the last one of each page once more at the beginning of the next.
#[async_trait]
impl Statement for ModelProvider {
    fn tells(&self) -> &'static [LineKind] {
        &[LineKind::Capture, LineKind::Refund, LineKind::Dispute, LineKind::DisputeWon]
    }

    async fn lines(&self, ask: &StatementAsk) -> Result<StatementPage, GatewayError> {
        self.call(|books| {
            let begin = ask.cursor.as_deref().and_then(|at| at.parse().ok()).unwrap_or(0_usize);
            let within = |line: &&StatementLine| (ask.from..ask.until).contains(&line.at);
            let all: Vec<_> = books.statement.iter().filter(within).cloned().collect();
            let lines: Vec<_> = all.iter().skip(begin).take(2).cloned().collect();
            let next = (all.len() > begin + 2).then(|| (begin + 1).to_string());
            let complete_until = books.refreshed.unwrap_or(ask.until).min(ask.until);
            Ok(StatementPage { lines, next, complete_until })
        })
    }
}
