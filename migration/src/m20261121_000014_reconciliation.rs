//! Lines of providers' records beside our books, and how each provider stood after its last reconciliation.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    /// Fees and payouts that were booked from the records stay booked.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

/// One posting explains one line.
const UP: &str = "
create table commerce_statement_lines (
    id {uuid} not null,
    provider {key} not null,
    kind text not null,
    name text not null,
    amount bigint not null,
    currency {key} not null,
    fee bigint,
    fee_currency text,
    at bigint not null,
    payment_name text,
    reference text,
    object text,
    about text,
    class text not null,
    payment {uuid},
    posting {uuid},
    fee_posting {uuid},
    seen_at bigint not null,
    explained_at bigint,
    alarmed_at bigint,
    constraint commerce_statement_lines_pkey primary key (id),
    constraint commerce_statement_lines_kind check (
        kind in ('capture', 'refund', 'dispute', 'dispute_won', 'fee', 'payout', 'other')),
    constraint commerce_statement_lines_class check (
        class in ('explained', 'late', 'missing_here', 'missing_there', 'differs')),
    constraint commerce_statement_lines_fee check ((fee is null) = (fee_currency is null)),
    constraint commerce_statement_lines_explained check (
        class not in ('explained', 'late') or (posting is not null and explained_at is not null))
) {strict};
create unique index commerce_statement_lines_posting_key on commerce_statement_lines (posting)
    where class in ('explained', 'late');
create index commerce_statement_lines_of_posting on commerce_statement_lines (posting)
    where posting is not null;
create index commerce_statement_lines_unexplained on commerce_statement_lines (at, id)
    where class not in ('explained', 'late');
create index commerce_statement_lines_unexplained_of on commerce_statement_lines (provider, at, id)
    where class not in ('explained', 'late');
create index commerce_statement_lines_by_class on commerce_statement_lines (class, at, id);
create table commerce_reconciliations (
    provider {key} not null,
    since bigint not null,
    began bigint not null,
    until bigint not null,
    ran_at bigint not null,
    totals text not null,
    constraint commerce_reconciliations_pkey primary key (provider)
) {strict};
";

const DOWN: &str = "
drop table commerce_reconciliations;
drop table commerce_statement_lines;
";
