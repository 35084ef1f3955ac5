//! Claims on time: a commit takes the calendars of its resources in id order, then looks, then writes.

use std::collections::BTreeSet;

use async_trait::async_trait;
use commerce::{
    ClaimMove, ClaimState, CommitError, ResourceId, Span, StoreError,
    claim::{Busy, Calendars},
};
use sea_orm::{QueryResult, Value};
use serde::Serialize;
use uuid::Uuid;

use super::claim::moment;
use crate::{
    Db, Step, Steps, failure,
    rows::{self, Column},
    sql::{self, Binds, micros},
    step::Refusal,
};

const CALENDAR_COLUMNS: &[Column] = &[("resource", "uuid"), ("moves", "bigint")];

#[derive(Serialize)]
struct CalendarRow {
    resource: Uuid,
    moves: i64,
}

/// A move of a claim on time.
struct Turn<'a> {
    moved: &'a ClaimMove,
    span: Span,
}

/// All moves are judged as they leave things: claims of this commit against each other here, and against everybody
/// else's by the steps, which overlook the claims that the commit itself moves.
pub fn steps(claims: &[ClaimMove], steps: &mut Steps) -> Result<(), CommitError> {
    let turn = |moved| -> Option<Turn<'_>> { Some(Turn { moved, span: moved.claim.span? }) };
    let turns: Vec<_> = claims.iter().filter_map(turn).collect();
    if turns.is_empty() {
        return Ok(());
    }
    let rivals = rivals(&turns);
    if !rivals.is_empty() {
        return Err(CommitError::OutOfStock(rivals));
    }
    steps.push(lock(&turns, steps)?);
    for turn in turns.iter().filter(|turn| turn.claims_again()) {
        steps.push(turn.still_released());
    }
    // Only a statement that begins now sees what those wrote who had the calendars before.
    steps.barrier();
    let (later, first): (Vec<_>, Vec<_>) = turns.iter().partition(|turn| turn.claims_anew());
    first.iter().for_each(|turn| steps.push(turn.moves_on()));
    let moved: Vec<Uuid> = turns.iter().filter_map(Turn::moved_id).collect();
    later.iter().for_each(|turn| steps.push(turn.claims(&moved)));
    Ok(())
}

fn rivals(turns: &[Turn<'_>]) -> Vec<ResourceId> {
    let claims = || turns.iter().map(|turn| &turn.moved.claim);
    let taken = claims().filter(|claim| claims().any(|other| claim.rivals(other)));
    taken.map(|claim| claim.resource).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A resource's calendar begins with the first claim on it.
fn lock(turns: &[Turn<'_>], steps: &Steps) -> Result<Step, CommitError> {
    let resources: BTreeSet<_> = turns.iter().map(|turn| turn.moved.claim.resource).collect();
    let row = |resource: ResourceId| CalendarRow { resource: resource.uuid(), moves: 1 };
    let rows: Vec<_> = resources.into_iter().map(row).collect();
    let tail =
        "order by 1 on conflict (resource) do update set moves = commerce_calendars.moves + 1";
    rows::insert(steps, "commerce_calendars", CALENDAR_COLUMNS, &rows, tail)
}

impl Turn<'_> {
    /// Time that was given back is wanted again.
    fn claims_again(&self) -> bool {
        matches!(self.moved.from, Some(ClaimState::Released { .. })) && self.moved.claim.is_live()
    }

    fn claims_anew(&self) -> bool {
        self.moved.from.is_none() || self.claims_again()
    }

    fn moved_id(&self) -> Option<Uuid> {
        self.moved.from.map(|_| self.moved.claim.id.uuid())
    }

    fn still_released(&self) -> Step {
        let sql = "update commerce_claims set moment = moment where id = $1 and state = 'released' \
            and starts_at = $2 and ends_at = $3 and {gate}";
        let Turn { moved, span } = self;
        Step::new(sql, [moved.claim.id.uuid().into(), starts(*span), ends(*span)])
            .or(Refusal::Stale)
    }

    /// Keeps or gives back what is held.
    fn moves_on(&self) -> Step {
        let Turn { moved: ClaimMove { claim, from }, span } = self;
        let sql = "update commerce_claims set state = $3, moment = $4, live = $5 \
            where id = $1 and state = $2 and starts_at = $6 and ends_at = $7 and {gate}";
        let values = [
            claim.id.uuid().into(),
            from.map_or("", ClaimState::name).into(),
            claim.state.name().into(),
            moment(claim.state).into(),
            claim.is_live().into(),
            starts(*span),
            ends(*span),
        ];
        Step::new(sql, values).or(Refusal::Stale)
    }

    /// Makes the claim, or makes it again, if nobody else has the time.
    fn claims(&self, moved: &[Uuid]) -> Step {
        let Turn { moved: ClaimMove { claim, from }, span } = self;
        let mut binds = Binds::default();
        let id = binds.add(claim.id.uuid());
        let (state, at) = (binds.add(claim.state.name()), binds.add(moment(claim.state)));
        let resource = binds.add(claim.resource.uuid());
        let (from_at, to_at) = (binds.add(starts(*span)), binds.add(ends(*span)));
        let own: Vec<_> = std::iter::once(id.clone())
            .chain(moved.iter().filter(|other| **other != claim.id.uuid()).map(|o| binds.add(*o)))
            .collect();
        let free = format!(
            "not exists (select 1 from commerce_claims c where c.resource = {resource} and c.live \
             and c.ends_at > {from_at} and c.starts_at < {to_at} and c.id not in ({}))",
            own.join(", ")
        );
        let sql = if from.is_some() {
            format!(
                "update commerce_claims set state = {state}, moment = {at}, live = true \
                 where id = {id} and state = 'released' and {free} and {{gate}}"
            )
        } else {
            let (holder, units) = (binds.add(claim.holder), binds.add(claim.units));
            let live = binds.add(claim.is_live());
            format!(
                "insert into commerce_claims \
                 (id, resource, holder, units, state, moment, starts_at, ends_at, live) \
                 select {id}, {resource}, {holder}, {units}, {state}, {at}, {from_at}, {to_at}, {live} \
                 where {free} and {{gate}}"
            )
        };
        Step::new(sql, binds.0).or(Refusal::OutOfStock(claim.resource))
    }
}

fn starts(span: Span) -> Value {
    micros(span.starts_at()).into()
}

fn ends(span: Span) -> Value {
    micros(span.ends_at()).into()
}

#[async_trait]
impl Calendars for Db {
    async fn busy(&self, resources: &[ResourceId], within: Span) -> Result<Vec<Busy>, StoreError> {
        if resources.is_empty() {
            return Ok(Vec::new());
        }
        let mut binds = Binds::default();
        let (from, to) = (binds.add(starts(within)), binds.add(ends(within)));
        let among = binds.among(resources.iter().map(|resource| resource.uuid()));
        let sql = format!(
            "select resource, starts_at, ends_at from commerce_claims where resource in ({among}) \
             and live and ends_at > {from} and starts_at < {to} order by resource, ends_at"
        );
        self.rows(&sql, binds.0).await?.iter().map(busy).collect()
    }
}

fn busy(row: &QueryResult) -> Result<Busy, StoreError> {
    let resource: Uuid = sql::get(row, "resource")?;
    let span = Span::try_new(sql::time(row, "starts_at")?, sql::time(row, "ends_at")?);
    Ok(Busy { resource: resource.into(), span: span.map_err(failure::corrupt)? })
}
