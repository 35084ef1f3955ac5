//! Claims on time: what every store promises of them, raced, and with nothing but the row lock or the backstop left.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Claim, ClaimId, ClaimMove, CommitError, Effects, Env, Repository, ResourceId, Span, Stored,
    Write,
    order::{OrderLine, Policy, Reservation},
    testing::assert_time_claims,
};
use futures_util::future::join_all;
use persistence::{Db, Engine, testing::TestDb};
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use support::{carry, env_of, line, payment_for, plain_order, raise, settlement, user};
use tokio::sync::Barrier;
use uuid::Uuid;

fn span(env: &Env, from: i64, to: i64) -> Span {
    let hour = |hour| env.now() + TimeDelta::hours(hour);
    Span::try_new(hour(from), hour(to)).unwrap()
}

fn hold(env: &Env, resource: ResourceId, span: Span) -> ClaimMove {
    Claim::hold_time(ClaimId::new(env), resource, span, Uuid::nil(), env.now())
}

async fn does(db: &Db, env: &Env, moves: Vec<ClaimMove>) -> Result<(), CommitError> {
    carry(db, env, Effects::none().claim(moves)).await
}

#[tokio::test]
async fn nobody_gets_time_that_another_has() {
    for test in TestDb::each_engine().await {
        let env = support::still_env();

        assert_time_claims(&test.db, &env, || plain_order(&env)).await;

        test.finish().await;
    }
}

/// Numbers that are as good as thrown, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn one_of<T>(&mut self, all: &mut Vec<T>) -> Option<T> {
        let count = u64::try_from(all.len()).unwrap();
        (count > 0).then(|| all.swap_remove(usize::try_from(self.below(count)).unwrap()))
    }
}

#[derive(Default)]
struct Outcomes {
    won: usize,
    lost: usize,
    others: Vec<CommitError>,
}

/// Holds one to three vehicles at a time in no order, gives some back, and wants some of those again.
async fn customer(db: Db, vehicles: Arc<[ResourceId]>, number: u64) -> Outcomes {
    let (env, mut dice) = (env_of(&db), Dice(number));
    let (mut mine, mut given_back): (Vec<Claim>, Vec<Claim>) = (Vec::new(), Vec::new());
    let mut outcomes = Outcomes::default();
    for _ in 0..10 {
        let moves: Vec<ClaimMove> = match dice.below(4) {
            0 => dice.one_of(&mut mine).map(|claim| claim.release(env.now()).unwrap()),
            1 => dice.one_of(&mut given_back).map(|claim| claim.keep(env.now()).unwrap()),
            _ => None,
        }
        .map_or_else(|| some_vehicles(&env, &vehicles, &mut dice), |again| vec![again]);
        match does(&db, &env, moves.clone()).await {
            Ok(()) => {
                outcomes.won += 1;
                for ClaimMove { claim, .. } in moves {
                    if claim.is_live() { mine.push(claim) } else { given_back.push(claim) }
                }
            }
            Err(CommitError::OutOfStock(of)) if !of.is_empty() => outcomes.lost += 1,
            Err(other) => outcomes.others.push(other),
        }
    }
    outcomes
}

fn some_vehicles(env: &Env, vehicles: &[ResourceId], dice: &mut Dice) -> Vec<ClaimMove> {
    let mut left = vehicles.to_vec();
    let chosen = 1 + dice.below(3);
    let mut moves = Vec::new();
    for _ in 0..chosen {
        let resource = dice.one_of(&mut left).unwrap();
        let from = i64::try_from(dice.below(400)).unwrap();
        let hours = 1 + i64::try_from(dice.below(30)).unwrap();
        moves.push(hold(env, resource, span(env, from, from + hours)));
    }
    moves
}

