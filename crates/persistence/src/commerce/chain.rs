//! The chain of the book: links are added behind the writers, who never wait for one another because of it.
//!
//! A posting without a link is looked for among those of the last hour, which every commit is much shorter than;
//! when none is found there, once in a while among all.

use std::{collections::BTreeMap, sync::atomic::Ordering::Relaxed};

use async_trait::async_trait;
use commerce::{
    Clock, CommitError, StoreError,
    ledger::{Chain, Digest, GENESIS, Sealed, SealedEntry, SealedPosting},
};
use sea_orm::QueryResult;
use serde::Serialize;
use uuid::Uuid;

use super::{Told, ledger::hex};
use crate::{
    Db, Steps,
    commit::write_steps,
    failure,
    rows::{self, Column},
    sql::{Binds, get, micros, time},
};

/// The one book there is.
const BOOK: &str = "shop";

const HOUR_US: i64 = 3_600_000_000;

const SEAL_COLUMNS: &[Column] =
    &[("book", "text"), ("seq", "bigint"), ("tx", "uuid"), ("hash", "bytes")];

#[derive(Serialize)]
struct SealRow {
    book: &'static str,
    seq: i64,
    tx: Uuid,
    hash: String,
}

#[async_trait]
impl Chain for Db {
    async fn seal(&self, limit: u32) -> Result<usize, StoreError> {
        let (mut seq, mut hash) = head(self).await?;
        let ids = loose(self, limit).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let mut postings = postings(self, &ids).await?;
        let mut links = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(posting) = postings.remove(&id) else { continue };
            seq = seq.saturating_add(1);
            hash = posting.link(&hash, seq);
            links.push(SealRow { book: BOOK, seq, tx: id, hash: hex(&hash) });
        }
        let mut steps = Steps::new(self.engine());
        let step = rows::insert(&steps, "ledger_seals", SEAL_COLUMNS, &links, "")
            .map_err(StoreError::new)?;
        steps.push(step);
        match write_steps(self, steps, Told::default()).await {
            Ok(()) => Ok(links.len()),
            // Somebody else has added links meanwhile.
            Err(CommitError::Exists | CommitError::Taken(_)) => Ok(0),
            Err(error) => Err(StoreError::new(error)),
        }
    }

    async fn sealed(&self, after: i64, limit: u32) -> Result<Vec<Sealed>, StoreError> {
        let rows = self
            .rows(
                "select seq, tx, hash from ledger_seals where book = $1 and seq > $2 order by seq limit $3",
                [BOOK.into(), after.into(), i64::from(limit).into()],
            )
            .await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| get(row, "tx")).collect::<Result<_, _>>()?;
        let mut postings = postings(self, &ids).await?;
        let sealed = |row: &QueryResult| {
            let tx = get(row, "tx")?;
            let posting = postings.remove(&tx);
            Ok(Sealed { seq: get(row, "seq")?, hash: digest(row, "hash")?, tx, posting })
        };
        rows.iter().map(sealed).collect()
    }

    async fn unsealed(&self) -> Result<u64, StoreError> {
        let sql = "select count(*) as n from ledger_transactions t
             where not exists (select 1 from ledger_seals s where s.tx = t.id)";
        let row = self.row(sql, []).await?.ok_or_else(failure::missing)?;
        Ok(u64::try_from(get::<i64>(&row, "n")?).unwrap_or_default())
    }
}

async fn head(db: &Db) -> Result<(i64, Digest), StoreError> {
    let sql = "select seq, hash from ledger_seals where book = $1 order by seq desc limit 1";
    match db.row(sql, [BOOK.into()]).await? {
        Some(row) => Ok((get(&row, "seq")?, digest(&row, "hash")?)),
        None => Ok((0, GENESIS)),
    }
}

/// Postings without a link, in the order they were posted.
async fn loose(db: &Db, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    let now = micros(db.clock().now());
    let found = loose_since(db, now.saturating_sub(HOUR_US), limit).await?;
    if !found.is_empty() || now.saturating_sub(db.looked_everywhere_at().load(Relaxed)) < HOUR_US {
        return Ok(found);
    }
    let found = loose_since(db, 0, limit).await?;
    if found.is_empty() {
        db.looked_everywhere_at().store(now, Relaxed);
    }
    Ok(found)
}

async fn loose_since(db: &Db, since: i64, limit: u32) -> Result<Vec<Uuid>, StoreError> {
    let rows = db
        .rows(
            "select id from ledger_transactions t where posted_at >= $1
             and not exists (select 1 from ledger_seals s where s.tx = t.id)
             order by posted_at, id limit $2",
            [since.into(), i64::from(limit).into()],
        )
        .await?;
    rows.iter().map(|row| get(row, "id")).collect()
}

/// Postings with all their entries, in two queries.
async fn postings(db: &Db, ids: &[Uuid]) -> Result<BTreeMap<Uuid, SealedPosting>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut binds = Binds::default();
    let among = binds.among(ids.iter().copied());
    let heads = format!(
        "select id, kind, reference, at, reverses, phase, ends from ledger_transactions where id in ({among})"
    );
    let entries = format!(
        "select tx, account, currency, amount, layer from ledger_entries where tx in ({among}) order by tx, line"
    );
    let mut postings = BTreeMap::new();
    for row in db.rows(&heads, binds.0.clone()).await? {
        let posting = posting(&row)?;
        postings.insert(posting.id, posting);
    }
    for row in db.rows(&entries, binds.0).await? {
        if let Some(posting) = postings.get_mut(&get(&row, "tx")?) {
            posting.entries.push(entry(&row)?);
        }
    }
    Ok(postings)
}

fn posting(row: &QueryResult) -> Result<SealedPosting, StoreError> {
    Ok(SealedPosting {
        id: get(row, "id")?,
        kind: get(row, "kind")?,
        reference: get(row, "reference")?,
        at: time(row, "at")?,
        reverses: get(row, "reverses")?,
        phase: get(row, "phase")?,
        ends: get(row, "ends")?,
        entries: Vec::new(),
    })
}

fn entry(row: &QueryResult) -> Result<SealedEntry, StoreError> {
    Ok(SealedEntry {
        account: get(row, "account")?,
        currency: get(row, "currency")?,
        amount: get(row, "amount")?,
        layer: get(row, "layer")?,
    })
}

fn digest(row: &QueryResult, column: &str) -> Result<Digest, StoreError> {
    let bytes: Vec<u8> = get(row, column)?;
    bytes.try_into().map_err(|_| failure::missing())
}
