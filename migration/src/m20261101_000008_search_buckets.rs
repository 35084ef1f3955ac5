//! Words and tags of the search index carry their product's bucket, so that a bucket is asked for its few finds only;
//! title and currencies are at hand for ranking.
//! PostgreSQL alone; on SQLite there is nothing to do.

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
        dialect::run_on(manager, UP, "").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run_on(manager, DOWN, "").await
    }
}

/// The index is made anew: quicker than to change it row by row.
const UP: &str = "
drop index buy_search_tokens;
alter table buy_search add column title_key text collate \"C\" not null default '',
    add column currencies text not null default '';
update buy_search s set title_key = sold.title_key, currencies = sold.currencies, tokens = (
    select array_to_tsvector(array_agg(token || '@' || s.number / 16384))
    from unnest(tsvector_to_array(s.tokens)) token where token not like '#b%'
) from (
    select number, min(title_key) as title_key, ' ' || string_agg(currency, ' ') || ' ' as currencies
    from buy_listings group by number
) sold where sold.number = s.number;
create index buy_search_tokens on buy_search using gin (tokens) with (fastupdate = off);
";

const DOWN: &str = "
drop index buy_search_tokens;
update buy_search set tokens = (
    select array_to_tsvector(array_append(array_agg(split_part(token, '@', 1)), '#b' || number / 8192))
    from unnest(tsvector_to_array(tokens)) token
);
alter table buy_search drop column title_key, drop column currencies;
create index buy_search_tokens on buy_search using gin (tokens) with (fastupdate = off);
";
