//! Lines of providers' records beside the books, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;

use chrono::{SubsecRound, TimeDelta};
use commerce::{
    Account, Clock, CommitError, Currency, Effects, Env, Money, PageRequest, Posting, Repository,
    Timestamp, Write, ledger,
    payment::{Gateways, LineKind, PaymentGateway, StatementLine},
    reconciliation::{
        Class, LineFilter, Reconciled, Reconciliation, ReconciliationSettings, Reconciliations,
        Standing,
    },
    testing::ModelProvider,
};
use futures_util::future::join_all;
use persistence::{Db, testing::TestDb};
use support::{captured, carry, env_of, payment_for, plain_order};
use uuid::Uuid;

/// A moment that both engines and every provider keep.
fn a_minute_ago(db: &Db) -> Timestamp {
    db.clock().now().trunc_subsecs(0) - TimeDelta::minutes(1)
}

fn row(db: &Db, name: &str, class: Class, posting: Option<Uuid>) -> Reconciled {
    let at = a_minute_ago(db);
    let mut line = StatementLine::new(LineKind::Capture, name, Money::usd(20_00), at);
    line.fee = Some(Money::new(7, Currency::EUR));
    line.payment = Some("pi_1".into());
    line.reference = Some("pay_1".into());
    line.object = Some("ch_1".into());
    line.about = Some("txn_0".into());
    Reconciled {
        id: Uuid::new_v4(),
        provider: "model".into(),
        line,
        class,
        payment: Some(Uuid::new_v4().into()),
        posting,
        fee_posting: None,
        seen_at: at,
        explained_at: class.is_explained().then_some(at),
        alarmed_at: None,
    }
}

async fn keep(db: &Db, rows: &[Reconciled]) -> Result<(), CommitError> {
    db.keep_lines(rows, Effects::none()).await
}

async fn kept(db: &Db, id: Uuid) -> Option<Reconciled> {
    db.kept_lines(&[id]).await.unwrap().into_iter().next()
}

async fn unexplained(db: &Db) -> Vec<Reconciled> {
    let page = PageRequest { limit: 100, cursor: None };
    db.list_lines(LineFilter::default(), page).await.unwrap().data
}

/// A capture in the books.
async fn booked(db: &Db, env: &Env) -> Posting {
    let payment = payment_for(env, &plain_order(env));
    let posting =
        ledger::payment_captured(env.uuid(), "model", payment.order, payment.amount, env.now());
    let posting = posting.unwrap();
    carry(db, env, Effects::none().post(posting.clone())).await.unwrap();
    posting
}

#[tokio::test]
async fn a_line_is_kept_as_it_was_told_and_what_was_seen_first_stays() {
    for test in TestDb::each_engine().await {
        let db = &test.db;
        let first = row(db, "txn_1", Class::MissingHere, None);
        keep(db, std::slice::from_ref(&first)).await.unwrap();
        assert_eq!(kept(db, first.id).await.as_ref(), Some(&first));

        let later = first.seen_at + TimeDelta::seconds(30);
        let told = Reconciled { alarmed_at: Some(later), ..first.clone() };
        keep(db, std::slice::from_ref(&told)).await.unwrap();
        let again = Reconciled { seen_at: later, class: Class::Differs, ..first.clone() };
        keep(db, &[again]).await.unwrap();

        let now = kept(db, first.id).await.unwrap();
        assert_eq!((now.seen_at, now.alarmed_at), (first.seen_at, Some(later)));
        assert_eq!(now.class, Class::Differs);
        assert_eq!(db.kept_lines(&[]).await.unwrap(), []);
        test.finish().await;
    }
}

#[tokio::test]
async fn one_posting_explains_one_line_and_an_explanation_stays() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let posting = booked(db, &env).await;
        let mut line = row(db, "txn_1", Class::Explained, Some(posting.id));
        line.line.fee = None;
        keep(db, std::slice::from_ref(&line)).await.unwrap();

        let rival = row(db, "txn_2", Class::Explained, Some(posting.id));
        let refused = keep(db, &[rival]).await;
        assert!(matches!(refused, Err(CommitError::Taken(_))), "{refused:?}");
        let slow = Reconciled { class: Class::MissingHere, posting: None, ..line.clone() };
        keep(db, &[slow]).await.unwrap();

        assert_eq!(kept(db, line.id).await.unwrap().class, Class::Explained);
        let known = db.booked(&Account::clearing("model"), &[posting.id]).await.unwrap();
        assert_eq!((known[0].amount, known[0].explains), (Money::usd(20_00), Some(line.id)));
        assert_eq!(db.booked(&Account::clearing("other"), &[posting.id]).await.unwrap(), []);
        test.discard().await;
    }
}

#[tokio::test]
async fn what_was_missing_there_is_gone_once_a_line_tells_of_it() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let posting = booked(db, &env).await;
        keep(db, &[row(db, "ours", Class::MissingThere, Some(posting.id))]).await.unwrap();
        assert_eq!(unexplained(db).await.len(), 1);

        let mut line = row(db, "txn_1", Class::Late, Some(posting.id));
        line.line.fee = None;
        keep(db, &[line]).await.unwrap();

        assert_eq!(unexplained(db).await, []);
        test.discard().await;
    }
}

