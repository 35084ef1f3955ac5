//! What the ledger promises, on both engines: holds, reversals, repeated postings, and the chain.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use std::future::Future;

use chrono::TimeDelta;
use commerce::{
    Account, CommitError, Currency, Effects, Env, Money, Posting, UserId,
    event::Sweep,
    ledger::{Balance, Chain, End, ExpireHolds, Hold, Holds, Journal, Sealed, verify},
};
use futures_util::future::join_all;
use persistence::{Db, Engine, testing::TestDb};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRng, TestRunner},
};
use support::{carry, env_of, transfer, user};

/// Starts one task for each number below `count` and gathers what they return.
async fn race<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

async fn post(db: &Db, posting: Posting) -> Result<(), CommitError> {
    carry(db, &env_of(db), Effects::none().post(posting)).await
}

/// A purse with so much in it.
async fn purse(db: &Db, minor: i64) -> Account {
    let env = env_of(db);
    let purse = Account::wallet(user(&env));
    post(db, transfer(&env, Account::bank(), purse.clone(), minor)).await.unwrap();
    purse
}

fn hold_of(env: &Env, from: &Account, minor: i64) -> Hold {
    let (from, to, amount) = (from.clone(), Account::sales(), Money::usd(minor));
    Hold { id: env.uuid(), reference: env.uuid(), from, to, amount, until: None }
}

async fn balance(db: &Db, account: &Account) -> Balance {
    let page = commerce::PageRequest { limit: 1, cursor: None };
    db.list_balances(account.code(), page).await.unwrap().data.remove(0)
}

async fn available(db: &Db, account: &Account) -> i64 {
    balance(db, account).await.available().unwrap().minor
}

fn is_ended(outcome: &Result<(), CommitError>) -> bool {
    matches!(outcome, Err(CommitError::PostingEnded(_)))
}

