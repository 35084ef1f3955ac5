//! Accounts, sessions and counted attempts; times are microseconds since 1970.

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
        dialect::run(manager, DOWN).await
    }
}

// SQLite looks at the index that was made last first: the primary key, so that a row made twice is told as such.
const TABLES: &str = "
create table identity_users (
    id {uuid} not null,
    version bigint not null,
    email text not null,
    email_key {key} not null,
    name text not null,
    role text not null,
    password_hash text not null,
    password_changed_at bigint not null,
    verified_at bigint,
    disabled_at bigint,
    epoch bigint not null,
    spared_session {uuid},
    pending {json} not null,
    created_at bigint not null,
    constraint identity_users_email_key_key unique (email_key),
    constraint identity_users_pkey primary key (id),
    constraint identity_users_role check (role in ('customer', 'seller', 'operator'))
) {strict};

create table identity_sessions (
    id {uuid} not null,
    version bigint not null,
    user_id {uuid} not null,
    epoch bigint not null,
    current_hash {bytes} not null,
    previous_hash {bytes},
    rotated_at bigint,
    agent text,
    address text,
    created_at bigint not null,
    last_used_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    ended_why text,
    constraint identity_sessions_pkey primary key (id),
    constraint identity_sessions_user foreign key (user_id) references identity_users (id),
    constraint identity_sessions_rotated check ((previous_hash is null) = (rotated_at is null)),
    constraint identity_sessions_ended check ((ended_at is null) = (ended_why is null))
) {strict};
create index identity_sessions_of_user on identity_sessions (user_id, id);
create index identity_sessions_expiry on identity_sessions (expires_at);

create table identity_attempts (
    name {key} not null,
    tally bigint not null,
    until bigint not null,
    constraint identity_attempts_pkey primary key (name)
) {strict};
create index identity_attempts_until on identity_attempts (until);
";

const DOWN: &str = "
drop table identity_attempts;
drop table identity_sessions;
drop table identity_users;
";
