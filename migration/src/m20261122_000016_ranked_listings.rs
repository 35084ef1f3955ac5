//! What the finds of a search are ranked by, in an index of its own: SQLite's listings are as wide as their cards, and two
//! hundred of them are looked up for each page.
//! SQLite alone; PostgreSQL has a title beside the words that are searched.

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
        dialect::run_on(manager, "", UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run_on(manager, "", DOWN).await
    }
}

const UP: &str = "
create index buy_listings_ranked on buy_listings (currency, number, title_key);
";

const DOWN: &str = "
drop index buy_listings_ranked;
";
