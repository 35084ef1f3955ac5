//! Migrations there and back with data in the tables, and a check that finds what was tampered with.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::sync::Arc;

use chrono::{SubsecRound, TimeDelta};
use commerce::{
    Account, Claim, ClaimId, Currency, Effects, Event, Money, Posting, Repository, ResourceId,
    Span, Stored, Write,
    ledger::{Chain, Hold},
    order::Policy,
    payment::{Gateways, LineKind, PaymentGateway, StatementLine},
    reconciliation::{Reconciliation, ReconciliationSettings},
    testing::ModelProvider,
};
use persistence::{Db, Engine, Settings, Subscriptions, check, testing::TestDb};
use serde_json::json;
use support::{carry, env_of, line, payment_for, raise, settlement, stock, transfer, user};

/// A shop that has sold something: one order paid, one waiting, one cancelled.
async fn a_shop_in_business(db: &Db) {
    let env = env_of(db);
    let resource = stock(db, &env, 10).await;
    for _ in 0..3 {
        let lines = vec![line(&env, Some(Policy::Hold), resource, 1)];
        let (order, effects) = raise(&env, user(&env), lines);
        let told = Event::new(&env, "order_placed", order.id, json!({})).to_user(order.buyer);
        carry(db, &env, effects.tell(told)).await.unwrap();
        let payment = payment_for(&env, &order);
        db.commit(Write::new(payment).alone()).await.unwrap();
    }
    let orders =
        db.rows("select id from commerce_orders where until is not null", []).await.unwrap();
    let ids: Vec<uuid::Uuid> = orders.iter().map(|row| row.try_get("", "id").unwrap()).collect();
    let mut with_payment = Vec::new();
    for id in ids {
        let payments = commerce::payment::Payments::of_order(db, id.into()).await.unwrap();
        with_payment.extend(payments.into_iter().next());
    }
    let order: Stored<commerce::Order> =
        db.find(with_payment[0].state.order).await.unwrap().unwrap();
    db.commit(settlement(&env, &with_payment[0], &order)).await.unwrap();
    let other: Stored<commerce::Order> =
        db.find(with_payment[1].state.order).await.unwrap().unwrap();
    let reason = commerce::order::CancelReason::Requested;
    let (cancelled, claims) = other.state.clone().cancel(reason, env.now()).unwrap();
    let effects = Effects::none().claim(claims);
    db.commit(other.becomes(cancelled).with(effects)).await.unwrap();
    let scooter = ResourceId::new(&env);
    for day in 0_i64..2 {
        let hour = |hours| env.now() + TimeDelta::hours(24 * day + hours);
        let span = Span::try_new(hour(0), hour(8)).unwrap();
        let id = ClaimId::new(&env);
        let held = Claim::hold_time(id, scooter, span, env.uuid(), env.now());
        carry(db, &env, Effects::none().claim([held])).await.unwrap();
    }
    busy_books(db).await;
}

/// Two holds of which one was posted in part, a transfer taken back, gold, and links for all of it.
async fn busy_books(db: &Db) {
    let env = env_of(db);
    let post = async |posting| carry(db, &env, Effects::none().post(posting)).await.unwrap();
    let (customer, about) = (user(&env), env.uuid());
    post(transfer(&env, Account::bank(), Account::wallet(customer), 100)).await;
    for posted in [None, Some(Money::usd(10))] {
        let (from, to, amount) = (Account::wallet(customer), Account::sales(), Money::usd(30));
        let hold = Hold { id: env.uuid(), reference: about, from, to, amount, until: None };
        post(hold.open("held", env.now()).unwrap()).await;
        if let Some(amount) = posted {
            post(hold.post(env.uuid(), "hold_posted", amount, env.now()).unwrap()).await;
        }
    }
    let done = transfer(&env, Account::bank(), Account::sales(), 7);
    post(done.clone()).await;
    post(done.reversed(env.uuid(), "taken_back", env.now())).await;
    let gold = Money::new(5, Currency::XAU);
    let bought = Posting::draft(env.uuid(), "gold_bought", about, env.now());
    let bought = bought.debit(Account::trading(gold.currency), gold);
    post(bought.credit(Account::gold(customer), gold).balanced().unwrap()).await;
    a_provider_was_reconciled(db).await;
    while db.seal(100).await.unwrap() > 0 {}
}

