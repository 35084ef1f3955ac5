//! The catalogue, its lists and its search, and carts.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        run_on(manager, POSTGRES_LISTINGS, SQLITE_LISTINGS).await?;
        run(manager, INDEXES).await?;
        run_on(manager, POSTGRES_READING, SQLITE_READING).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on(manager, POSTGRES_READING_DOWN, SQLITE_READING_DOWN).await?;
        run(manager, DOWN).await
    }
}

/// `number` tells in which order products were first published; `buy_catalogue` has given out so many.
const TABLES: &str = "
create table buy_categories (
    id {uuid} not null,
    version bigint not null,
    slug {key} not null,
    retired {bool} not null,
    document text not null,
    constraint buy_categories_pkey primary key (id)
) {strict};
create table buy_products (
    id {uuid} not null,
    version bigint not null,
    slug {key} not null,
    status text not null,
    category {uuid},
    number bigint,
    document text not null,
    constraint buy_products_pkey primary key (id),
    constraint buy_products_category foreign key (category) references buy_categories (id),
    constraint buy_products_status check (status in ('draft', 'published', 'archived'))
) {strict};
create table buy_variants (
    id {uuid} not null,
    product {uuid} not null,
    sku {key} not null,
    policy text not null,
    published {bool} not null,
    offer text not null,
    constraint buy_variants_pkey primary key (id),
    constraint buy_variants_product foreign key (product) references buy_products (id) on delete cascade,
    constraint buy_variants_policy check (policy in ('hold', 'on_payment', 'untracked'))
) {strict};
create table buy_catalogue (
    id bigint not null,
    version bigint not null,
    numbers bigint not null,
    constraint buy_catalogue_pkey primary key (id),
    constraint buy_catalogue_one check (id = 1)
) {strict};
create table buy_stock_sheets (
    id {uuid} not null,
    version bigint not null,
    changes bigint not null,
    constraint buy_stock_sheets_pkey primary key (id)
) {strict};
create table buy_carts (
    id {uuid} not null,
    version bigint not null,
    user_id {uuid},
    guest_hash {key},
    state text not null,
    touched_on bigint not null,
    document text not null,
    constraint buy_carts_pkey primary key (id),
    constraint buy_carts_owner check ((user_id is null) <> (guest_hash is null)),
    constraint buy_carts_state check (state in ('active', 'checked_out', 'merged'))
) {strict};
";

/// A row is a published product in one of its currencies, with all that a list shows of it.
const POSTGRES_LISTINGS: &str = r#"
create table buy_listings (
    currency text collate "C" not null,
    number bigint not null,
    product uuid not null,
    category uuid,
    title_key text collate "C" not null,
    price bigint not null,
    in_stock boolean not null,
    tags text collate "C" not null,
    options text not null,
    card text not null,
    constraint buy_listings_pkey primary key (currency, number),
    constraint buy_listings_product foreign key (product) references buy_products (id) on delete cascade,
    constraint buy_listings_price check (price > 0)
);
alter table buy_carts set (fillfactor = 70);
"#;

const SQLITE_LISTINGS: &str = "
create table buy_listings (
    currency text not null,
    number integer not null,
    product blob not null references buy_products (id) on delete cascade,
    category blob,
    title_key text not null,
    price integer not null check (price > 0),
    in_stock integer not null,
    tags text not null,
    options text not null,
    card text not null,
    primary key (currency, number)
) strict, without rowid;
";

const INDEXES: &str = "
insert into buy_catalogue (id, version, numbers) values (1, 0, 0);
create unique index buy_categories_slug_key on buy_categories (slug) where not retired;
create unique index buy_products_slug_key on buy_products (slug);
create unique index buy_products_number_key on buy_products (number);
create index buy_products_of_status on buy_products (status, id);
create index buy_products_of_category on buy_products (category);
create unique index buy_variants_sku_key on buy_variants (sku);
create index buy_variants_of_product on buy_variants (product);
create index buy_listings_of_product on buy_listings (product);
create index buy_listings_by_price on buy_listings (currency, price, number);
create index buy_listings_by_title on buy_listings (currency, title_key, number);
create index buy_listings_of_category on buy_listings (currency, category, number);
create index buy_listings_of_category_by_price on buy_listings (currency, category, price, number);
create index buy_listings_of_category_by_title on buy_listings (currency, category, title_key, number);
create unique index buy_carts_user_id_key on buy_carts (user_id) where state = 'active' and user_id is not null;
create unique index buy_carts_guest_hash_key on buy_carts (guest_hash) where state = 'active' and guest_hash is not null;
create index buy_carts_checked_out on buy_carts (user_id, id) where state = 'checked_out';
create index buy_carts_of_guests_by_day on buy_carts (touched_on) where guest_hash is not null;
";

