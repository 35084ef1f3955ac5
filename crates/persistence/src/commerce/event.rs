//! Events, the streams that number them, and a delivery for each subscriber.

use std::collections::BTreeMap;

use commerce::{CommitError, Event};
use serde::Serialize;
use uuid::Uuid;

use super::Told;
use crate::{
    Db, Engine, Step, Steps,
    rows::{self, Column},
    sql::micros,
};

const STREAM_COLUMNS: &[Column] = &[("name", "text"), ("top", "bigint")];

#[derive(Serialize)]
struct StreamRow<'a> {
    name: &'a str,
    /// How many events are added.
    top: i64,
}

const EVENT_COLUMNS: &[Column] = &[
    ("id", "uuid"),
    ("name", "text"),
    ("subject", "uuid"),
    ("stream", "text"),
    ("back", "bigint"),
    ("body", "json"),
    ("at", "bigint"),
];

#[derive(Serialize)]
struct EventRow<'a> {
    id: Uuid,
    name: &'static str,
    subject: Uuid,
    stream: Option<&'a str>,
    /// How many of its stream come after it in this commit.
    back: i64,
    body: &'a serde_json::Value,
    at: i64,
}

const DELIVERY_COLUMNS: &[Column] = &[("id", "uuid"), ("event", "uuid"), ("subscriber", "text")];

#[derive(Serialize)]
struct DeliveryRow<'a> {
    id: Uuid,
    event: Uuid,
    subscriber: &'a str,
}

pub fn steps(
    db: &Db,
    events: &[Event],
    steps: &mut Steps,
    told: &mut Told,
) -> Result<(), CommitError> {
    if events.is_empty() {
        return Ok(());
    }
    // The numbers of a stream are read from the step that takes them.
    steps.room_for(3);
    let streams = stream_rows(events);
    if !streams.is_empty() {
        let tail = "on conflict (name) do update set top = s.top + excluded.top";
        let table = "commerce_streams as s";
        let step = rows::insert(steps, table, STREAM_COLUMNS, &streams, tail)?;
        steps.push(step.returning("streams", "name, top"));
    }
    steps.push(events_step(steps.engine(), events, !streams.is_empty())?);
    let deliveries: Vec<_> = events.iter().flat_map(|event| delivery_rows(db, event)).collect();
    if !deliveries.is_empty() {
        steps.push(rows::insert(steps, "commerce_deliveries", DELIVERY_COLUMNS, &deliveries, "")?);
        told.deliveries = true;
    }
    Ok(())
}

/// By name, which is the order in which their rows are locked.
fn stream_rows(events: &[Event]) -> Vec<StreamRow<'_>> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for stream in events.iter().filter_map(|event| event.stream.as_deref()) {
        let count = counts.entry(stream).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().map(|(name, top)| StreamRow { name, top }).collect()
}

fn events_step(engine: Engine, events: &[Event], streamed: bool) -> Result<Step, CommitError> {
    let mut later: BTreeMap<&str, i64> = BTreeMap::new();
    let mut rows: Vec<_> = events.iter().rev().map(|event| event_row(event, &mut later)).collect();
    rows.reverse();
    let source = rows::source(engine, EVENT_COLUMNS);
    let of = |name, kind| rows::value(engine, (name, kind));
    let (id, name, subject) = (of("id", "uuid"), of("name", "text"), of("subject", "uuid"));
    let (stream, back) = (of("stream", "text"), of("back", "bigint"));
    let (body, at) = (of("body", "json"), of("at", "bigint"));
    let streams = engine.pick("streams", "commerce_streams");
    let seq = if streamed {
        format!("(select t.top - {back} from {streams} t where t.name = {stream})")
    } else {
        "null".to_owned()
    };
    let sql = format!(
        "insert into commerce_events (id, name, subject, stream, seq, body, at)
         select {id}, {name}, {subject}, {stream}, {seq}, {body}, {at} from {source} where {{gate}}"
    );
    Ok(Step::new(sql, [Steps::rows(&rows)?]))
}

fn event_row<'a>(event: &'a Event, later: &mut BTreeMap<&'a str, i64>) -> EventRow<'a> {
    let back = event.stream.as_deref().map_or(0, |stream| {
        let count = later.entry(stream).or_default();
        let back = *count;
        *count = count.saturating_add(1);
        back
    });
    EventRow {
        id: event.id,
        name: event.name,
        subject: event.subject,
        stream: event.stream.as_deref(),
        back,
        body: &event.body,
        at: micros(event.at),
    }
}

fn delivery_rows<'a>(db: &'a Db, event: &'a Event) -> impl Iterator<Item = DeliveryRow<'a>> {
    db.subscribers(event.name).iter().map(|subscriber| DeliveryRow {
        id: delivery_id(event.id, subscriber),
        event: event.id,
        subscriber,
    })
}

/// The same event and subscriber always make the same delivery: the event's id, its last eight bytes mixed with the
/// FNV-1a hash of the subscriber's name.
fn delivery_id(event: Uuid, subscriber: &str) -> Uuid {
    let hash = subscriber.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (high, low) = event.as_u64_pair();
    Uuid::from_u64_pair(high, low ^ hash)
}