#[tokio::test]
async fn what_is_held_cannot_be_spent_and_is_posted_in_part_once() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let purse = purse(db, 100).await;
        let hold = hold_of(&env, &purse, 70);

        post(db, hold.open("held", env.now()).unwrap()).await.unwrap();
        assert_eq!(available(db, &purse).await, 30);
        let spent = post(db, transfer(&env, purse.clone(), Account::sales(), 31)).await;
        assert!(matches!(spent, Err(CommitError::InsufficientFunds(_))));
        let held = post(db, hold_of(&env, &purse, 31).open("held", env.now()).unwrap()).await;
        assert!(matches!(held, Err(CommitError::InsufficientFunds(_))));

        let part = hold.post(env.uuid(), "posted", Money::usd(50), env.now()).unwrap();
        post(db, part).await.unwrap();
        assert_eq!(available(db, &purse).await, 50);
        let again = hold.post(env.uuid(), "posted", Money::usd(1), env.now()).unwrap();
        assert!(is_ended(&post(db, again).await));
        assert!(is_ended(&post(db, hold.void(env.uuid(), "voided", env.now()).unwrap()).await));
        assert!(hold.post(env.uuid(), "posted", Money::usd(71), env.now()).is_err());
        let stored = db.find_hold(hold.id).await.unwrap().unwrap();
        assert_eq!((stored.ended, stored.posted), (Some(End::Posted), Money::usd(50)));
        assert_eq!(stored.hold, hold);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_hold_expires_when_its_time_is_over_and_is_never_posted_after() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let purse = purse(db, 100).await;
        let now = env.now();
        let late = Hold { until: Some(now + TimeDelta::days(1)), ..hold_of(&env, &purse, 60) };
        let over = Hold { until: Some(now - TimeDelta::seconds(1)), ..hold_of(&env, &purse, 40) };
        for hold in [&late, &over] {
            post(db, hold.open("held", now).unwrap()).await.unwrap();
        }

        let posted = over.post(env.uuid(), "posted", Money::usd(1), env.now()).unwrap();
        assert!(is_ended(&post(db, posted).await));
        let early = late.expire(env.uuid(), "expired", env.now()).unwrap();
        assert!(is_ended(&post(db, early).await));
        let sweep = ExpireHolds {
            holds: std::sync::Arc::new(db.clone()),
            orders: std::sync::Arc::new(db.clone()),
            env: env.clone(),
            every: std::time::Duration::from_secs(1),
            batch: 10,
        };
        assert_eq!(sweep.run().await.unwrap(), 1);
        assert_eq!(sweep.run().await.unwrap(), 0);

        assert_eq!(available(db, &purse).await, 40);
        let stored = db.find_hold(over.id).await.unwrap().unwrap();
        assert_eq!(stored.ended, Some(End::Expired));
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_ends_of_a_hold_one_counts() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let purse = purse(&test.db, 100).await;
        let hold = hold_of(&env, &purse, 70);
        post(&test.db, hold.open("held", env.now()).unwrap()).await.unwrap();

        let outcomes = race(32, |number| {
            let (db, hold) = (test.db.clone(), hold.clone());
            async move {
                let (env, amount) = (env_of(&db), Money::usd(30));
                let (id, now) = (env.uuid(), env.now());
                let end = match number % 2 {
                    0 => hold.post(id, "posted", amount, now).unwrap(),
                    _ => hold.void(id, "voided", now).unwrap(),
                };
                post(&db, end).await
            }
        })
        .await;

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_ended(outcome)));
        let left = available(&test.db, &purse).await;
        assert!(left == 70 || left == 100);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_spenders_and_holders_none_gets_more_than_is_in_the_purse() {
    for test in TestDb::each_engine().await {
        let purse = purse(&test.db, 100).await;

        let outcomes = race(64, |number| {
            let (db, purse) = (test.db.clone(), purse.clone());
            async move {
                let env = env_of(&db);
                let amount = i64::try_from(number % 7).unwrap() + 1;
                let posting = match number % 2 {
                    0 => transfer(&env, purse, Account::sales(), amount),
                    _ => hold_of(&env, &purse, amount).open("held", env.now()).unwrap(),
                };
                post(&db, posting).await.map(|()| amount)
            }
        })
        .await;

        let taken: i64 = outcomes.iter().flatten().sum();
        let refused = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        assert!(refused.into_iter().all(|e| matches!(e, CommitError::InsufficientFunds(_))));
        assert_eq!(available(&test.db, &purse).await, 100 - taken);
        assert!(taken > 100 - 7, "whoever asked for what was there got it: {taken}");
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_reversals_at_once_exactly_one_goes_through() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let done = transfer(&env, Account::bank(), Account::sales(), 100);
        post(&test.db, done.clone()).await.unwrap();

        let outcomes = race(32, |_| {
            let (db, done) = (test.db.clone(), done.clone());
            async move {
                let env = env_of(&db);
                post(&db, done.reversed(env.uuid(), "taken_back", env.now())).await
            }
        })
        .await;

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_ended(outcome)));
        assert_eq!(balance(&test.db, &Account::bank()).await.balance.minor, 0);
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_taken_back_at_once_never_come_to_more_than_was_done() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let done = transfer(&env, Account::bank(), Account::sales(), 100);
        post(&test.db, done.clone()).await.unwrap();
        let id = done.id;
        let part = move |env: &Env, debit: Account, credit: Account, minor: i64| {
            let draft = Posting::draft(env.uuid(), "taken_back", id, env.now()).reversing(id);
            let amount = Money::usd(minor);
            draft.debit(debit, amount).credit(credit, amount).balanced().unwrap()
        };

        let outcomes = race(32, |_| {
            let db = test.db.clone();
            async move {
                let back = part(&env_of(&db), Account::sales(), Account::bank(), 7);
                post(&db, back).await
            }
        })
        .await;
        let further = part(&env, Account::bank(), Account::sales(), 1);
        let elsewhere = part(&env, Account::sales(), Account::rounding(), 1);

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 14);
        assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_ended(outcome)));
        assert_eq!(balance(&test.db, &Account::bank()).await.balance.minor, 2);
        assert!(is_ended(&post(&test.db, further).await));
        assert!(is_ended(&post(&test.db, elsewhere).await));
        test.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_posting_repeated_is_one_and_with_other_words_is_refused() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let first = transfer(&env, Account::bank(), Account::sales(), 5);
        let draft = Posting::draft(first.id, first.kind, first.reference, env.now());
        let other = draft.debit(Account::bank(), Money::usd(6));
        let other = other.credit(Account::sales(), Money::usd(6)).balanced().unwrap();

        let outcomes = race(16, |_| {
            let (db, posting) = (test.db.clone(), first.clone());
            async move { post(&db, posting).await }
        })
        .await;
        let differs = post(&test.db, other).await;

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let repeated = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        assert!(repeated.into_iter().all(|error| matches!(error, CommitError::Exists)));
        assert!(matches!(differs, Err(CommitError::OtherInput(id)) if id == first.id));
        assert_eq!(test.number("select count(*) from ledger_entries").await, 2);

        let hold = hold_of(&env, &purse(&test.db, 9).await, 9);
        post(&test.db, hold.open("held", env.now()).unwrap()).await.unwrap();
        let end = hold.void(env.uuid(), "voided", env.now()).unwrap();
        post(&test.db, end.clone()).await.unwrap();
        assert!(matches!(post(&test.db, end).await, Err(CommitError::Exists)));
        test.finish().await;
    }
}

