//! The schema goes up, down and up again over a shop that has sold something, by `souk migrate`, on both engines.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};
use tests::{Client, Engine, Goods, Policy, Shop, shop::until, trade::PASSWORD};

const MIGRATIONS: usize = 15;

/// The catalogue's and those that came after it.
const SINCE_THE_CATALOGUE: usize = 13;

/// A shop that is closed, and who bought what before it was.
struct Sold {
    shop: Shop,
    email: String,
    order: String,
    total: i64,
}

impl Sold {
    async fn something(engine: Engine) -> Self {
        let mut shop = Shop::open(engine).await;
        let tea = shop.put_on_sale(Policy::Hold, 12_50, 5).await;
        let (buyer, email) = newcomer(&shop).await;
        let order = shop.buy(&buyer, &tea, 2).await;
        buyer.put_in_cart(&tea, 1).await.expect(201);
        shop.settled().await;
        shop.check().await;
        assert!(shop.server.take().unwrap().terminate().await.success());
        let total = order.body["total"]["amount"].as_i64().unwrap();
        Self { shop, email, order: order.text("id"), total }
    }
}

async fn newcomer(shop: &Shop) -> (Client, String) {
    let buyer = shop.new_customer().await;
    let email = buyer.get("/v1/me").await.expect(200).text("email");
    (buyer, email)
}

/// Runs `souk migrate …` and returns how many migrations it lists as applied and as pending.
async fn migrate(shop: &Shop, arguments: &[&str]) -> (usize, usize) {
    let output = shop.run(&[&["migrate"], arguments].concat()).await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let grumbled = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "souk migrate {arguments:?}: {told}{grumbled}");
    let count = |word: &str| told.lines().filter(|line| line.starts_with(word)).count();
    (count("applied"), count("pending"))
}

/// What survives the catalogue's going: people, orders, payments, stock, books and events.
async fn kept(shop: &Shop) -> Vec<(&'static str, i64)> {
    let figures = [
        "select count(*) from identity_users",
        "select count(*) from identity_sessions",
        "select count(*) from commerce_orders",
        "select count(*) from commerce_payments",
        "select count(*) from commerce_claims",
        "select count(*) from commerce_events",
        "select count(*) from commerce_stock_moves",
        "select cast(coalesce(sum(on_hand), 0) as bigint) from commerce_stock",
        "select count(*) from ledger_transactions",
        "select cast(coalesce(sum(abs(amount)), 0) as bigint) from ledger_entries",
    ];
    let mut kept = Vec::new();
    for figure in figures {
        kept.push((figure, shop.database.number(figure).await));
    }
    kept
}

/// How much of a schema there is: its tables, and the length of everything that defines them.
async fn schema(shop: &Shop) -> [i64; 3] {
    let [tables, rest, text] = match shop.database.engine {
        Engine::Sqlite => [
            "select count(*) from sqlite_master where type = 'table'
                and name not like 'sqlite_%' and name <> 'seaql_migrations'",
            "select count(*) from sqlite_master where type <> 'table' and name not like 'sqlite_%'",
            "select coalesce(sum(length(sql)), 0) from sqlite_master where name not like 'sqlite_%'
                and name <> 'seaql_migrations'",
        ],
        Engine::Postgres => [
            "select count(*) from information_schema.tables where table_schema = current_schema()
                and table_name <> 'seaql_migrations'",
            "select (select count(*) from pg_proc p where pronamespace = current_schema()::regnamespace
                    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e'))
                + (select count(*) from pg_trigger where not tgisinternal)
                + (select count(*) from pg_type where typnamespace = current_schema()::regnamespace
                    and typtype in ('e', 'd'))
                + (select count(*) from pg_class where relnamespace = current_schema()::regnamespace
                    and relkind in ('S', 'v', 'm'))",
            "select coalesce((select sum(length(indexdef)) from pg_indexes
                    where schemaname = current_schema() and tablename <> 'seaql_migrations')
                + (select sum(length(pg_get_constraintdef(oid))) from pg_constraint
                    where connamespace = current_schema()::regnamespace)
                + (select sum(length(column_name || data_type || coalesce(column_default, '')))
                    from information_schema.columns where table_schema = current_schema()), 0)::bigint",
        ],
    };
    let database = &shop.database;
    [database.number(tables).await, database.number(rest).await, database.number(text).await]
}

