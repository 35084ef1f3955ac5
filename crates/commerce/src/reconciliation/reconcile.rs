//! Reconcile a provider: list its record, judge each line, look for what it lacks, and write down how it stands.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{SubsecRound, TimeDelta};
use serde_json::json;
use tracing::{error, info};
use uuid::{Builder, Uuid};

use super::{
    Concluded, LineFilter, ReconcileError, Reconciled, ReconciliationSettings, Reconciliations,
    Standing, Unseen,
    entry::posting_kinds,
    join::{Known, Lines},
};
use crate::{
    Account, CommitError, Effects, Env, Event, PageRequest, StoreError, Timestamp,
    payment::{Gateways, Statement, StatementAsk, StatementLine},
};

/// So much is listed at once: some providers cut long lists off.
const SLICE: TimeDelta = TimeDelta::days(1);

/// How many lines are judged in one commit.
const BATCH: u32 = 100;

/// How often a page is judged again when another run was quicker.
const TRIES: u32 = 5;

/// Everything that reconciling needs; clones share it.
#[derive(Clone)]
pub struct Reconciliation {
    pub lines: Arc<dyn Reconciliations>,
    pub gateways: Gateways,
    pub env: Env,
    pub settings: ReconciliationSettings,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub provider: String,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Lines that were listed, those seen before included.
    pub listed: usize,
}

impl Reconciliation {
    /// Harmless however often, and beside another run.
    pub async fn reconcile(&self, provider: &str) -> Result<Run, ReconcileError> {
        let gateway = self.gateways.get(provider);
        let gateway = gateway.ok_or_else(|| ReconcileError::NoProvider(provider.to_owned()))?;
        let statement = gateway.statement();
        let statement =
            statement.ok_or_else(|| ReconcileError::NoStatement(provider.to_owned()))?;
        let now = self.env.now();
        let before = self.standing(provider).await?;
        let (from, until) = self.window(before.as_ref(), now);
        let (listed, complete) = self.list(provider, statement, (from, until)).await?;
        let since = before.map_or(from, |standing| standing.run.since.min(from));
        self.look_again(provider).await?;
        self.look_for_ours(provider, statement, since, (from, complete)).await?;
        self.alarm(provider).await?;
        let run =
            Concluded { provider: provider.to_owned(), since, from, until: complete, ran_at: now };
        self.lines.conclude(&run).await?;
        info!(provider, %from, until = %complete, listed, "a provider was reconciled");
        Ok(Run { provider: provider.to_owned(), from, until: complete, listed })
    }

    pub(super) async fn standing(&self, provider: &str) -> Result<Option<Standing>, StoreError> {
        let standings = self.lines.standings().await?;
        Ok(standings.into_iter().find(|standing| standing.run.provider == provider))
    }

    /// Goes back behind the last run, and further while something of ours is missing there: it may come late.
    fn window(&self, before: Option<&Standing>, now: Timestamp) -> (Timestamp, Timestamp) {
        let settings = &self.settings;
        let until = earlier(now, settings.grace).trunc_subsecs(0);
        let furthest = earlier(until, settings.first);
        let Some(before) = before else { return (furthest, until) };
        let missed = before.missing_there_since.unwrap_or(before.run.until);
        let from = earlier(before.run.until.min(missed), settings.overlap).trunc_subsecs(0);
        (from.max(furthest).min(until), until)
    }

