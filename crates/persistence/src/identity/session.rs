//! Sessions in a table.

use commerce::{SessionId, StoreError, Stored, Version};
use identity::{End, Ended, Fingerprint, Session};
use sea_orm::{Set, entity::prelude::*};

use crate::{
    record::Record,
    sql::{micros, timestamp},
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub user_id: Uuid,
    pub epoch: i64,
    pub current_hash: Vec<u8>,
    pub previous_hash: Option<Vec<u8>>,
    pub rotated_at: Option<i64>,
    pub agent: Option<String>,
    pub address: Option<String>,
    pub created_at: i64,
    pub last_used_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub ended_why: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Session {
    type Table = Entity;
    type Row = ActiveModel;

    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self, Version(version): Version) -> ActiveModel {
        let (previous, rotated_at) = self.previous.unzip();
        ActiveModel {
            id: Set(self.id.uuid()),
            version: Set(version),
            user_id: Set(self.user.uuid()),
            epoch: Set(self.epoch),
            current_hash: Set(self.current.0.to_vec()),
            previous_hash: Set(previous.map(|Fingerprint(hash)| hash.to_vec())),
            rotated_at: Set(rotated_at.map(micros)),
            agent: Set(self.agent.clone()),
            address: Set(self.address.clone()),
            created_at: Set(micros(self.created_at)),
            last_used_at: Set(micros(self.last_used_at)),
            expires_at: Set(micros(self.expires_at)),
            ended_at: Set(self.ended.map(|ended| micros(ended.at))),
            ended_why: Set(self.ended.map(|ended| ended.why.as_str().to_owned())),
        }
    }

    fn from_row(row: Model) -> Result<Stored<Self>, StoreError> {
        let rotated_at = row.rotated_at.map(timestamp).transpose()?;
        let previous = row.previous_hash.map(fingerprint).transpose()?.zip(rotated_at);
        let why = row.ended_why.as_deref().map(|why| {
            End::parse(why).ok_or_else(|| StoreError::new(format!("a session ended by `{why}`")))
        });
        let ended = row
            .ended_at
            .map(timestamp)
            .transpose()?
            .zip(why.transpose()?)
            .map(|(at, why)| Ended { at, why });
        let session = Self {
            id: SessionId::from_uuid(row.id),
            user: row.user_id.into(),
            epoch: row.epoch,
            current: fingerprint(row.current_hash)?,
            previous,
            agent: row.agent,
            address: row.address,
            created_at: timestamp(row.created_at)?,
            last_used_at: timestamp(row.last_used_at)?,
            expires_at: timestamp(row.expires_at)?,
            ended,
        };
        Ok(Stored { state: session, version: Version(row.version) })
    }
}

fn fingerprint(bytes: Vec<u8>) -> Result<Fingerprint, StoreError> {
    let hash = bytes.try_into().map_err(|_| StoreError::new("a hash is not 32 bytes long"))?;
    Ok(Fingerprint(hash))
}
