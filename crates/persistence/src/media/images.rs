//! Finding images: by their owner, and those somebody must look after.

use async_trait::async_trait;
use commerce::{Page, PageRequest, StoreError, Stored, Timestamp, UserId};
use media::{Image, ImageId, Images};
use sea_orm::{EntityTrait, QueryResult, Value, entity::prelude::*};

use super::image::Entity;
use crate::{
    Db, cursor, failure,
    record::Record,
    sql::{get, micros},
};

const STALE: &str = "select id from media_images where state = 'uploading' and state_at <= $1 \
    order by state_at limit $2";

const UNUSED: &str = "select id from media_images where state = 'stored' and holder_id is null \
    and hung_at < $1 order by hung_at limit $2";

const COUNT_UNUSED: &str = "select count(*) as n from media_images where owner_id = $1 \
    and state in ('uploading', 'stored') and holder_id is null";

const OF_OWNER: &str = "select * from media_images where owner_id = $1 and state = 'stored' \
    and ($2 is null or id < $2) order by id desc limit $3";

#[async_trait]
impl Images for Db {
    async fn stale_uploads(&self, now: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError> {
        ids(&self.rows(STALE, [micros(now).into(), i64::from(limit).into()]).await?)
    }

    async fn unused(&self, before: Timestamp, limit: u32) -> Result<Vec<ImageId>, StoreError> {
        ids(&self.rows(UNUSED, [micros(before).into(), i64::from(limit).into()]).await?)
    }

    async fn count_unused(&self, owner: UserId) -> Result<u64, StoreError> {
        let row = self.row(COUNT_UNUSED, [owner.uuid().into()]).await?;
        let row = row.ok_or_else(failure::missing)?;
        u64::try_from(get::<i64>(&row, "n")?).map_err(StoreError::new)
    }

    async fn images_of(
        &self,
        owner: UserId,
        page: PageRequest,
    ) -> Result<Page<Stored<Image>>, StoreError> {
        let before: Option<Uuid> = cursor::after(&page)?;
        let values: [Value; 3] = [owner.uuid().into(), before.into(), cursor::rows(&page).into()];
        let images = self.images(OF_OWNER, values).await?;
        cursor::page(&page, images, |stored| stored.state.id.uuid())
    }
}

impl Db {
    pub(super) async fn images(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Stored<Image>>, StoreError> {
        let query = Entity::find().from_raw_sql(self.statement(sql, values));
        let rows = query.all(self).await.map_err(failure::read)?;
        rows.into_iter().map(Image::from_row).collect()
    }
}

fn ids(rows: &[QueryResult]) -> Result<Vec<ImageId>, StoreError> {
    rows.iter().map(|row| Ok(ImageId::from_uuid(get(row, "id")?))).collect()
}