/// Opens the shop again and sells something in it.
async fn trade_again(shop: &mut Shop) {
    shop.start().await;
    shop.client().get("/v1/products?limit=1").await.expect(200);
    let tea: Goods = shop.put_on_sale(Policy::Hold, 9_00, 3).await;
    let buyer = shop.new_customer().await;
    shop.buy(&buyer, &tea, 1).await;
    assert_eq!(shop.stock(&tea).await, (2, 0));
}

#[tokio::test]
async fn some_steps_down_and_up_again_lose_what_was_in_their_tables_and_nothing_else() {
    for engine in Engine::BOTH {
        let Sold { mut shop, email, order, total } = Sold::something(engine).await;
        let (before, whole) = (kept(&shop).await, schema(&shop).await);
        assert_eq!(migrate(&shop, &["status"]).await, (MIGRATIONS, 0));

        let (steps, left) = (SINCE_THE_CATALOGUE.to_string(), MIGRATIONS - SINCE_THE_CATALOGUE);
        assert_eq!(migrate(&shop, &["down", &steps]).await, (left, SINCE_THE_CATALOGUE));
        assert_eq!(migrate(&shop, &["status"]).await, (left, SINCE_THE_CATALOGUE));
        assert_eq!(kept(&shop).await, before);
        assert_eq!(migrate(&shop, &["up"]).await, (MIGRATIONS, 0));

        assert_eq!(schema(&shop).await, whole, "{engine:?}: up, down and up again is not the same");
        assert_eq!(kept(&shop).await, before);
        shop.check().await;
        shop.start().await;
        let buyer = shop.sign_in(&email, PASSWORD).await;
        let kept = buyer.get(&format!("/v1/orders/{order}")).await.expect(200);
        assert_eq!(kept.body["state"], "paid");
        assert_eq!(kept.body["total"], json!({"amount": total, "currency": "USD"}));
        let cart = buyer.get("/v1/cart").await.expect(200);
        assert_eq!(cart.body["items"], json!([]), "carts went with the catalogue");
        assert!(shop.server.take().unwrap().terminate().await.success());
        trade_again(&mut shop).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn all_the_way_down_leaves_nothing_and_up_again_makes_an_empty_shop_that_works() {
    for engine in Engine::BOTH {
        let Sold { mut shop, .. } = Sold::something(engine).await;
        let whole = schema(&shop).await;

        let all = MIGRATIONS.to_string();
        assert_eq!(migrate(&shop, &["down", &all]).await, (0, MIGRATIONS));
        let left = schema(&shop).await;
        assert_eq!((left[0], left[1]), (0, 0), "{engine:?}: tables, and whatever else, are left");
        // There is nothing more to take back, and no harm in trying.
        assert_eq!(migrate(&shop, &["down"]).await, (0, MIGRATIONS));

        assert_eq!(migrate(&shop, &["up"]).await, (MIGRATIONS, 0));
        assert_eq!(schema(&shop).await, whole, "{engine:?}: up, down and up again is not the same");
        assert!(kept(&shop).await.iter().all(|(_, count)| *count == 0));
        trade_again(&mut shop).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_fresh_schema_is_an_empty_shop_and_up_twice_is_up_once() {
    for engine in Engine::BOTH {
        let Sold { mut shop, .. } = Sold::something(engine).await;
        let whole = schema(&shop).await;

        assert_eq!(migrate(&shop, &["fresh"]).await, (MIGRATIONS, 0));
        assert_eq!(schema(&shop).await, whole);
        assert!(kept(&shop).await.iter().all(|(_, count)| *count == 0));
        assert_eq!(migrate(&shop, &["up"]).await, (MIGRATIONS, 0));
        assert_eq!(schema(&shop).await, whole);
        trade_again(&mut shop).await;
        shop.close().await;
    }
}

#[tokio::test]
async fn a_fresh_schema_waits_for_whoever_migrates() {
    let Sold { shop, .. } = Sold::something(Engine::Postgres).await;
    let mut other = PgConnection::connect(&shop.database.url).await.unwrap();
    other.execute("select pg_advisory_lock(7305816)").await.unwrap();

    let mut fresh = shop.begin(&["migrate", "fresh"]);
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())";
    until("it waits", || async { shop.database.number(waiting).await == 1 }).await;
    assert_eq!(shop.database.number("select count(*) from commerce_orders").await, 1);
    other.close().await.unwrap();

    assert!(fresh.wait().await.unwrap().success());
    assert_eq!(shop.database.number("select count(*) from commerce_orders").await, 0);
    shop.abandon().await;
}