    /// Up to when the list is complete.
    async fn list(
        &self,
        provider: &str,
        statement: &dyn Statement,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<(usize, Timestamp), ReconcileError> {
        let (mut listed, mut begin) = (0_usize, from);
        while begin < until {
            let end = begin.checked_add_signed(SLICE).map_or(until, |end| end.min(until));
            let (lines, complete) = self.list_slice(provider, statement, (begin, end)).await?;
            listed = listed.saturating_add(lines);
            // Some refuse to be asked about a time they do not know yet.
            if complete < end {
                return Ok((listed, complete.max(from)));
            }
            begin = end;
        }
        Ok((listed, until))
    }

    async fn list_slice(
        &self,
        provider: &str,
        statement: &dyn Statement,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<(usize, Timestamp), ReconcileError> {
        let (mut listed, mut complete) = (0_usize, until);
        let mut ask = StatementAsk { from, until, cursor: None };
        loop {
            let page = statement.lines(&ask).await?;
            listed = listed.saturating_add(page.lines.len());
            complete = complete.min(page.complete_until);
            self.take(provider, &page.lines).await?;
            if page.next.is_none() {
                return Ok((listed, complete));
            }
            if page.next == ask.cursor {
                return Err(ReconcileError::Circle(provider.to_owned()));
            }
            ask.cursor = page.next;
        }
    }

    /// Judges lines and keeps them. Another run may have booked or explained the same a moment ago.
    async fn take(&self, provider: &str, lines: &[StatementLine]) -> Result<(), ReconcileError> {
        for _ in 1..TRIES {
            match self.try_to_take(provider, lines).await {
                Err(ReconcileError::Commit(CommitError::Exists | CommitError::Taken(_))) => {}
                done => return done,
            }
        }
        self.try_to_take(provider, lines).await
    }

    async fn try_to_take(
        &self,
        provider: &str,
        lines: &[StatementLine],
    ) -> Result<(), ReconcileError> {
        if lines.is_empty() {
            return Ok(());
        }
        let lines = Lines::of(provider, lines);
        let known = self.known(&lines).await?;
        let judged = lines.judge(&known, self.settings.late_after, self.env.now())?;
        if judged.lines.is_empty() && judged.effects.postings.is_empty() {
            return Ok(());
        }
        Ok(self.lines.keep_lines(&judged.lines, judged.effects).await?)
    }

    /// Asks as often for one line as for a hundred.
    async fn known(&self, lines: &Lines<'_>) -> Result<Known, StoreError> {
        let kept = self.lines.kept_lines(&lines.ids()).await?;
        let kept: BTreeMap<_, _> = kept.into_iter().map(|line| (line.id, line)).collect();
        let (ids, names) = (lines.payment_ids(&kept), lines.payment_names());
        let payments = self.lines.payments_known(lines.provider, &ids, &names).await?;
        let mut known = Known { payments, kept, booked: BTreeMap::new() };
        let account = Account::clearing(lines.provider);
        let booked = self.lines.booked(&account, &lines.postings(&known)).await?;
        known.booked = booked.into_iter().map(|booked| (booked.posting, booked)).collect();
        Ok(known)
    }

    /// Judges once more what was not explained, however long ago it was listed.
    async fn look_again(&self, provider: &str) -> Result<(), ReconcileError> {
        let mut cursor = None;
        loop {
            let page = self.unexplained(provider, cursor).await?;
            let told = page.data.into_iter().filter(|row| row.class != super::Class::MissingThere);
            let lines: Vec<_> = told.map(|row| row.line).collect();
            self.take(provider, &lines).await?;
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn unexplained(
        &self,
        provider: &str,
        cursor: Option<String>,
    ) -> Result<crate::Page<Reconciled>, StoreError> {
        let filter = LineFilter { provider: Some(provider.to_owned()), class: None };
        self.lines.list_lines(filter, PageRequest { limit: BATCH, cursor }).await
    }

    /// Keeps what our books have and the record lacks, of the kinds it tells of.
    async fn look_for_ours(
        &self,
        provider: &str,
        statement: &dyn Statement,
        since: Timestamp,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<(), ReconcileError> {
        let kinds = statement.tells().iter().flat_map(|kind| posting_kinds(*kind)).copied();
        let ask = Unseen {
            account: Account::clearing(provider),
            kinds: kinds.collect(),
            from,
            until,
            since: first_id_of(since),
            limit: BATCH,
        };
        if ask.kinds.is_empty() {
            return Ok(());
        }
        loop {
            let unseen = self.lines.unseen(&ask).await?;
            let now = self.env.now();
            let rows: Vec<_> =
                unseen.iter().map(|entry| Reconciled::ours(provider, entry, now)).collect();
            if rows.is_empty() {
                return Ok(());
            }
            self.lines.keep_lines(&rows, Effects::none()).await?;
        }
    }

    /// Tells once of each line that has not been explained for too long.
    async fn alarm(&self, provider: &str) -> Result<(), ReconcileError> {
        let now = self.env.now();
        let old = earlier(now, self.settings.alarm_after);
        let mut cursor = None;
        loop {
            let page = self.unexplained(provider, cursor).await?;
            let untold = |row: &Reconciled| row.alarmed_at.is_none() && row.line.at <= old;
            let mut late: Vec<_> = page.data.into_iter().filter(untold).collect();
            for row in &mut late {
                row.alarmed_at = Some(now);
                let (class, kind, name) =
                    (row.class.as_str(), row.line.kind.as_str(), &row.line.name);
                error!(provider, class, kind, name, at = %row.line.at, "a provider's money is not explained");
            }
            if !late.is_empty() {
                let events = late.iter().map(|row| told(&self.env, row));
                let effects = events.fold(Effects::none(), Effects::tell);
                self.lines.keep_lines(&late, effects).await?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }
}

fn told(env: &Env, row: &Reconciled) -> Event {
    let body = json!({
        "provider": row.provider,
        "class": row.class.as_str(),
        "kind": row.line.kind.as_str(),
        "name": row.line.name,
        "amount": row.line.amount,
        "at": row.line.at,
        "payment": row.payment.map(|payment| payment.to_string()),
    });
    Event::new(env, "reconciliation_unexplained", row.id, body)
}

fn earlier(at: Timestamp, by: TimeDelta) -> Timestamp {
    at.checked_sub_signed(by).unwrap_or(at)
}

/// Before every id that was made at that moment or later.
fn first_id_of(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}
