//! Provider messages: each kept once, with the event that lets the worker act on it.

use async_trait::async_trait;
use commerce::{
    CommitError, Event, StoreError,
    payment::{Inbox, Notice, Reception},
};

use super::{Told, event};
use crate::{
    Db, Step, Steps, commit,
    sql::{get, micros},
    step::{Refusal, json},
};

#[async_trait]
impl Inbox for Db {
    async fn receive(&self, notice: &Notice, event: Event) -> Result<Reception, StoreError> {
        let mut steps = Steps::new(self.engine());
        let mut told = Told::default();
        let prepared = keep(notice).and_then(|step| {
            steps.push(step);
            event::steps(self, &[event], &mut steps, &mut told)
        });
        prepared.map_err(StoreError::new)?;
        match commit::write_steps(self, steps, told).await {
            Ok(()) => Ok(Reception::First),
            Err(CommitError::AlreadyDone) => seen_before(self, notice).await,
            Err(CommitError::Store(error)) => Err(error),
            Err(error) => Err(StoreError::new(error)),
        }
    }

    async fn quarantine(
        &self,
        provider: &str,
        event_id: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.engine().now();
        let sql = format!(
            "insert into commerce_quarantine (provider, event_id, why, digest, payload, at)
             select provider, event_id, $3, digest, payload, {now} from commerce_inbox
             where provider = $1 and event_id = $2
             on conflict (provider, event_id, why, digest) do nothing"
        );
        self.execute(&sql, [provider.into(), event_id.into(), why.into()]).await.map(drop)
    }
}

fn keep(notice: &Notice) -> Result<Step, CommitError> {
    Ok(Step::new(
        "insert into commerce_inbox (provider, event_id, digest, kind, provider_ref, payload, received_at)
         select $1, $2, $3, $4, $5, cast($6 as {json}), $7 where {gate}
         on conflict (provider, event_id) do nothing",
        [
            notice.provider.clone().into(),
            notice.event_id.clone().into(),
            notice.digest.clone().into(),
            notice.kind.clone().into(),
            notice.provider_ref.clone().into(),
            json(&notice.payload)?,
            micros(notice.received_at).into(),
        ],
    )
    .or(Refusal::AlreadyDone))
}

/// The same id with another body is somebody's mistake, or worse; a person looks at it.
async fn seen_before(db: &Db, notice: &Notice) -> Result<Reception, StoreError> {
    let row = db
        .row(
            "select digest from commerce_inbox where provider = $1 and event_id = $2",
            [notice.provider.clone().into(), notice.event_id.clone().into()],
        )
        .await?;
    let digest: Option<String> = row.map(|row| get(&row, "digest")).transpose()?;
    if digest.is_none_or(|digest| digest == notice.digest) {
        return Ok(Reception::Duplicate);
    }
    let sql = format!(
        "insert into commerce_quarantine (provider, event_id, why, digest, payload, at)
         values ($1, $2, 'same id, other body', $3, cast($4 as {}), $5)
         on conflict (provider, event_id, why, digest) do nothing",
        db.engine().json()
    );
    let values = [
        notice.provider.clone().into(),
        notice.event_id.clone().into(),
        notice.digest.clone().into(),
        notice.payload.to_string().into(),
        micros(notice.received_at).into(),
    ];
    db.execute(&sql, values).await?;
    Ok(Reception::Quarantined)
}
