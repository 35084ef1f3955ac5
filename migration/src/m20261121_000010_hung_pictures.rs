//! Since when a picture hangs where it hangs or nowhere, and which was the first of those that replaced each other.

use sea_orm_migration::prelude::*;

use crate::dialect;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, DOWN).await
    }
}

/// `stem_id` is null where a picture replaced none. What hangs nowhere is swept by `hung_at`.
const UP: &str = "
alter table media_images add column stem_id {uuid};
alter table media_images add column hung_at bigint not null default 0;
update media_images set hung_at = case when state = 'stored' then state_at else created_at end;
drop index media_images_unused;
create index media_images_unused on media_images (hung_at) where state = 'stored' and holder_id is null;
";

const DOWN: &str = "
drop index media_images_unused;
alter table media_images drop column hung_at;
alter table media_images drop column stem_id;
create index media_images_unused on media_images (created_at) where state = 'stored' and holder_id is null;
";
