//! Images on their way into the store, in it, and out of it; times are microseconds since 1970.

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
        dialect::run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(manager, "drop table media_images;").await
    }
}

/// `state_at` is until when an upload may last, and since when any other state is so.
const TABLES: &str = "
create table media_images (
    id {uuid} not null,
    version bigint not null,
    owner_id {uuid} not null,
    alt text not null,
    visibility text not null,
    store text not null,
    width bigint not null,
    height bigint not null,
    holder_kind {key},
    holder_id {uuid},
    state text not null,
    state_at bigint not null,
    content {json},
    created_at bigint not null,
    constraint media_images_pkey primary key (id),
    constraint media_images_visibility check (visibility in ('public', 'private')),
    constraint media_images_state check (state in ('uploading', 'stored', 'removing', 'removed')),
    constraint media_images_content check ((state = 'stored') = (content is not null)),
    constraint media_images_holder check ((holder_kind is null) = (holder_id is null)),
    constraint media_images_held check (holder_id is null or state = 'stored')
) {strict};
create index media_images_of_owner on media_images (owner_id, id);
create index media_images_of_holder on media_images (holder_kind, holder_id, id) where holder_id is not null;
create index media_images_uploading on media_images (state_at) where state = 'uploading';
create index media_images_unused on media_images (created_at) where state = 'stored' and holder_id is null;
";
