//! Deliveries: leased to one worker at a time; a lease that ran out makes the delivery due again.

use std::time::Duration;

use async_trait::async_trait;
use commerce::{
    CommitError, Page, PageRequest, StoreError,
    event::{Backlog, DeadLetter, Delivery, Outbox, Outcome},
};
use sea_orm::QueryResult;
use serde::Serialize;
use uuid::Uuid;

use super::Told;
use crate::{
    Db, Engine, Step, Steps, commit, cursor,
    rows::{self, Column},
    sql::{self, get, micros},
};

/// `attempts` grows with each lease, so it tells one lease of a delivery from the next.
const KEY: &[Column] = &[("id", "uuid"), ("attempts", "bigint")];

#[derive(Serialize)]
struct Key {
    id: Uuid,
    attempts: u32,
}

#[async_trait]
impl Outbox for Db {
    async fn lease(
        &self,
        subscribers: &[&str],
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<Delivery>, StoreError> {
        let engine = self.engine();
        let sql = lease_sql(engine).replace("{now}", engine.now());
        let subscribers = serde_json::to_string(subscribers).map_err(StoreError::new)?;
        let lease = i64::try_from(lease.as_micros()).unwrap_or(i64::MAX);
        let values = [subscribers.into(), i64::from(limit).into(), lease.into()];
        self.write_rows(&sql, values).await?.iter().map(delivery).collect()
    }

    async fn settle(&self, outcomes: &[(Delivery, Outcome)]) -> Result<(), StoreError> {
        let mut steps = Steps::new(self.engine());
        settle_steps(outcomes, &mut steps).map_err(StoreError::new)?;
        match commit::write_steps(self, steps, Told::default()).await {
            Err(CommitError::Store(error)) => Err(error),
            Err(error) => Err(StoreError::new(error)),
            Ok(()) => Ok(()),
        }
    }

    async fn dead_letters(&self, page: PageRequest) -> Result<Page<DeadLetter>, StoreError> {
        let (at, id) = cursor::after(&page)?.unwrap_or((i64::MAX, Uuid::max()));
        let rows = self
            .rows(
                "select d.id, d.event, d.subscriber, d.attempts, e.name, e.subject, e.body, e.at,
                        coalesce(d.error, '') as error, d.died_at
                 from commerce_deliveries d join commerce_events e on e.id = d.event
                 where d.state = 'dead' and (d.died_at, d.id) < ($2, $3)
                 order by d.died_at desc, d.id desc limit $1",
                [cursor::rows(&page).into(), at.into(), id.into()],
            )
            .await?;
        let letters = rows.iter().map(dead_letter).collect::<Result<Vec<_>, _>>()?;
        cursor::page(&page, letters, |letter| (micros(letter.died_at), letter.delivery.id))
    }

    async fn replay(&self, delivery: Uuid) -> Result<bool, StoreError> {
        let sql = format!(
            "update commerce_deliveries set state = 'waiting', attempts = 0, run_at = {}, died_at = null
             where id = $1 and state = 'dead'",
            self.engine().now()
        );
        let replayed = self.execute(&sql, [delivery.into()]).await? == 1;
        if replayed {
            self.ring();
        }
        Ok(replayed)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let sql = format!(
            "select count(*) as waiting, min(case when run_at <= {} then run_at end) as oldest,
             (select count(*) from commerce_deliveries where state = 'dead') as dead
             from commerce_deliveries where state = 'waiting'",
            self.engine().now()
        );
        let Some(row) = self.row(&sql, []).await? else { return Ok(Backlog::default()) };
        let (waiting, dead): (i64, i64) = (get(&row, "waiting")?, get(&row, "dead")?);
        let oldest: Option<i64> = get(&row, "oldest")?;
        Ok(Backlog {
            waiting: waiting.try_into().unwrap_or_default(),
            oldest: oldest.map(sql::timestamp).transpose()?,
            dead: dead.try_into().unwrap_or_default(),
        })
    }
}

/// `$1` names the subscribers, `$2` is how many, `$3` for how many microseconds.
fn lease_sql(engine: Engine) -> &'static str {
    engine.pick(
        "with due as materialized (
           select id from commerce_deliveries
           where state = 'waiting' and run_at <= {now}
             and subscriber in (select json_array_elements_text(cast($1 as json)))
           order by run_at, id limit $2 for update skip locked
         ), leased as (
           update commerce_deliveries d set attempts = d.attempts + 1, run_at = {now} + $3
           where d.id = any(array(select id from due))
           returning d.id, d.event, d.subscriber, d.attempts
         )
         select l.id, l.event, l.subscriber, l.attempts, e.name, e.subject, e.body, e.at
         from leased l join commerce_events e on e.id = l.event order by e.at, e.id",
        "update commerce_deliveries set attempts = attempts + 1, run_at = {now} + $3
         where id in (
           select id from commerce_deliveries
           where state = 'waiting' and run_at <= {now}
             and subscriber in (select value from json_each($1))
           order by run_at, id limit $2)
         returning id, event, subscriber, attempts,
           (select e.name from commerce_events e where e.id = event) as name,
           (select e.subject from commerce_events e where e.id = event) as subject,
           (select e.body from commerce_events e where e.id = event) as body,
           (select e.at from commerce_events e where e.id = event) as at",
    )
}

