//! Orders, payments, stock and claims, the ledger, events and what else every way of selling shares.
//!
//! Times are microseconds since 1970. Unique indexes are named as PostgreSQL names such constraints
//! (`table_column_column_key`), so that both engines tell a clash by the same name.

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
        for tables in [SALES, STOCK, LEDGER, EVENTS, REQUESTS] {
            dialect::run(manager, tables).await?;
        }
        dialect::run_on(manager, POSTGRES, SQLITE).await?;
        for table in APPEND_ONLY {
            dialect::append_only(manager, table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            dialect::run(manager, &format!("drop table {table}")).await?;
        }
        let functions =
            "drop function ledger_entries_balance(); drop function commerce_append_only();";
        dialect::run_on(manager, functions, "").await
    }
}

const TABLES: [&str; 16] = [
    "commerce_orders",
    "commerce_payments",
    "commerce_stock",
    "commerce_stock_moves",
    "commerce_claims",
    "ledger_accounts",
    "ledger_transactions",
    "ledger_entries",
    "commerce_streams",
    "commerce_events",
    "commerce_deliveries",
    "commerce_leases",
    "commerce_receipts",
    "commerce_inbox",
    "commerce_quarantine",
    "commerce_audit_log",
];

const APPEND_ONLY: [&str; 5] = [
    "commerce_stock_moves",
    "ledger_transactions",
    "ledger_entries",
    "commerce_events",
    "commerce_audit_log",
];

const SALES: &str = "
create table commerce_orders (
    id {uuid} not null,
    version bigint not null,
    buyer {uuid} not null,
    mode text not null,
    reference {uuid} not null,
    placed_at bigint not null,
    currency text not null,
    total bigint not null,
    state text not null,
    until bigint,
    cancellation_requested {bool} not null,
    sale {json} not null,
    life {json} not null,
    constraint commerce_orders_pkey primary key (id),
    constraint commerce_orders_state check (state in ('pending', 'paid', 'cancelled')),
    constraint commerce_orders_until check ((state = 'pending') = (until is not null))
) {strict};
create index commerce_orders_buyer on commerce_orders (buyer, id);
create index commerce_orders_open on commerce_orders (buyer) where state = 'pending';
create index commerce_orders_expiring on commerce_orders (until, id) where state = 'pending';
create index commerce_orders_cancelled on commerce_orders (id) where state = 'cancelled';
create index commerce_orders_requests on commerce_orders (id)
    where cancellation_requested and state <> 'cancelled';

create table commerce_payments (
    id {uuid} not null,
    version bigint not null,
    order_id {uuid} not null,
    buyer {uuid} not null,
    provider text not null,
    provider_ref text,
    currency text not null,
    amount bigint not null,
    captured bigint not null,
    refunded bigint not null,
    state text not null,
    settles {bool} not null,
    created_at bigint not null,
    check_at bigint,
    doc {json} not null,
    constraint commerce_payments_pkey primary key (id),
    constraint commerce_payments_order foreign key (order_id) references commerce_orders (id)
        deferrable initially deferred,
    constraint commerce_payments_refunded check (refunded >= 0 and refunded <= captured)
) {strict};
create unique index commerce_payments_order_id_key on commerce_payments (order_id) where settles;
create unique index commerce_payments_provider_provider_ref_key
    on commerce_payments (provider, provider_ref) where provider_ref is not null;
create index commerce_payments_order on commerce_payments (order_id, id);
create index commerce_payments_buyer on commerce_payments (buyer, id);
create index commerce_payments_due on commerce_payments (check_at, id) where check_at is not null;
";

const STOCK: &str = "
create table commerce_stock (
    resource {uuid} not null,
    on_hand bigint not null,
    held bigint not null,
    constraint commerce_stock_pkey primary key (resource),
    constraint commerce_stock_bounds check (held >= 0 and held <= on_hand)
) {strict};

create table commerce_stock_moves (
    id {uuid} not null,
    resource {uuid} not null,
    units bigint not null,
    reason text not null,
    at bigint not null,
    constraint commerce_stock_moves_pkey primary key (id),
    constraint commerce_stock_moves_units check (units <> 0)
) {strict};
create index commerce_stock_moves_resource on commerce_stock_moves (resource, id);

create table commerce_claims (
    id {uuid} not null,
    resource {uuid} not null,
    holder {uuid} not null,
    units bigint not null,
    state text not null,
    moment bigint not null,
    constraint commerce_claims_pkey primary key (id),
    constraint commerce_claims_units check (units > 0),
    constraint commerce_claims_state check (state in ('held', 'kept', 'released'))
) {strict};
";

const LEDGER: &str = "
create table ledger_accounts (
    code {key} not null,
    currency {key} not null,
    class text not null,
    floored {bool} not null default false,
    balance bigint,
    constraint ledger_accounts_pkey primary key (code, currency),
    constraint ledger_accounts_class check (class in ('asset', 'liability', 'income', 'expense')),
    constraint ledger_accounts_balance check (floored = (balance is not null)),
    constraint ledger_accounts_floor check (
        not floored or case when class in ('asset', 'expense') then balance >= 0 else balance <= 0 end)
) {strict};