async fn race_for_time(test: &TestDb) {
    let env = env_of(&test.db);
    let vehicles: Arc<[ResourceId]> = (0..5).map(|_| ResourceId::new(&env)).collect();

    let tasks = (0..64).map(|n| tokio::spawn(customer(test.db.clone(), vehicles.clone(), n)));
    let outcomes: Vec<Outcomes> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();

    let others: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.others).collect();
    assert!(others.is_empty(), "{:?}: {others:?}", test.db.engine());
    let (won, lost) = outcomes.iter().fold((0, 0), |(w, l), o| (w + o.won, l + o.lost));
    assert!(won > 64 && lost > 64, "{won} won and {lost} lost: that was no race");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_who_want_5_vehicles_no_two_have_the_same_time() {
    for test in TestDb::each_engine().await {
        race_for_time(&test).await;
        test.finish().await;
    }
}

/// All want hours that overlap all others', at the same moment: one of them gets them, each time.
async fn race_for_the_same_hours(test: &TestDb) {
    let vehicle = ResourceId::new(&env_of(&test.db));
    for round in 0..5 {
        let start = Arc::new(Barrier::new(64));
        let tasks = (0..64).map(|number| {
            let (db, start) = (test.db.clone(), start.clone());
            tokio::spawn(async move {
                let (env, from) = (env_of(&db), round * 1_000 + number);
                let wanted = hold(&env, vehicle, span(&env, from, from + 100));
                start.wait().await;
                does(&db, &env, vec![wanted]).await
            })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();

        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let lost = |outcome: &&Result<(), CommitError>| matches!(outcome, Err(CommitError::OutOfStock(of)) if *of == [vehicle]);
        assert_eq!(outcomes.iter().filter(lost).count(), 63, "{outcomes:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_calendars_lock_alone_keeps_claims_apart() {
    for test in TestDb::each_engine().await {
        test.execute(match test.db.engine() {
            Engine::Postgres => {
                "alter table commerce_claims drop constraint commerce_claims_no_overlap"
            }
            Engine::Sqlite => {
                "drop trigger commerce_claims_no_overlap_made;
                 drop trigger commerce_claims_no_overlap_moved;"
            }
        })
        .await;
        race_for_time(&test).await;
        race_for_the_same_hours(&test).await;
        test.finish().await;
    }
}

#[tokio::test]
async fn who_goes_past_the_calendar_is_stopped_all_the_same() {
    for test in TestDb::each_engine().await {
        let env = env_of(&test.db);
        let resource = ResourceId::new(&env);
        let (taken, later) =
            (hold(&env, resource, span(&env, 10, 20)), hold(&env, resource, span(&env, 30, 40)));
        does(&test.db, &env, vec![taken, later.clone()]).await.unwrap();
        does(&test.db, &env, vec![later.claim.release(env.now()).unwrap()]).await.unwrap();
        let by_hand = [
            "insert into commerce_claims \
             (id, resource, holder, units, state, moment, starts_at, ends_at, live) \
             select holder, resource, holder, 1, 'kept', 0, ends_at - 1, ends_at + 1, true \
             from commerce_claims where state = 'held'",
            "update commerce_claims set state = 'kept', live = true, \
             starts_at = (select starts_at from commerce_claims where state = 'held') \
             where state = 'released'",
            "update commerce_claims set starts_at = null where state = 'held'",
            "update commerce_claims set live = true where state = 'released'",
        ];

        for sql in by_hand {
            let refused = test.db.execute(sql, []).await;
            assert!(refused.is_err(), "{:?} let it through: {sql}", test.db.engine());
        }

        test.finish().await;
    }
}

/// A rival that has no calendar writes at the same moment: the steps cannot see it, the constraint does.
#[tokio::test]
async fn the_backstop_speaks_our_words() {
    let test = TestDb::postgres().await;
    let env = env_of(&test.db);
    let wanted = hold(&env, ResourceId::new(&env), span(&env, 10, 20));
    let elsewhere = Database::connect(&test.url).await.unwrap();
    let rival = elsewhere.begin().await.unwrap();
    let resource = wanted.claim.resource;
    let ends = wanted.claim.span.unwrap().ends_at().timestamp_micros();
    let sql = format!(
        "insert into commerce_claims (id, resource, holder, units, state, moment, starts_at, ends_at, live) \
         values (gen_random_uuid(), '{}', gen_random_uuid(), 1, 'held', 0, 0, {ends}, true)",
        resource.uuid()
    );
    rival.execute_unprepared(&sql).await.unwrap();

    let (db, moves) = (test.db.clone(), vec![wanted]);
    let waiting = tokio::spawn(async move { does(&db, &env_of(&db), moves).await });
    let blocked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' \
        and datname = current_database()";
    while test.number(blocked).await == 0 {
        tokio::task::yield_now().await;
    }
    rival.commit().await.unwrap();
    elsewhere.close().await.unwrap();

    let refused = waiting.await.unwrap();
    assert!(
        matches!(&refused, Err(CommitError::OutOfStock(of)) if of == &[resource]),
        "{refused:?}"
    );
    test.discard().await;
}

fn lent(env: &Env, resource: ResourceId, span: Span) -> OrderLine {
    let line = line(env, Some(Policy::Hold), resource, 1);
    OrderLine {
        reservation: line.reservation.map(|r| Reservation { span: Some(span), ..r }),
        ..line
    }
}

#[tokio::test]
async fn an_expired_order_gets_its_time_back_if_nobody_took_it() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let (free, taken) = (ResourceId::new(&env), ResourceId::new(&env));
        let mut changes = Vec::new();
        for resource in [free, taken] {
            let lines = vec![lent(&env, resource, span(&env, 10, 20))];
            let (order, effects) = raise(&env, user(&env), lines);
            carry(db, &env, effects).await.unwrap();
            let payment = payment_for(&env, &order);
            db.commit(Write::new(payment.clone()).alone()).await.unwrap();
            let stored: Stored<commerce::Order> = db.find(order.id).await.unwrap().unwrap();
            let late = env.now() + TimeDelta::hours(1);
            let (expired, claims) = stored.state.clone().expire(late).unwrap();
            db.commit(stored.becomes(expired).with(Effects::none().claim(claims))).await.unwrap();
            let order: Stored<commerce::Order> = db.find(order.id).await.unwrap().unwrap();
            let payment = db.find(payment.id).await.unwrap().unwrap();
            changes.push(settlement(&env, &payment, &order));
        }
        does(db, &env, vec![hold(&env, taken, span(&env, 19, 21))]).await.unwrap();

        let mut outcomes = Vec::new();
        for change in changes.clone() {
            outcomes.push(db.commit(change).await);
        }

        assert!(outcomes[0].is_ok(), "{:?}", outcomes[0]);
        assert!(
            matches!(&outcomes[1], Err(CommitError::OutOfStock(of)) if of == &[taken]),
            "{:?}",
            outcomes[1]
        );
        let again = db.commit(changes[0].clone()).await;
        assert!(matches!(again, Err(CommitError::Stale)), "nothing is settled twice: {again:?}");
        test.finish().await;
    }
}

#[tokio::test]
async fn a_claim_that_moved_meanwhile_is_stale_and_not_out_of_stock() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let held = hold(&env, ResourceId::new(&env), span(&env, 10, 20));
        let released = held.claim.clone().release(env.now()).unwrap();
        let again = released.claim.clone().keep(env.now()).unwrap();
        does(db, &env, vec![held.clone()]).await.unwrap();
        does(db, &env, vec![released.clone()]).await.unwrap();
        does(db, &env, vec![again.clone()]).await.unwrap();

        for late in [held, released, again] {
            let refused = does(db, &env, vec![late]).await;
            assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn units_and_time_are_had_together_or_not_at_all() {
    for test in TestDb::each_engine().await {
        let (db, env) = (&test.db, env_of(&test.db));
        let (helmets, scooter) = (support::stock(db, &env, 3).await, ResourceId::new(&env));
        let order = async |units, from| {
            let helmets = line(&env, Some(Policy::Hold), helmets, units);
            let lines = vec![helmets, lent(&env, scooter, span(&env, from, from + 5))];
            carry(db, &env, raise(&env, user(&env), lines).1).await
        };
        order(2, 0).await.unwrap();

        let no_time = order(1, 4).await;
        let no_helmets = order(2, 5).await;

        assert!(matches!(no_time, Err(CommitError::OutOfStock(of)) if of == [scooter]));
        assert!(matches!(no_helmets, Err(CommitError::OutOfStock(of)) if of == [helmets]));
        order(1, 5).await.unwrap();
        test.finish().await;
    }
}
