//! Finding sessions, and the one query behind every request of a person who is signed in.

use async_trait::async_trait;
use commerce::{Page, PageRequest, SessionId, StoreError, Timestamp, UserId};
use identity::{Era, Session, Sessions, Standing};
use sea_orm::{EntityTrait, QueryResult, Value, entity::prelude::*};

use super::{session::Entity, user::role};
use crate::{
    Db, cursor, failure,
    record::Record,
    sql::{get, micros, time},
};

const STANDING: &str = "select s.epoch, s.ended_at, s.expires_at, s.user_id, \
    u.epoch as user_epoch, u.spared_session, u.role, u.disabled_at \
    from identity_sessions s join identity_users u on u.id = s.user_id where s.id = $1";

const LIVE: &str = "select s.* from identity_sessions s join identity_users u on u.id = s.user_id \
    where s.user_id = $1 and ($2 is null or s.id < $2) and s.ended_at is null \
    and s.expires_at > $3 and (s.epoch = u.epoch or s.id = u.spared_session) \
    order by s.id desc limit $4";

const FORGET: &str = "delete from identity_sessions where id in \
    (select id from identity_sessions where expires_at < $1 order by expires_at limit $2)";

#[async_trait]
impl Sessions for Db {
    async fn standing(&self, id: SessionId) -> Result<Option<Standing>, StoreError> {
        let row = self.row(STANDING, [id.uuid().into()]).await?;
        row.map(|row| standing(id, &row)).transpose()
    }

    async fn live_sessions(
        &self,
        user: UserId,
        now: Timestamp,
        page: PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        let before: Option<Uuid> = cursor::after(&page)?;
        let values: [Value; 4] =
            [user.uuid().into(), before.into(), micros(now).into(), cursor::rows(&page).into()];
        let query = Entity::find().from_raw_sql(self.statement(LIVE, values));
        let rows = query.all(self).await.map_err(failure::read)?;
        let sessions = rows.into_iter().map(|row| Ok(Session::from_row(row)?.state));
        let sessions = sessions.collect::<Result<_, StoreError>>()?;
        cursor::page(&page, sessions, |session| session.id.uuid())
    }

    async fn forget_sessions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.execute(FORGET, [micros(before).into(), i64::from(limit).into()]).await
    }
}

fn standing(session: SessionId, row: &QueryResult) -> Result<Standing, StoreError> {
    let spared: Option<Uuid> = get(row, "spared_session")?;
    let name: String = get(row, "role")?;
    Ok(Standing {
        session,
        epoch: get(row, "epoch")?,
        ended: get::<Option<i64>>(row, "ended_at")?.is_some(),
        expires_at: time(row, "expires_at")?,
        user: UserId::from_uuid(get(row, "user_id")?),
        era: Era { epoch: get(row, "user_epoch")?, spared: spared.map(SessionId::from_uuid) },
        role: role(&name)?,
        disabled: get::<Option<i64>>(row, "disabled_at")?.is_some(),
    })
}
