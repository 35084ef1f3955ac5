//! Rental shops of sellers, and earnings of time that is sold: they are due when it is over.

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

    /// What is not released yet is due when it was earned, as before.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}

/// A release that does not know the new columns leaves them empty: its shops are the house's, its earnings due at once.
const UP: &str = "
alter table commerce_earnings add column due_at bigint;
drop index commerce_earnings_unreleased;
create index commerce_earnings_unreleased on commerce_earnings ((coalesce(due_at, earned_at)), payment)
    where released_at is null and disputes = 0;
alter table rent_shops add column seller {uuid};
create index rent_shops_of_seller on rent_shops (seller, id) where seller is not null;
";

const DOWN: &str = "
drop index rent_shops_of_seller;
alter table rent_shops drop column seller;
drop index commerce_earnings_unreleased;
create index commerce_earnings_unreleased on commerce_earnings (earned_at, payment)
    where released_at is null and disputes = 0;
alter table commerce_earnings drop column due_at;
";