/// What keeps the tamperer out, switched off.
async fn unlock(test: &TestDb) {
    test.execute(test.db.engine().pick(
        "alter table ledger_entries disable trigger all; alter table ledger_transactions disable trigger all;
         alter table ledger_seals disable trigger all",
        "drop trigger ledger_entries_no_update; drop trigger ledger_transactions_no_update;
         drop trigger ledger_transactions_no_delete; drop trigger ledger_seals_no_update;
         drop trigger ledger_seals_no_delete",
    ))
    .await;
}

#[tokio::test]
async fn tampering_is_found_at_the_right_link() {
    let tx = |seq: i64| format!("(select tx from ledger_seals where seq = {seq})");
    let tamperings = [
        (3, format!("update ledger_entries set amount = amount * 2 where tx = {}", tx(3))),
        (5, format!("update ledger_entries set account = 'rev:other' where line = 1 and tx = {}", tx(5))),
        (2, format!("update ledger_transactions set kind = 'gift' where id = {}", tx(2))),
        (7, format!("update ledger_transactions set at = at + 1 where id = {}", tx(7))),
        (4, format!("delete from ledger_transactions where id = {}", tx(4))),
        (6, "delete from ledger_seals where seq = 6".to_owned()),
        (1, "update ledger_seals set hash = (select hash from ledger_seals where seq = 2) where seq = 1".to_owned()),
    ];
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for (seq, tampering) in &tamperings {
            let test = TestDb::on(engine).await;
            let env = env_of(&test.db);
            for minor in 1..9 {
                let posting = transfer(&env, Account::bank(), Account::sales(), minor);
                post(&test.db, posting).await.unwrap();
            }
            while test.db.seal(3).await.unwrap() > 0 {}
            let sound = verify(&test.db).await.unwrap();
            assert_eq!((sound.links, &sound.broken, sound.unsealed), (8, &None, 0));
            unlock(&test).await;

            test.execute(tampering).await;

            let told = verify(&test.db).await.unwrap();
            assert_eq!(told.broken.map(|broken| broken.seq), Some(*seq), "{engine:?} {tampering}");
            test.discard().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_and_sealers_at_once_leave_no_posting_out_and_none_twice() {
    for test in TestDb::each_engine().await {
        race(24, |number| {
            let db = test.db.clone();
            async move {
                for _ in 0..8 {
                    if number % 4 == 0 {
                        db.seal(5).await.unwrap();
                    } else {
                        let posting = transfer(&env_of(&db), Account::bank(), Account::sales(), 1);
                        post(&db, posting).await.unwrap();
                    }
                }
            }
        })
        .await;

        while test.db.seal(50).await.unwrap() > 0 {}
        let told = verify(&test.db).await.unwrap();
        assert_eq!((told.links, told.broken, told.unsealed), (144, None, 0));
        test.finish().await;
    }
}

/// One thing that may happen to the books of a few people.
#[derive(Debug, Clone)]
enum Happening {
    Fill(usize, i64),
    Spend(usize, i64),
    Open(usize, i64),
    Post(usize, i64),
    Void(usize),
    Reverse(usize),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let (who, minor) = (0_usize..4, 1_i64..200);
    let one = prop_oneof![
        3 => (who.clone(), minor.clone()).prop_map(|(who, minor)| Happening::Fill(who, minor)),
        2 => (who.clone(), minor.clone()).prop_map(|(who, minor)| Happening::Spend(who, minor)),
        2 => (who, minor.clone()).prop_map(|(who, minor)| Happening::Open(who, minor)),
        2 => (0_usize..8, minor).prop_map(|(at, minor)| Happening::Post(at, minor)),
        2 => (0_usize..8).prop_map(Happening::Void),
        2 => (0_usize..20).prop_map(Happening::Reverse),
    ];
    prop::collection::vec(one, 60..80)
}

/// Carries happenings out; what is refused is left out.
async fn happen(db: &Db, env: &Env, happenings: &[Happening]) {
    let people: Vec<UserId> = (0..4).map(|_| user(env)).collect();
    let purse = |who: &usize| Account::wallet(people[*who]);
    let (mut holds, mut done): (Vec<Hold>, Vec<Posting>) = (Vec::new(), Vec::new());
    for happening in happenings {
        let posting = match happening {
            Happening::Fill(who, minor) => transfer(env, Account::bank(), purse(who), *minor),
            Happening::Spend(who, minor) => transfer(env, purse(who), Account::sales(), *minor),
            Happening::Open(who, minor) => {
                holds.push(hold_of(env, &purse(who), *minor));
                holds.last().unwrap().open("held", env.now()).unwrap()
            }
            Happening::Post(at, minor) => {
                let Some(hold) = holds.get(*at) else { continue };
                let amount = Money::usd((*minor).min(hold.amount.minor));
                hold.post(env.uuid(), "posted", amount, env.now()).unwrap()
            }
            Happening::Void(at) => {
                let Some(hold) = holds.get(*at) else { continue };
                hold.void(env.uuid(), "voided", env.now()).unwrap()
            }
            Happening::Reverse(at) => {
                let Some(posting) = done.get(*at) else { continue };
                posting.reversed(env.uuid(), "taken_back", env.now())
            }
        };
        let plain = posting.phase == commerce::ledger::Phase::Settled && posting.reverses.is_none();
        if carry(db, env, Effects::none().post(posting.clone())).await.is_ok() && plain {
            done.push(posting);
        }
    }
    while db.seal(64).await.unwrap() > 0 {}
}

async fn all_links(db: &Db) -> Vec<Sealed> {
    db.sealed(0, 10_000).await.unwrap()
}

/// The posting as it was written, put together from what the book says.
fn written_again(sealed: &Sealed, accounts: &[Balance]) -> Posting {
    let posting = sealed.posting.as_ref().unwrap();
    let account = |code: &str| {
        let known = accounts.iter().find(|balance| balance.code == code).unwrap();
        Account::stored(code.to_owned(), known.class, known.reserved.is_some())
    };
    let kind: &'static str = Box::leak(posting.kind.clone().into_boxed_str());
    let pending = posting.entries.iter().find(|entry| entry.layer == "pending" && entry.amount > 0);
    let settled = posting.entries.iter().find(|entry| entry.layer == "settled" && entry.amount > 0);
    let to = |amount: i64, layer: &str| {
        let other = posting.entries.iter().find(|e| e.layer == layer && e.amount == -amount);
        account(&other.unwrap().account)
    };
    let (id, about, at) = (posting.id, posting.reference, posting.at);
    let hold = |id, pending: &commerce::ledger::SealedEntry, back: bool| {
        let (one, two) = (account(&pending.account), to(pending.amount, "pending"));
        let (from, to) = if back { (two, one) } else { (one, two) };
        Hold { id, reference: about, from, to, amount: Money::usd(pending.amount), until: None }
    };
    let written = match (posting.phase.as_str(), pending) {
        ("pending", Some(pending)) => hold(id, pending, false).open(kind, at).unwrap(),
        ("posted", Some(pending)) => {
            let amount = Money::usd(settled.map_or(0, |entry| entry.amount));
            hold(posting.ends.unwrap(), pending, true).post(id, kind, amount, at).unwrap()
        }
        ("voided", Some(pending)) => {
            hold(posting.ends.unwrap(), pending, true).void(id, kind, at).unwrap()
        }
        _ => {
            let draft = Posting::draft(id, kind, about, at);
            let draft = match posting.reverses {
                Some(original) => draft.reversing(original),
                None => draft,
            };
            let draft = posting.entries.iter().fold(draft, |draft, entry| {
                let amount =
                    Money::new(entry.amount.abs(), Currency::parse(&entry.currency).unwrap());
                if entry.amount > 0 {
                    draft.debit(account(&entry.account), amount)
                } else {
                    draft.credit(account(&entry.account), amount)
                }
            });
            draft.balanced().unwrap()
        }
    };
    assert_eq!(written.phase.as_str(), posting.phase);
    written
}

async fn all_balances(db: &Db) -> Vec<Balance> {
    let page = commerce::PageRequest { limit: 100, cursor: None };
    db.list_balances("", page).await.unwrap().data
}

#[tokio::test]
async fn the_log_replayed_on_an_empty_store_of_the_other_engine_gives_the_same_books_and_head() {
    let rng = TestRng::deterministic_rng(Config::default().rng_algorithm);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        let (first, second) = (TestDb::on(from).await, TestDb::on(to).await);
        let story = happenings().new_tree(&mut runner).unwrap().current();
        happen(&first.db, &env_of(&first.db), &story).await;
        let (links, accounts) = (all_links(&first.db).await, all_balances(&first.db).await);
        assert!(links.len() > 20, "{story:?}");

        for sealed in &links {
            post(&second.db, written_again(sealed, &accounts)).await.unwrap();
            second.db.seal(10).await.unwrap();
        }

        assert_eq!(all_balances(&second.db).await, accounts);
        let (one, two) = (verify(&first.db).await.unwrap(), verify(&second.db).await.unwrap());
        assert_eq!(one, two);
        assert_eq!(one.broken, None);
        first.finish().await;
        second.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn random_accounts_in_random_order_do_not_deadlock() {
    for test in TestDb::each_engine().await {
        let mut purses = Vec::new();
        for _ in 0..6 {
            purses.push(purse(&test.db, 1_000).await);
        }

        race(24, |number| {
            let (db, purses) = (test.db.clone(), purses.clone());
            async move {
                let env = env_of(&db);
                for step in 0..10 {
                    let at = |n: usize| purses[(number * 7 + step * n) % purses.len()].clone();
                    let draft = Posting::draft(env.uuid(), "mixed", env.uuid(), env.now());
                    let (a, b) = (Money::usd(2), Money::usd(1));
                    let draft = draft.debit(at(5), a).credit(at(3), b).credit(at(11), b);
                    carry(&db, &env, Effects::none().post(draft.balanced().unwrap()))
                        .await
                        .unwrap();
                }
            }
        })
        .await;

        let whole: i64 = test
            .number("select cast(sum(balance) as bigint) from ledger_accounts where floored")
            .await;
        assert_eq!(whole, -6_000);
        test.finish().await;
    }
}