/// A provider told of money that it paid out, and of what it kept for that.
async fn a_provider_was_reconciled(db: &Db) {
    let model = ModelProvider::default();
    let at = env_of(db).now().trunc_subsecs(0) - TimeDelta::minutes(1);
    let mut line = StatementLine::new(LineKind::Payout, "po_1", Money::usd(-100), at);
    line.fee = Some(Money::usd(5));
    model.books().statement.push(line);
    let gateway: Arc<dyn PaymentGateway> = Arc::new(model);
    let reconciliation = Reconciliation {
        lines: Arc::new(db.clone()),
        gateways: Gateways::new([gateway]),
        env: env_of(db),
        settings: ReconciliationSettings { grace: TimeDelta::zero(), ..Default::default() },
    };
    reconciliation.reconcile("model").await.unwrap();
}

#[tokio::test]
async fn migrations_go_down_and_up_again_with_data_in_the_tables() {
    for test in TestDb::each_engine().await {
        a_shop_in_business(&test.db).await;
        test.assert_sound().await;
        let tables = |engine: Engine| {
            engine.pick(
                "select count(*) from information_schema.tables where table_schema = 'public'",
                "select count(*) from sqlite_master where type = 'table' and name not like 'sqlite_%'",
            )
        };
        let text = |engine: Engine| {
            engine.pick(
                "select cast((select sum(length(indexdef)) from pg_indexes where schemaname = 'public')
                 + (select sum(length(pg_get_constraintdef(oid))) from pg_constraint
                    where connamespace = 'public'::regnamespace) as bigint)",
                "select sum(length(sql)) from sqlite_master where name not like 'sqlite_%'",
            )
        };
        let before = test.number(tables(test.db.engine())).await;
        let written = test.number(text(test.db.engine())).await;

        migration::down(&test.url, None).await.unwrap();
        assert_eq!(test.number(tables(test.db.engine())).await, 1, "only the history is left");
        let states = migration::status(&test.url).await.unwrap();
        assert!(states.iter().all(|state| !state.applied));
        migration::up(&test.url).await.unwrap();

        assert_eq!(test.number(tables(test.db.engine())).await, before);
        assert_eq!(test.number(text(test.db.engine())).await, written);
        migration::down(&test.url, Some(5)).await.unwrap();
        migration::up(&test.url).await.unwrap();
        assert_eq!(test.number(text(test.db.engine())).await, written, "step by step as well");
        assert!(migration::status(&test.url).await.unwrap().iter().all(|state| state.applied));
        let fresh = test.connect_again().await;
        a_shop_in_business(&fresh).await;
        assert!(check::run(&fresh).await.unwrap().is_empty());
        migration::fresh(&test.url).await.unwrap();
        assert_eq!(test.number("select count(*) from commerce_orders").await, 0);
        fresh.close().await.unwrap();
        test.finish().await;
    }
}

#[tokio::test]
async fn an_older_release_goes_on_with_a_schema_that_is_ahead_and_none_with_one_behind() {
    for test in TestDb::each_engine().await {
        let later = "insert into seaql_migrations (version, applied_at) values ('m21000101_000001_later', 0)";
        test.execute(later).await;

        migration::up(&test.url).await.unwrap();
        assert!(migration::is_current(test.db.reader()).await.unwrap());

        test.execute("delete from seaql_migrations where version like '%_buy'").await;
        assert!(!migration::is_current(test.db.reader()).await.unwrap());
        test.finish().await;
    }
}

