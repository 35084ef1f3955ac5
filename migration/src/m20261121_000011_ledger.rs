//! Holds, reversals and the chain of the ledger.

use sea_orm_migration::prelude::*;

use crate::dialect::{append_only, run, run_on};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        run_on(manager, POSTGRES, "").await?;
        run_on(manager, "", &accounts(RESERVED, FLOOR_WITH_HOLDS, "0")).await?;
        run_on(manager, "", SQLITE).await?;
        run(manager, SELLERS).await?;
        append_only(manager, "ledger_seals").await
    }

    /// What is still held is let go: without the pending layer it would count as settled.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on(manager, "", SQLITE_DOWN).await?;
        run_on(manager, "", &accounts("", FLOOR, "")).await?;
        run_on(manager, POSTGRES_DOWN, "").await?;
        run(manager, DOWN).await?;
        run_on(manager, "", SQLITE_DOWN_AFTER).await
    }
}

/// `posted_at` is the database's time of the commit: what has no link yet is looked for among the latest.
const UP: &str = "
alter table ledger_transactions add column reverses {uuid};
alter table ledger_transactions add column phase text not null default 'settled'
    constraint ledger_transactions_phase check (phase in ('settled', 'pending', 'posted', 'voided', 'expired'));
alter table ledger_transactions add column ends {uuid};
alter table ledger_transactions add column digest {bytes};
alter table ledger_transactions add column posted_at bigint not null default 0;
create index ledger_transactions_reverses on ledger_transactions (reverses) where reverses is not null;
create unique index ledger_transactions_ends_key on ledger_transactions (ends) where ends is not null;
create index ledger_transactions_posted on ledger_transactions (posted_at, id);
alter table ledger_entries add column layer text not null default 'settled'
    constraint ledger_entries_layer check (layer in ('settled', 'pending'));

create table ledger_reversals (
    tx {uuid} not null,
    account {key} not null,
    currency {key} not null,
    reversed bigint not null,
    constraint ledger_reversals_pkey primary key (tx, account, currency)
) {strict};

create table ledger_holds (
    tx {uuid} not null,
    reference {uuid} not null,
    debit {key} not null,
    credit {key} not null,
    currency {key} not null,
    amount bigint not null,
    until bigint,
    state text not null,
    posted bigint not null,
    constraint ledger_holds_pkey primary key (tx),
    constraint ledger_holds_state check (state in ('live', 'posted', 'voided', 'expired')),
    constraint ledger_holds_posted check (posted between 0 and amount and (posted = 0 or state = 'posted'))
) {strict};
create index ledger_holds_due on ledger_holds (until, tx) where state = 'live' and until is not null;

create table ledger_seals (
    book text not null,
    seq bigint not null,
    tx {uuid} not null,
    hash {bytes} not null,
    constraint ledger_seals_pkey primary key (book, seq)
) {strict};
create unique index ledger_seals_tx_key on ledger_seals (tx);
";

const POSTGRES: &str = "
alter table ledger_accounts add column reserved bigint not null default 0;
alter table ledger_accounts drop constraint ledger_accounts_floor;
alter table ledger_accounts add constraint ledger_accounts_floor check (
    reserved >= 0 and (not floored
    or case when class in ('asset', 'expense') then balance >= reserved else -balance >= reserved end));
create or replace function ledger_entries_balance() returns trigger language plpgsql as $$ begin
    if exists (select 1 from fresh group by tx, currency, layer having sum(amount) <> 0) then
        raise exception 'ledger entries do not balance' using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
";

const RESERVED: &str = "reserved integer not null default 0,";
const FLOOR_WITH_HOLDS: &str = "reserved >= 0 and (not floored
        or case when class in ('asset', 'expense') then balance >= reserved else -balance >= reserved end)";
const FLOOR: &str = "not floored or case when class in ('asset', 'expense') then balance >= 0 else balance <= 0 end";