/// Search (a term is `padded` for its trigrams; codes with digits are not compared), and whether a product is in stock as its listings show it: a statement that lets a variant's stock
/// appear or disappear marks the listings, products in the order of their ids, and last makes a new version of the catalogue.
const POSTGRES_READING: &str = r#"
create extension if not exists pg_trgm;
create table buy_search (
    number bigint not null,
    tokens tsvector not null,
    constraint buy_search_pkey primary key (number)
);
create index buy_search_tokens on buy_search using gin (tokens) with (fastupdate = off);
create table buy_terms (
    term text collate "C" not null,
    padded text,
    constraint buy_terms_pkey primary key (term)
);
create index buy_terms_trigrams on buy_terms using gin (padded gin_trgm_ops);
create function buy_mark_in_stock(resources uuid[]) returns void language plpgsql as $$
declare
    marked uuid[];
begin
    select array_agg(distinct product) into marked from buy_variants where id = any (resources);
    if marked is null then
        return;
    end if;
    perform 1 from buy_products where id = any (marked) order by id for no key update;
    update buy_listings l set in_stock = now.in_stock
    from (
        select v.product, bool_or(v.policy = 'untracked' or coalesce(s.on_hand > s.held, false)) as in_stock
        from buy_variants v left join commerce_stock s on s.resource = v.id
        where v.product = any (marked) group by v.product
    ) now
    where l.product = now.product and l.in_stock <> now.in_stock;
    update buy_catalogue set version = version + 1;
end $$;
create function buy_stock_changed() returns trigger language plpgsql as $$
declare
    crossed uuid[];
begin
    select array_agg(n.resource) into crossed from stock_after n join stock_before o on o.resource = n.resource
    where (n.on_hand > n.held) <> (o.on_hand > o.held);
    if crossed is not null then
        perform buy_mark_in_stock(crossed);
    end if;
    return null;
end $$;
create function buy_stock_begun() returns trigger language plpgsql as $$
declare
    crossed uuid[];
begin
    select array_agg(n.resource) into crossed from stock_after n where n.on_hand > n.held;
    if crossed is not null then
        perform buy_mark_in_stock(crossed);
    end if;
    return null;
end $$;
create trigger buy_stock_changed after update on commerce_stock
    referencing old table as stock_before new table as stock_after
    for each statement execute function buy_stock_changed();
create trigger buy_stock_begun after insert on commerce_stock
    referencing new table as stock_after
    for each statement execute function buy_stock_begun();
"#;

const POSTGRES_READING_DOWN: &str = "
drop trigger buy_stock_begun on commerce_stock;
drop trigger buy_stock_changed on commerce_stock;
drop function buy_stock_begun();
drop function buy_stock_changed();
drop function buy_mark_in_stock(uuid[]);
drop table buy_terms;
drop table buy_search;
";

const SQLITE_READING: &str = "
create virtual table buy_search using fts5 (
    words, tags, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0'
);
create table buy_terms (
    term text not null primary key
) strict;
create virtual table buy_term_trigrams using fts5 (padded, tokenize = 'trigram');
create trigger buy_terms_begun after insert on buy_terms when new.term not glob '*[0-9]*' begin
    insert into buy_term_trigrams (rowid, padded) values (new.rowid, '^^' || new.term || '^');
end;
create trigger buy_stock_changed after update on commerce_stock
when (new.on_hand > new.held) <> (old.on_hand > old.held) begin
    update buy_listings set in_stock = new.on_hand > new.held or exists (
        select 1 from buy_variants v left join commerce_stock s on s.resource = v.id
        where v.product = buy_listings.product and (v.policy = 'untracked' or s.on_hand > s.held)
    ) where product = (select product from buy_variants where id = new.resource);
    update buy_catalogue set version = version + 1
    where exists (select 1 from buy_variants where id = new.resource);
end;
create trigger buy_stock_begun after insert on commerce_stock when new.on_hand > new.held begin
    update buy_listings set in_stock = 1
    where product = (select product from buy_variants where id = new.resource);
    update buy_catalogue set version = version + 1
    where exists (select 1 from buy_variants where id = new.resource);
end;
";

const SQLITE_READING_DOWN: &str = "
drop trigger buy_stock_begun;
drop trigger buy_stock_changed;
drop trigger buy_terms_begun;
drop table buy_term_trigrams;
drop table buy_terms;
drop table buy_search;
";

const DOWN: &str = "
drop table buy_carts;
drop table buy_stock_sheets;
drop table buy_catalogue;
drop table buy_listings;
drop table buy_variants;
drop table buy_products;
drop table buy_categories;
";
