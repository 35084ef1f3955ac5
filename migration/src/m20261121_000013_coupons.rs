//! Coupons; their uses are counted and claimed like stock.

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

    /// Uses that were claimed stay with the orders that claimed them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

const UP: &str = "
create table buy_coupons (
    id {uuid} not null,
    version bigint not null,
    code {key} not null,
    seller {uuid},
    retired {bool} not null,
    document text not null,
    constraint buy_coupons_pkey primary key (id)
) {strict};
create unique index buy_coupons_code_key on buy_coupons (code) where not retired;
create index buy_coupons_of_seller on buy_coupons (seller, id);
";

const DOWN: &str = "
drop table buy_coupons;
";