#[tokio::test]
async fn unexplained_lines_are_listed_the_oldest_first_and_a_page_at_a_time() {
    for test in TestDb::each_engine().await {
        let db = &test.db;
        let mut rows: Vec<_> =
            (0..7).map(|n| row(db, &format!("txn_{n}"), Class::MissingHere, None)).collect();
        for (row, age) in rows.iter_mut().zip([3, 1, 1, 1, 5, 2, 4]) {
            row.line.at -= TimeDelta::minutes(age);
        }
        rows[6].provider = "other".into();
        rows[5].class = Class::Differs;
        keep(db, &rows).await.unwrap();

        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: 2, cursor };
            let page = db.list_lines(LineFilter::default(), page).await.unwrap();
            seen.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        rows.sort_by_key(|row| (row.line.at, row.id));
        assert_eq!(seen, rows);
        let of = async |provider: Option<&str>, class| {
            let filter = LineFilter { provider: provider.map(str::to_owned), class };
            let page = PageRequest { limit: 100, cursor: None };
            db.list_lines(filter, page).await.unwrap().data.len()
        };
        assert_eq!(of(Some("other"), None).await, 1);
        assert_eq!(of(Some("model"), Some(Class::Differs)).await, 1);
        assert_eq!(of(None, Some(Class::Explained)).await, 0);
        test.finish().await;
    }
}

#[tokio::test]
async fn payments_are_known_by_our_ids_and_by_the_providers_names() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let mut payments = Vec::new();
        for _ in 0..2 {
            let order = plain_order(&env);
            db.commit(Write::new(order.clone()).alone()).await.unwrap();
            let payment = payment_for(&env, &order);
            let (mut payment, _) = captured(&env, &payment, false);
            payment.captured = Money::usd(0);
            db.commit(Write::new(payment.clone()).alone()).await.unwrap();
            payments.push(payment);
        }
        let name = payments[1].provider_ref.clone().unwrap();

        let mut found = db
            .payments_known("sandbox", &[payments[0].id], &[name, "o'ther".into()])
            .await
            .unwrap();
        found.sort_by_key(|payment| payment.id);
        assert_eq!(found, payments);
        assert_eq!(db.payments_known("other", &[payments[0].id], &[]).await.unwrap(), []);
        assert_eq!(db.payments_known("sandbox", &[], &[]).await.unwrap(), []);
        test.discard().await;
    }
}

struct Desk {
    model: ModelProvider,
    reconciliation: Reconciliation,
}

fn desk(db: &Db) -> Desk {
    let model = ModelProvider::default();
    let gateway: Arc<dyn PaymentGateway> = Arc::new(model.clone());
    let settings =
        ReconciliationSettings { grace: TimeDelta::zero(), ..ReconciliationSettings::default() };
    let reconciliation = Reconciliation {
        lines: Arc::new(db.clone()),
        gateways: Gateways::new([gateway]),
        env: env_of(db),
        settings,
    };
    Desk { model, reconciliation }
}

async fn standing(db: &Db) -> Standing {
    db.standings().await.unwrap().remove(0)
}

#[tokio::test]
async fn runs_beside_each_other_book_each_fee_and_each_payout_once() {
    for test in TestDb::each_engine().await {
        let db = &test.db;
        let desk = desk(db);
        let at = a_minute_ago(db);
        let line = |kind, n: i64, minor| {
            StatementLine::new(kind, format!("txn_{n}"), Money::usd(minor), at)
        };
        let fees = (0..9).map(|n| line(LineKind::Fee, n, -10));
        let payouts = (10..14).map(|n| line(LineKind::Payout, n, -100));
        desk.model.books().statement.extend(fees.chain(payouts));
        desk.model.books().statement.push(line(LineKind::Other, 20, 7));

        let runs = (0..4).map(|_| desk.reconciliation.reconcile("model"));
        for run in join_all(runs).await {
            run.unwrap();
        }
        desk.reconciliation.reconcile("model").await.unwrap();

        let standing = standing(db).await;
        assert_eq!(standing.clearing, [Money::usd(-490)]);
        assert_eq!(standing.unexplained(), 1);
        assert_eq!(standing.oldest.map(|(_, at)| at), Some(at));
        let share = standing.shares().remove(0);
        assert_eq!((share.explained, share.total, share.basis_points), (490, 497, 9_859));
        let fees = "select count(*) from ledger_transactions where kind = 'provider_fee'";
        assert_eq!(test.number(fees).await, 9);
        let payouts = "select count(*) from ledger_transactions where kind = 'provider_settled'";
        assert_eq!(test.number(payouts).await, 4);
        test.finish().await;
    }
}

#[tokio::test]
async fn what_only_our_books_have_is_found_by_account_kind_and_time() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let desk = desk(db);
        let posting = booked(db, &env).await;
        let elsewhere = payment_for(&env, &plain_order(&env));
        let (_, effects) = captured(&env, &elsewhere, true);
        carry(db, &env, effects).await.unwrap();
        // The window ends with a whole second, so the next run is the one that sees it.
        let mut desk = desk;
        desk.reconciliation.settings.grace = TimeDelta::seconds(-2);

        for _ in 0..2 {
            desk.reconciliation.reconcile("model").await.unwrap();
        }

        let open = unexplained(db).await;
        assert_eq!((open.len(), open[0].class), (1, Class::MissingThere));
        assert_eq!(open[0].posting, Some(posting.id));
        assert_eq!(open[0].line.amount, Money::usd(20_00));
        let since = standing(db).await.missing_there_since;
        assert_eq!(since, Some(open[0].line.at));
        test.discard().await;
    }
}