/// A delivery that was leased again meanwhile is left alone.
fn settle_steps(outcomes: &[(Delivery, Outcome)], steps: &mut Steps) -> Result<(), CommitError> {
    let done = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Done);
    let done: Vec<_> = done.map(|(d, _)| Key { id: d.id, attempts: d.attempts }).collect();
    if !done.is_empty() {
        steps.push(done_step(steps.engine(), &done)?);
    }
    for (delivery, outcome) in outcomes {
        let key = [delivery.id.into(), i64::from(delivery.attempts).into()];
        match outcome {
            Outcome::Done => {}
            Outcome::GivenBack => {
                let sql = format!(
                    "update commerce_deliveries set run_at = {}, attempts = attempts - 1
                     where id = $1 and attempts = $2 and state = 'waiting' and {{gate}}",
                    steps.engine().now()
                );
                steps.push(Step::new(sql, key));
            }
            Outcome::Later { at, error } => steps.push(Step::new(
                "update commerce_deliveries set run_at = $3, error = $4
                 where id = $1 and attempts = $2 and state = 'waiting' and {gate}",
                key.into_iter().chain([micros(*at).into(), error.clone().into()]),
            )),
            Outcome::Dead { error } => {
                let sql = format!(
                    "update commerce_deliveries set state = 'dead', error = $3, died_at = {}
                     where id = $1 and attempts = $2 and state = 'waiting' and {{gate}}",
                    steps.engine().now()
                );
                steps.push(Step::new(sql, key.into_iter().chain([error.clone().into()])));
            }
        }
    }
    Ok(())
}

/// What is delivered needs no row any more; the event stays.
fn done_step(engine: Engine, done: &[Key]) -> Result<Step, CommitError> {
    let source = rows::source(engine, KEY);
    let (id, attempts) =
        (rows::value(engine, ("id", "uuid")), rows::value(engine, ("attempts", "bigint")));
    let ids = format!("select {id} from {source}");
    let found = engine.pick(format!("id = any(array({ids}))"), format!("id in ({ids})"));
    let sql = format!(
        "delete from commerce_deliveries where {found} and state = 'waiting'
         and (id, attempts) in (select {id}, {attempts} from {source}) and {{gate}}"
    );
    Ok(Step::new(sql, [Steps::rows(done)?]))
}

fn delivery(row: &QueryResult) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: get(row, "id")?,
        event: get(row, "event")?,
        subscriber: get(row, "subscriber")?,
        name: get(row, "name")?,
        subject: get(row, "subject")?,
        body: get(row, "body")?,
        at: sql::time(row, "at")?,
        attempts: u32::try_from(get::<i64>(row, "attempts")?).unwrap_or(u32::MAX),
    })
}

fn dead_letter(row: &QueryResult) -> Result<DeadLetter, StoreError> {
    let died_at = sql::time(row, "died_at")?;
    Ok(DeadLetter { delivery: delivery(row)?, error: get(row, "error")?, died_at })
}