create table ledger_transactions (
    id {uuid} not null,
    kind text not null,
    reference {uuid} not null,
    at bigint not null,
    constraint ledger_transactions_pkey primary key (id)
) {strict};
create index ledger_transactions_reference on ledger_transactions (reference);

create table ledger_entries (
    tx {uuid} not null,
    line bigint not null,
    account {key} not null,
    currency {key} not null,
    amount bigint not null,
    at bigint not null,
    constraint ledger_entries_pkey primary key (tx, line),
    constraint ledger_entries_amount check (amount <> 0)
) {strict};
create index ledger_entries_account on ledger_entries (account, at, tx, line);
";

const EVENTS: &str = "
create table commerce_streams (
    name {key} not null,
    top bigint not null,
    constraint commerce_streams_pkey primary key (name)
) {strict};

create table commerce_events (
    id {uuid} not null,
    name text not null,
    subject {uuid} not null,
    stream {key},
    seq bigint,
    body {json} not null,
    at bigint not null,
    constraint commerce_events_pkey primary key (id),
    constraint commerce_events_numbered check ((stream is null) = (seq is null))
) {strict};
create unique index commerce_events_stream_seq_key on commerce_events (stream, seq) where stream is not null;

create table commerce_deliveries (
    id {uuid} not null,
    event {uuid} not null,
    subscriber text not null,
    state text not null default 'waiting',
    attempts bigint not null default 0,
    run_at bigint not null default {now},
    error text,
    died_at bigint,
    constraint commerce_deliveries_pkey primary key (id),
    constraint commerce_deliveries_state check (state in ('waiting', 'dead')),
    constraint commerce_deliveries_died check ((state = 'dead') = (died_at is not null))
) {strict};
create index commerce_deliveries_due on commerce_deliveries (run_at, id) where state = 'waiting';
create index commerce_deliveries_dead on commerce_deliveries (died_at, id) where state = 'dead';

create table commerce_leases (
    name text not null,
    holder text not null,
    epoch bigint not null,
    expires_at bigint not null,
    constraint commerce_leases_pkey primary key (name)
) {strict};
";

const REQUESTS: &str = "
create table commerce_receipts (
    scope text not null,
    key text not null,
    hash text not null,
    subject {uuid} not null,
    answer {json},
    at bigint not null default {now},
    constraint commerce_receipts_pkey primary key (scope, key)
) {strict};
create index commerce_receipts_at on commerce_receipts (at);

create table commerce_inbox (
    provider text not null,
    event_id text not null,
    digest text not null,
    kind text not null,
    provider_ref text,
    payload {json} not null,
    received_at bigint not null,
    constraint commerce_inbox_pkey primary key (provider, event_id)
) {strict};

create table commerce_quarantine (
    provider text not null,
    event_id text not null,
    why text not null,
    digest text not null,
    payload {json} not null,
    at bigint not null,
    constraint commerce_quarantine_pkey primary key (provider, event_id, why, digest)
) {strict};

create table commerce_audit_log (
    id {uuid} not null,
    at bigint not null,
    actor {uuid},
    session {uuid},
    role text,
    action text not null,
    subject {uuid},
    address text,
    request_id text,
    facts {json} not null,
    constraint commerce_audit_log_pkey primary key (id)
) {strict};
create index commerce_audit_log_at on commerce_audit_log (at, id);
create index commerce_audit_log_actor on commerce_audit_log (actor, at, id) where actor is not null;
create index commerce_audit_log_subject on commerce_audit_log (subject, at, id) where subject is not null;
";

/// Rows that are rewritten often leave room beside themselves; entries must balance in each statement that adds some.
const POSTGRES: &str = "
alter table commerce_orders set (fillfactor = 80);
alter table commerce_payments set (fillfactor = 80);
alter table commerce_claims set (fillfactor = 80);
alter table commerce_stock set (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02);
alter table commerce_streams set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02);
alter table commerce_deliveries set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

create function commerce_append_only() returns trigger language plpgsql as $$ begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create function ledger_entries_balance() returns trigger language plpgsql as $$ begin
    if exists (select 1 from fresh group by tx, currency having sum(amount) <> 0) then
        raise exception 'ledger entries do not balance' using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
create trigger ledger_entries_balance after insert on ledger_entries
    referencing new table as fresh for each statement execute function ledger_entries_balance();
";

/// Entries come first and their transaction seals them: it must balance, and nothing is added to it later.
const SQLITE: &str = "
create trigger ledger_entries_sealed before insert on ledger_entries
when exists (select 1 from ledger_transactions t where t.id = new.tx) begin
    select raise(abort, 'the ledger transaction is sealed');
end;
create trigger ledger_transactions_balance before insert on ledger_transactions
when exists (select 1 from ledger_entries e where e.tx = new.id group by e.currency having sum(e.amount) <> 0) begin
    select raise(abort, 'ledger entries do not balance');
end;
";
