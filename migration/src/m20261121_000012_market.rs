//! Sellers and their teams, rules of commission, payouts, what sellers earned by each line, and whose a product is.

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
        run(manager, EARNINGS).await?;
        run(manager, MARKET).await?;
        run_on(manager, POSTGRES, "").await?;
        append_only(manager, "market_payout_items").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

/// A payment's document says whose its money is; here is the same of each seller's line, to be found and summed.
const EARNINGS: &str = "
create table commerce_earnings (
    line {uuid} not null,
    payment {uuid} not null,
    order_id {uuid} not null,
    seller {uuid} not null,
    currency {key} not null,
    gross bigint not null,
    fee bigint not null,
    fee_tax bigint not null,
    net bigint not null,
    refunded bigint not null,
    refunded_net bigint not null,
    pending bigint not null,
    earned_at bigint not null,
    released_at bigint,
    disputes bigint not null,
    constraint commerce_earnings_pkey primary key (line),
    constraint commerce_earnings_payment foreign key (payment) references commerce_payments (id)
        deferrable initially deferred,
    constraint commerce_earnings_sums check (gross = net + fee + fee_tax and refunded between 0 and gross),
    constraint commerce_earnings_pending check (
        pending between 0 and net and (released_at is null or pending = 0))
) {strict};
create index commerce_earnings_of_seller on commerce_earnings (seller, earned_at, line);
create index commerce_earnings_waiting on commerce_earnings (seller, currency) where released_at is null;
create index commerce_earnings_unreleased on commerce_earnings (earned_at, payment)
    where released_at is null and disputes = 0;
alter table buy_products add column seller {uuid};
create index buy_products_of_seller on buy_products (seller, id) where seller is not null;
";

const MARKET: &str = "
create table market_sellers (
    id {uuid} not null,
    version bigint not null,
    state text not null,
    next_payout bigint,
    document text not null,
    constraint market_sellers_pkey primary key (id),
    constraint market_sellers_state check (state in ('applied', 'approved', 'suspended', 'rejected')),
    constraint market_sellers_next_payout check (next_payout is null or state = 'approved')
) {strict};
create index market_sellers_by_state on market_sellers (state, id);
create index market_sellers_due on market_sellers (next_payout, id) where next_payout is not null;
create table market_members (
    seller {uuid} not null,
    member {uuid} not null,
    constraint market_members_pkey primary key (seller, member),
    constraint market_members_seller foreign key (seller) references market_sellers (id)
) {strict};
create unique index market_members_member_key on market_members (member);
create table market_former_members (
    member {uuid} not null,
    seller {uuid} not null,
    constraint market_former_members_pkey primary key (member, seller),
    constraint market_former_members_seller foreign key (seller) references market_sellers (id)
) {strict};
create table market_rules (
    id {uuid} not null,
    version bigint not null,
    position bigint not null,
    retired {bool} not null,
    document text not null,
    constraint market_rules_pkey primary key (id)
) {strict};
create index market_rules_by_position on market_rules (position, id) where not retired;
create table market_payouts (
    id {uuid} not null,
    version bigint not null,
    seller {uuid} not null,
    currency {key} not null,
    amount bigint not null,
    state text not null,
    check_at bigint,
    document text not null,
    constraint market_payouts_pkey primary key (id),
    constraint market_payouts_seller foreign key (seller) references market_sellers (id),
    constraint market_payouts_amount check (amount > 0),
    constraint market_payouts_state check (state in ('draft', 'sent', 'paid', 'failed', 'returned'))
) {strict};
create index market_payouts_of_seller on market_payouts (seller, id);
create index market_payouts_due on market_payouts (check_at, id) where check_at is not null;
create table market_payout_items (
    payout {uuid} not null,
    tx {uuid} not null,
    line bigint not null,
    amount bigint not null,
    constraint market_payout_items_pkey primary key (payout, tx, line),
    constraint market_payout_items_payout foreign key (payout) references market_payouts (id)
        deferrable initially deferred
) {strict};
create unique index market_payout_items_tx_line_key on market_payout_items (tx, line);
";

const POSTGRES: &str = "
alter table market_payouts set (fillfactor = 80);
alter table commerce_earnings set (fillfactor = 80);
";

const DOWN: &str = "
drop table market_payout_items;
drop table market_payouts;
drop table market_rules;
drop table market_former_members;
drop table market_members;
drop table market_sellers;
drop index buy_products_of_seller;
alter table buy_products drop column seller;
drop table commerce_earnings;
";
