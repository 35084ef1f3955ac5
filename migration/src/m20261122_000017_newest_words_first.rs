//! SQLite's index of words counts downwards, for it is read quickest upwards and the newest is wanted first, and keeps no
//! places in a text, which nobody asks for. What finds are ranked by is a table of its own: one is found in it by a number,
//! where an index compares currencies first.
//! SQLite alone, which has one process, so none of an older release that would look for what is dropped here. PostgreSQL
//! has a title beside the words that are searched.

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
create table buy_titles (
    number integer primary key,
    title_key text not null,
    currencies text not null
) strict;
insert into buy_titles (number, title_key, currencies)
select number, min(title_key), ' ' || group_concat(currency, ' ') || ' '
from buy_listings group by number;
drop index buy_listings_ranked;

create virtual table buy_search_anew using fts5 (
    words, tags, content = '', contentless_delete = 1, detail = column,
    tokenize = 'unicode61 remove_diacritics 0'
);
create virtual table buy_search_tokens using fts5vocab (buy_search, instance);
insert into buy_search_anew (rowid, words, tags)
select -doc, group_concat(term, ' ') filter (where col = 'words'),
    group_concat(term, ' ') filter (where col = 'tags')
from buy_search_tokens group by doc order by doc desc;
drop table buy_search_tokens;
drop table buy_search;
alter table buy_search_anew rename to buy_search;
";

const DOWN: &str = "
create index buy_listings_ranked on buy_listings (currency, number, title_key);
drop table buy_titles;

create virtual table buy_search_anew using fts5 (
    words, tags, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
create virtual table buy_search_tokens using fts5vocab (buy_search, instance);
insert into buy_search_anew (rowid, words, tags)
select -doc, group_concat(term, ' ') filter (where col = 'words'),
    group_concat(term, ' ') filter (where col = 'tags')
from buy_search_tokens group by doc order by doc desc;
drop table buy_search_tokens;
drop table buy_search;
alter table buy_search_anew rename to buy_search;
";
