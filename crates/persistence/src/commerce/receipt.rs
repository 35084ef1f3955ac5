//! Receipts: the proof that a request was carried out, written with what it did.

use async_trait::async_trait;
use commerce::{Answer, CommitError, Receipt, Receipts, RequestKey, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Db, Step, failure,
    sql::{get, micros},
    step::{Refusal, json},
};

/// Receipts are forgotten this many at a time, so that no row stays locked for long.
const BATCH: i64 = 1_000;

#[derive(Serialize, Deserialize)]
struct AnswerDoc {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// A receipt without an answer may be completed once; every other second one is refused.
pub fn step(receipt: &Receipt) -> Result<Step, CommitError> {
    let answer = receipt.answer.as_ref().map(|answer| AnswerDoc {
        status: answer.status,
        headers: answer.headers.clone(),
        body: answer.body.clone(),
    });
    let answer = match answer {
        Some(answer) => json(&answer)?,
        None => Option::<String>::None.into(),
    };
    let RequestKey { scope, key, hash } = receipt.request.clone();
    Ok(Step::new(
        "insert into commerce_receipts as kept (scope, key, hash, subject, answer)
         select $1, $2, $3, $4, cast($5 as {json}) where {gate}
         on conflict (scope, key) do update set hash = excluded.hash, answer = excluded.answer
         where kept.answer is null and kept.subject = excluded.subject",
        [scope.into(), key.into(), hash.into(), receipt.subject.into(), answer],
    )
    .or(Refusal::AlreadyDone))
}

#[async_trait]
impl Receipts for Db {
    async fn find_receipt(&self, scope: &str, key: &str) -> Result<Option<Receipt>, StoreError> {
        let row = self
            .row(
                "select hash, subject, answer as answer from commerce_receipts where scope = $1 and key = $2",
                [scope.into(), key.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let doc: Option<serde_json::Value> = get(&row, "answer")?;
        let answer = doc.map(serde_json::from_value::<AnswerDoc>).transpose();
        let answer = answer.map_err(failure::corrupt)?.map(|doc| Answer {
            status: doc.status,
            headers: doc.headers,
            body: doc.body,
        });
        let request =
            RequestKey { scope: scope.to_owned(), key: key.to_owned(), hash: get(&row, "hash")? };
        Ok(Some(Receipt { request, subject: get(&row, "subject")?, answer }))
    }

    async fn forget_receipts(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(
            "delete from commerce_receipts where (scope, key) in
             (select scope, key from commerce_receipts where at < $1 order by at limit $2)",
            [micros(before).into(), BATCH.into()],
        )
        .await
    }
}
