//! Lists and the statement, for pollers and reconciliation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{EventRecord, State};
use crate::{Attempt, DeliveryState, Entry, Intent, IntentStatus, Totals, error::Refusal};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    pub data: Vec<T>,
    pub has_more: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentFilter {
    reference: Option<String>,
    status: Option<IntentStatus>,
    created_from: Option<i64>,
    created_to: Option<i64>,
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    r#type: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    from: Option<i64>,
    to: Option<i64>,
    limit: Option<usize>,
    after: Option<String>,
}

/// An event as the list shows it.
#[derive(Debug, Serialize)]
pub struct EventView {
    #[serde(flatten)]
    body: Value,
    delivery: Delivery,
}

#[derive(Debug, Serialize)]
struct Delivery {
    state: DeliveryState,
    attempts: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<Attempt>,
}

#[derive(Debug, Serialize)]
pub struct Statement {
    from: i64,
    to: i64,
    totals: Vec<TotalsOf>,
    #[serde(flatten)]
    entries: Listed<Entry>,
}

#[derive(Debug, Serialize)]
struct TotalsOf {
    currency: String,
    #[serde(flatten)]
    totals: Totals,
}

impl State {
    pub fn intents(&self, filter: &IntentFilter) -> Result<Listed<Intent>, Refusal> {
        let limit = limit(filter.limit, 20, 100)?;
        let first = match &filter.after {
            Some(id) => 1 + self.by_id.get(id).ok_or_else(|| unknown("after", "intent"))?,
            None => 0,
        };
        let to = filter.created_to.unwrap_or(i64::MAX);
        let fits = |intent: &Intent| {
            intent.created < to && filter.status.is_none_or(|status| intent.status == status)
        };
        let show = |at: usize| {
            let record = self.records.get(at).filter(|record| fits(&record.intent))?;
            Some(self.whole(record))
        };
        let from = filter.created_from.unwrap_or(i64::MIN);
        // Records are in the order of their creation, so those before `from` need not be read.
        let first = first.max(self.records.partition_point(|record| record.intent.created < from));
        Ok(match &filter.reference {
            Some(reference) => {
                let known = self.by_reference.get(reference).into_iter().flatten().copied();
                page(known.filter(|at| *at >= first).filter_map(show), limit)
            }
            None => page((first..self.records.len()).filter_map(show), limit),
        })
    }

    pub fn events(&self, filter: &EventFilter) -> Result<Listed<EventView>, Refusal> {
        let limit = limit(filter.limit, 20, 100)?;
        let first = match &filter.after {
            Some(id) => {
                let at = self.event_by_id.get(id).ok_or_else(|| unknown("after", "event"))?;
                at + 1 - self.forgotten
            }
            None => 0,
        };
        let fits =
            |event: &&EventRecord| filter.r#type.as_ref().is_none_or(|kind| event.kind == *kind);
        let found = self.events.range(first..).filter(fits);
        Ok(page(found.map(|event| view(event, Vec::new())), limit))
    }

    pub fn event_with_log(&self, id: &str) -> Result<EventView, Refusal> {
        let log = self.attempts_of(id).cloned().collect();
        self.event(id).map(|event| view(event, log))
    }

    pub fn statement(&self, span: &Span) -> Result<Statement, Refusal> {
        let limit = limit(span.limit, 100, 1_000)?;
        let (from, to) = (span.from.unwrap_or(0), span.to.unwrap_or_else(|| self.now() + 1));
        let within = |entry: &&Entry| (from..to).contains(&entry.created);
        let mut totals = BTreeMap::<String, Totals>::new();
        for entry in self.entries.iter().filter(within) {
            totals.entry(entry.currency.clone()).or_default().add(entry);
        }
        let first = match &span.after {
            Some(id) => number_of(id).ok_or_else(|| unknown("after", "entry"))?,
            None => 0,
        };
        let entries = page(self.entries.iter().skip(first).filter(within).cloned(), limit);
        let totals = totals.into_iter().map(|(currency, totals)| TotalsOf { currency, totals });
        Ok(Statement { from, to, totals: totals.collect(), entries })
    }
}

fn page<T>(mut found: impl Iterator<Item = T>, limit: usize) -> Listed<T> {
    let data: Vec<T> = found.by_ref().take(limit).collect();
    Listed { data, has_more: found.next().is_some() }
}

fn limit(asked: Option<usize>, usual: usize, most: usize) -> Result<usize, Refusal> {
    let limit = asked.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Refusal::new(400, "invalid_query", format!("a limit is 1 to {most}")).at("limit"))
}

fn unknown(param: &str, what: &str) -> Refusal {
    Refusal::new(400, "invalid_query", format!("there is no such {what}")).at(param)
}

fn number_of(entry: &str) -> Option<usize> {
    entry.strip_prefix("txn_")?.parse().ok()
}

fn view(event: &EventRecord, log: Vec<Attempt>) -> EventView {
    let body = serde_json::from_str(&event.body).unwrap_or_default();
    EventView { body, delivery: Delivery { state: event.state, attempts: event.attempts, log } }
}
