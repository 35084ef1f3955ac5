//! Accounts in a table; their pending tokens are carried as JSON.

use ::commerce::{Role, SessionId, StoreError, Stored, Version};
use ::identity::{DisplayName, Email, Era, PasswordHash, Pending, User};
use sea_orm::{Set, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    record::Record,
    sql::{micros, timestamp},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub email: String,
    pub email_key: String,
    pub name: String,
    pub role: String,
    pub password_hash: String,
    pub password_changed_at: i64,
    pub verified_at: Option<i64>,
    pub disabled_at: Option<i64>,
    pub epoch: i64,
    pub spared_session: Option<Uuid>,
    pub pending: Json,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was mailed and is waited for.
#[derive(Serialize, Deserialize)]
struct Tokens {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verification: Option<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reset: Option<Pending>,
}

impl Record for User {
    type Table = Entity;
    type Row = ActiveModel;

    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self, Version(version): Version) -> ActiveModel {
        let tokens = Tokens { verification: self.verification.clone(), reset: self.reset.clone() };
        ActiveModel {
            id: Set(self.id.uuid()),
            version: Set(version),
            email: Set(self.email.as_str().to_owned()),
            email_key: Set(self.email.key()),
            name: Set(self.name.as_str().to_owned()),
            role: Set(self.role.as_str().to_owned()),
            password_hash: Set(self.password.as_str().to_owned()),
            password_changed_at: Set(micros(self.password_changed_at)),
            verified_at: Set(self.verified_at.map(micros)),
            disabled_at: Set(self.disabled_at.map(micros)),
            epoch: Set(self.era.epoch),
            spared_session: Set(self.era.spared.map(SessionId::uuid)),
            pending: Set(serde_json::json!(tokens)),
            created_at: Set(micros(self.created_at)),
        }
    }

    fn from_row(row: Model) -> Result<Stored<Self>, StoreError> {
        let tokens: Tokens = serde_json::from_value(row.pending).map_err(StoreError::new)?;
        let era = Era { epoch: row.epoch, spared: row.spared_session.map(SessionId::from_uuid) };
        let user = Self {
            id: row.id.into(),
            email: Email::parse(&row.email).map_err(StoreError::new)?,
            name: DisplayName::parse(&row.name).map_err(StoreError::new)?,
            role: role(&row.role)?,
            password: PasswordHash::new(row.password_hash),
            password_changed_at: timestamp(row.password_changed_at)?,
            verified_at: row.verified_at.map(timestamp).transpose()?,
            disabled_at: row.disabled_at.map(timestamp).transpose()?,
            era,
            verification: tokens.verification,
            reset: tokens.reset,
            created_at: timestamp(row.created_at)?,
        };
        Ok(Stored { state: user, version: Version(row.version) })
    }
}

pub(super) fn role(name: &str) -> Result<Role, StoreError> {
    Role::parse(name).ok_or_else(|| StoreError::new(format!("there is no role `{name}`")))
}
