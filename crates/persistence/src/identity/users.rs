//! Finding accounts.

use async_trait::async_trait;
use commerce::{Page, PageRequest, StoreError, Stored, UserId};
use identity::{Email, User, UserFilter, UserRow, Users};
use sea_orm::{QueryResult, Value, entity::prelude::*};

use super::user::{Column, Entity, role};
use crate::{
    Db, cursor, failure,
    record::Record,
    sql::{get, time, timestamp},
};

/// Above every letter an address is made of.
const LAST: char = '\u{10ffff}';

const LIST: &str = "select id, email, name, role, verified_at, disabled_at, created_at \
    from identity_users where ($1 is null or id < $1) \
    and email_key >= $2 and email_key < $3 and ($4 is null or role = $4) \
    order by id desc limit $5";

#[async_trait]
impl Users for Db {
    async fn by_email(&self, email: &Email) -> Result<Option<Stored<User>>, StoreError> {
        let query = Entity::find().filter(Column::EmailKey.eq(email.key()));
        let row = query.one(self).await.map_err(failure::read)?;
        row.map(User::from_row).transpose()
    }

    async fn list_users(
        &self,
        filter: UserFilter,
        page: PageRequest,
    ) -> Result<Page<UserRow>, StoreError> {
        let before: Option<Uuid> = cursor::after(&page)?;
        let prefix = filter.email.unwrap_or_default().to_ascii_lowercase();
        let beyond = format!("{prefix}{LAST}");
        let values: [Value; 5] = [
            before.into(),
            prefix.into(),
            beyond.into(),
            filter.role.map(|role| role.as_str().to_owned()).into(),
            cursor::rows(&page).into(),
        ];
        let rows = self.rows(LIST, values).await?;
        let users = rows.iter().map(user).collect::<Result<_, _>>()?;
        cursor::page(&page, users, |user| user.id.uuid())
    }
}

fn user(row: &QueryResult) -> Result<UserRow, StoreError> {
    let moment = |column| get::<Option<i64>>(row, column)?.map(timestamp).transpose();
    let name: String = get(row, "role")?;
    Ok(UserRow {
        id: UserId::from_uuid(get(row, "id")?),
        email: get(row, "email")?,
        name: get(row, "name")?,
        role: role(&name)?,
        verified_at: moment("verified_at")?,
        disabled_at: moment("disabled_at")?,
        created_at: time(row, "created_at")?,
    })
}