/// SQLite cannot change a constraint: the table is made anew with the other one.
fn accounts(column: &str, floor: &str, value: &str) -> String {
    let value = if value.is_empty() { String::new() } else { format!(", {value}") };
    format!(
        "create table ledger_accounts_new (
             code text not null,
             currency text not null,
             class text not null,
             floored integer not null default false,
             balance integer,
             {column}
             constraint ledger_accounts_pkey primary key (code, currency),
             constraint ledger_accounts_class check (class in ('asset', 'liability', 'income', 'expense')),
             constraint ledger_accounts_balance check (floored = (balance is not null)),
             constraint ledger_accounts_floor check ({floor})
         ) strict;
         insert into ledger_accounts_new select code, currency, class, floored, balance{value} from ledger_accounts;
         drop table ledger_accounts;
         alter table ledger_accounts_new rename to ledger_accounts;"
    )
}

/// A posting that is there already is told by the name of the key it would break.
const SQLITE: &str = "
drop trigger ledger_entries_sealed;
create trigger ledger_entries_sealed before insert on ledger_entries
when exists (select 1 from ledger_transactions t where t.id = new.tx) begin
    select raise(abort, 'ledger_transactions_pkey');
end;
drop trigger ledger_transactions_balance;
create trigger ledger_transactions_balance before insert on ledger_transactions
when exists (select 1 from ledger_entries e where e.tx = new.id
             group by e.currency, e.layer having sum(e.amount) <> 0) begin
    select raise(abort, 'ledger entries do not balance');
end;
";

/// What a seller may be paid out has a floor from now on.
const SELLERS: &str = "
update ledger_accounts set floored = true, balance = (
    select cast(coalesce(sum(e.amount), 0) as bigint) from ledger_entries e
    where e.account = ledger_accounts.code and e.currency = ledger_accounts.currency)
where code like 'seller:%:payable' and not floored;
";

const POSTGRES_DOWN: &str = "
alter table ledger_entries disable trigger ledger_entries_append_only;
delete from ledger_entries where layer = 'pending';
alter table ledger_entries enable trigger ledger_entries_append_only;
create or replace function ledger_entries_balance() returns trigger language plpgsql as $$ begin
    if exists (select 1 from fresh group by tx, currency having sum(amount) <> 0) then
        raise exception 'ledger entries do not balance' using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
alter table ledger_accounts drop constraint ledger_accounts_floor;
alter table ledger_accounts add constraint ledger_accounts_floor check (
    not floored or case when class in ('asset', 'expense') then balance >= 0 else balance <= 0 end);
alter table ledger_accounts drop column reserved;
";

const SQLITE_DOWN: &str = "
drop trigger ledger_entries_no_delete;
delete from ledger_entries where layer = 'pending';
create trigger ledger_entries_no_delete before delete on ledger_entries begin
           select raise(abort, 'ledger_entries is append-only'); end;
drop trigger ledger_entries_sealed;
drop trigger ledger_transactions_balance;
";

const DOWN: &str = "
update ledger_accounts set floored = false, balance = null where code like 'seller:%:payable';
drop table ledger_seals;
drop table ledger_holds;
drop table ledger_reversals;
alter table ledger_entries drop column layer;
drop index ledger_transactions_posted;
drop index ledger_transactions_ends_key;
drop index ledger_transactions_reverses;
alter table ledger_transactions drop column posted_at;
alter table ledger_transactions drop column digest;
alter table ledger_transactions drop column ends;
alter table ledger_transactions drop column phase;
alter table ledger_transactions drop column reverses;
";

const SQLITE_DOWN_AFTER: &str = "
create trigger ledger_entries_sealed before insert on ledger_entries
when exists (select 1 from ledger_transactions t where t.id = new.tx) begin
    select raise(abort, 'the ledger transaction is sealed');
end;
create trigger ledger_transactions_balance before insert on ledger_transactions
when exists (select 1 from ledger_entries e where e.tx = new.id group by e.currency having sum(e.amount) <> 0) begin
    select raise(abort, 'ledger entries do not balance');
end;
";
