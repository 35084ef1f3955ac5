//! Claims on a stretch of a resource's time, and the one row a resource has under which they are made.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        run_on(manager, POSTGRES, SQLITE).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on(manager, POSTGRES_DOWN, SQLITE_DOWN).await?;
        run(manager, DOWN).await
    }
}

/// `live` says of a claim on time whether it keeps others away. Indexes ask it and not `state`, which would have
/// PostgreSQL write every claim on stock into its index anew whenever it is kept or released.
const UP: &str = "
alter table commerce_claims add column starts_at bigint;
alter table commerce_claims add column ends_at bigint constraint commerce_claims_span
    check ((starts_at is null) = (ends_at is null) and ends_at > starts_at);
alter table commerce_claims add column live {bool} constraint commerce_claims_live
    check ((live is null) = (starts_at is null) and live = (state <> 'released'));
create index commerce_claims_calendar on commerce_claims (resource, ends_at, starts_at) where live;

create table commerce_calendars (
    resource {uuid} not null,
    moves bigint not null,
    constraint commerce_calendars_pkey primary key (resource)
) {strict};
";

/// The calendar's row lock keeps claims apart; these are there in case somebody goes past it.
const POSTGRES: &str = "
create extension if not exists btree_gist;
alter table commerce_claims add constraint commerce_claims_no_overlap
    exclude using gist (resource with =, int8range(starts_at, ends_at, '[)') with &&) where (live);
alter table commerce_calendars set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02);
";

const SQLITE: &str = "
create trigger commerce_claims_no_overlap_made before insert on commerce_claims when new.live begin
    select raise(abort, 'commerce_claims_no_overlap') where exists (
        select 1 from commerce_claims c where c.resource = new.resource and c.live and c.id <> new.id
        and c.ends_at > new.starts_at and c.starts_at < new.ends_at);
end;
create trigger commerce_claims_no_overlap_moved
before update of resource, starts_at, ends_at, live on commerce_claims when new.live begin
    select raise(abort, 'commerce_claims_no_overlap') where exists (
        select 1 from commerce_claims c where c.resource = new.resource and c.live and c.id <> new.id
        and c.ends_at > new.starts_at and c.starts_at < new.ends_at);
end;
";

const POSTGRES_DOWN: &str = "
alter table commerce_claims drop constraint commerce_claims_no_overlap;
";

const SQLITE_DOWN: &str = "
drop trigger commerce_claims_no_overlap_moved;
drop trigger commerce_claims_no_overlap_made;
";

/// A claim on time without its time would be one on stock that nobody has.
const DOWN: &str = "
delete from commerce_claims where starts_at is not null;
drop table commerce_calendars;
drop index commerce_claims_calendar;
alter table commerce_claims drop column live;
alter table commerce_claims drop column ends_at;
alter table commerce_claims drop column starts_at;
";