#[tokio::test]
async fn foreign_keys_are_on_and_the_log_is_written_ahead_on_sqlite() {
    let test = TestDb::sqlite().await;

    let pragma = async |name: &str| test.number(&format!("select * from pragma_{name}")).await;
    assert_eq!(pragma("foreign_keys").await, 1);
    assert_eq!(pragma("synchronous").await, 2);
    assert!(pragma("busy_timeout").await > 0);
    let mode = test.db.row("select journal_mode as mode from pragma_journal_mode", []).await;
    assert_eq!(mode.unwrap().unwrap().try_get::<String>("", "mode").unwrap(), "wal");
    let written = test.db.rows("delete from commerce_orders returning id", []).await;
    assert!(written.is_err(), "readers cannot write");
    test.finish().await;
}

#[tokio::test]
async fn a_database_in_memory_works_as_well() {
    let db = Db::connect(&Settings::new("sqlite::memory:")).await.unwrap();
    migration::up_on(db.reader()).await.unwrap();

    a_shop_in_business(&db).await;

    assert!(check::run(&db).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_unknown_engine_is_refused() {
    assert!(Db::connect(&Settings::new("mysql://localhost/souk")).await.is_err());
}

/// A tampering, in SQL that both engines understand, and the promise it breaks.
const TAMPERINGS: &[(&str, &str)] = &[
    ("update commerce_stock set held = -1", "stock is never negative and never promised twice"),
    (
        "update commerce_stock set on_hand = on_hand + 1",
        "what is on hand is what came less what was taken",
    ),
    ("update commerce_stock set held = held + 1", "what is held is the sum of the held claims"),
    ("delete from commerce_stock", "every claim and every move is of a known resource"),
    ("delete from commerce_calendars", "every claim and every move is of a known resource"),
    (
        "update commerce_claims set ends_at = ends_at + 86400000000 where starts_at is not null",
        "no two live claims are on the same time of a resource",
    ),
    (
        "update commerce_claims set state = 'released' where state = 'kept'",
        "an order's claims are held while it waits and kept once it is paid",
    ),
    (
        "update commerce_claims set units = 2 where state = 'held'",
        "an order's claims are held while it waits and kept once it is paid",
    ),
    (
        "update commerce_claims set state = 'held' where state = 'released'",
        "nothing is held for an order that does not wait for payment",
    ),
    (
        "delete from commerce_payments where settles",
        "every paid order has exactly one settled payment, the one it names",
    ),
    (
        "update commerce_payments set state = 'failed' where settles",
        "at most one payment settles an order, and only what was captured settles",
    ),
    (
        "update commerce_orders set state = 'pending', until = 0 where state = 'paid'",
        "no order that waits for payment is settled",
    ),
    ("delete from commerce_orders where state = 'pending'", "every payment belongs to an order"),
    (
        "update commerce_payments set refunded = captured + 1 where settles",
        "never more is refunded than was captured",
    ),
    (
        "delete from commerce_events where seq = 1",
        "the events of a stream are numbered from one without gaps",
    ),
    (
        "update ledger_entries set amount = amount + 1 where amount > 0",
        "every posting sums to nothing in every currency and layer",
    ),
    (
        "update ledger_entries set amount = amount + 1 where amount > 0",
        "the books sum to nothing in every currency",
    ),
    ("delete from ledger_transactions", "every entry belongs to a posting"),
    ("delete from ledger_transactions", "every link of the chain seals a posting"),
    ("delete from ledger_accounts where code = 'rev:sales'", "every entry belongs to an account"),
    (
        "update ledger_accounts set balance = -1 where floored",
        "the balance of an account with a floor is the sum of its entries",
    ),
    (
        "update ledger_accounts set balance = -1 where floored",
        "the escrow of an order that is paid or cancelled is empty",
    ),
    (
        "update ledger_accounts set balance = 1 where floored",
        "no account with a floor is overdrawn",
    ),
    (
        "update ledger_accounts set reserved = reserved + 1 where floored",
        "what is reserved of an account is the sum of its live holds",
    ),
    (
        "update ledger_holds set state = 'live', posted = 0 where state = 'posted'",
        "every hold is pending or ended, once and as its end says",
    ),
    (
        "update ledger_entries set layer = 'settled'
         where tx in (select id from ledger_transactions where phase = 'posted')",
        "an ended hold leaves nothing pending",
    ),
    (
        "update ledger_transactions set reverses = id where kind = 'taken_back'",
        "nothing is taken back that was not done, nor more than that",
    ),
    (
        "update ledger_entries set currency = 'USD' where currency = 'XAU'",
        "gold and money never meet in one leg",
    ),
    (
        "update ledger_entries set amount = -amount where account = 'trade:XAU'",
        "customers own no more gold than the vault and the open trades hold",
    ),
    (
        "delete from ledger_seals where seq = 1",
        "the links of the chain are numbered from one without gaps",
    ),
    (
        "update commerce_payments set captured = captured + 1 where settles",
        "what providers captured is what the books say they captured",
    ),
    (
        "update commerce_statement_lines set amount = amount - 1",
        "what explains a provider's line is a posting of the same amount",
    ),
    (
        "update commerce_statement_lines set fee = fee + 1",
        "the fee of an explained line is booked as the provider told it",
    ),
    ("update commerce_deliveries set event = id", "every delivery is of a known event"),
];

/// What keeps the tamperer out, switched off.
async fn unlock(test: &TestDb) {
    let locks = match test.db.engine() {
        Engine::Postgres => {
            "alter table ledger_entries disable trigger all;
             alter table ledger_transactions disable trigger all;
             alter table ledger_seals disable trigger all;
             alter table commerce_events disable trigger all;
             alter table commerce_orders disable trigger all;
             alter table commerce_stock drop constraint commerce_stock_bounds;
             alter table commerce_claims drop constraint commerce_claims_no_overlap;
             alter table commerce_payments drop constraint commerce_payments_refunded;
             alter table ledger_accounts drop constraint ledger_accounts_floor;"
        }
        Engine::Sqlite => {
            "pragma ignore_check_constraints = on;
             pragma foreign_keys = off;
             drop trigger commerce_claims_no_overlap_moved;
             drop trigger ledger_entries_no_update;
             drop trigger ledger_transactions_no_delete;
             drop trigger ledger_transactions_no_update;
             drop trigger ledger_seals_no_delete;
             drop trigger commerce_events_no_delete;"
        }
    };
    test.execute(locks).await;
}

#[tokio::test]
async fn the_check_finds_every_tampering() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut broken = std::collections::BTreeSet::new();
        for (tampering, promise) in TAMPERINGS {
            let test = TestDb::on(engine).await;
            test.db.subscribe(Subscriptions::none().and("order_placed", "mail"));
            a_shop_in_business(&test.db).await;
            test.assert_sound().await;
            unlock(&test).await;

            test.execute(tampering).await;

            let findings = check::run(&test.db).await.unwrap();
            let found = findings.iter().find(|finding| finding.invariant == *promise);
            let found = found.unwrap_or_else(|| panic!("{engine:?} {tampering}: {findings:#?}"));
            assert!(found.count > 0 && !found.sample.is_empty());
            broken.insert(found.invariant);
            test.discard().await;
        }
        let core: Vec<_> = check::core().map(|invariant| invariant.name).collect();
        let untried: Vec<_> = core.iter().filter(|name| !broken.contains(*name)).collect();
        assert!(untried.is_empty(), "no tampering shows that these are found: {untried:?}");
    }
}

#[tokio::test]
async fn what_is_stuck_is_told_apart_from_what_is_wrong() {
    for test in TestDb::each_engine().await {
        test.db.subscribe(Subscriptions::none().and("order_placed", "mail"));
        a_shop_in_business(&test.db).await;
        assert!(check::stuck(&test.db).await.unwrap().is_empty());

        test.execute("update commerce_deliveries set run_at = 0").await;
        test.execute("update commerce_orders set until = 0 where state = 'pending'").await;
        test.execute("update commerce_payments set check_at = 0").await;

        let stuck = check::stuck(&test.db).await.unwrap();
        assert_eq!(stuck.len(), 3, "{stuck:#?}");
        test.finish().await;
    }
}
