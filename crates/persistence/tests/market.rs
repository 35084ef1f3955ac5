//! Sellers, rules and payouts on both engines, and the races for a seller's money.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its world should stop"
)]

mod support;

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Actor, Answer, Clock, Currency, Env, Id, Money, Once, PaymentId, Repository, RequestKey, Role,
    Timestamp, UserId, Write,
    payment::{Gateways, PaymentError},
    sales::{DisputeNotice, DisputeOutcome, RefundRequest, Sales, SalesSettings},
    seller::NoSellers,
};
use futures_util::future::join_all;
use market::{
    Decision, Market, MarketError, Payout, PayoutRequest, Schedule, Seller, SellerId, Settings,
    TransferState,
    testing::{ModelBank, application, assert_ports, sold},
};
use persistence::{Db, testing::TestDb};
use support::env_of;

#[tokio::test]
async fn sellers_rules_and_payouts_are_as_in_memory() {
    for test in TestDb::each_engine().await {
        assert_ports(Arc::new(test.db.clone())).await;
        test.finish().await;
    }
}

/// A market with one seller, its operator, and sales to refund.
struct Bazaar {
    market: Market,
    bank: ModelBank,
    sales: Sales,
    operator: Actor,
    seller: Seller,
}

impl Bazaar {
    async fn over(db: &Db) -> Self {
        let (env, store) = (env_of(db), Arc::new(db.clone()));
        let bank = ModelBank::default();
        let gateway = Arc::new(bank.clone());
        let market = Market::over(store.clone(), gateway, env.clone(), Settings::default());
        let person = |role| Actor { user: UserId::new(&env), session: Id::new(&env), role };
        let (owner, operator) = (person(Role::Seller), person(Role::Operator));
        let applied = market.apply(&owner, application("Ann"), None).await.unwrap().state;
        let approved = market.decide(&operator, applied.id, &Decision::Approve).await.unwrap();
        assert_eq!(approved.state.schedule, Schedule::Day);
        let sales = Sales {
            orders: store.clone(),
            payments: store.clone(),
            inbox: store.clone(),
            receipts: store.clone(),
            sellers: Arc::new(NoSellers),
            seller_books: store.clone(),
            journal: store,
            gateways: Gateways::default(),
            env,
            settings: SalesSettings::default(),
        };
        Self { market, bank, sales, operator, seller: approved.state }
    }

    async fn sells(&self, db: &Db, minor: i64) -> PaymentId {
        let (order, effects) = sold(&self.market.env, self.seller.id, Money::usd(minor));
        let payment = effects.payments[0].state.id;
        db.commit(Write::new(order).with(effects)).await.unwrap();
        payment
    }

    async fn pays_out(&self) -> Result<i64, MarketError> {
        Ok(self.draws_up().await?.amount.minor)
    }

    async fn draws_up(&self) -> Result<Payout, MarketError> {
        let request = PayoutRequest { seller: self.seller.id, currency: Currency::USD };
        Ok(self.market.pay_out(&self.operator, request, None).await?.state)
    }

    /// The bank has paid it, or gives it back after all.
    async fn ends(&self, payout: &Payout, state: TransferState) {
        self.market.send_payout(payout.id).await.unwrap();
        for state in [TransferState::Paid, state] {
            self.bank.moves(payout.id, state);
            self.market.follow(payout.id).await.unwrap();
        }
    }

    async fn loses(&self, payment: PaymentId, minor: i64) {
        let amount = Some(Money::usd(minor));
        let notice = DisputeNotice { payment, amount, reason: "fraud".into(), provider_ref: None };
        let opened = self.sales.open_dispute(&self.operator, notice, self.once()).await.unwrap();
        let which = (payment, opened.dispute.id);
        let lost = DisputeOutcome::Lost;
        self.sales.decide_dispute(&self.operator, which, lost).await.unwrap();
    }

    fn once<T>(&self) -> Once<T> {
        let key = self.market.env.uuid().to_string();
        let request = RequestKey { scope: "test".into(), key, hash: "h".into() };
        let answer = |_: &T| Answer { status: 201, headers: Vec::new(), body: "{}".into() };
        Once { request, answer }
    }

    async fn refunds(&self, payment: PaymentId, minor: i64) -> Result<(), PaymentError> {
        let asked = RefundRequest {
            payment,
            amount: Some(Money::usd(minor)),
            reason: "broken".into(),
            restock: false,
        };
        self.sales.refund(&self.operator, asked, self.once()).await.map(|_| ())
    }

    /// Payable less receivable.
    async fn stands(&self) -> i64 {
        let of: SellerId = self.seller.id;
        let balances = self.market.reads.balances(of).await.unwrap();
        balances.iter().map(|b| b.pending.minor + b.payable.minor - b.receivable.minor).sum()
    }
}

#[tokio::test]
async fn what_happened_before_a_payout_and_was_booked_after_it_is_in_the_next_one() {
    for test in TestDb::each_engine().await {
        let bazaar = Bazaar::over(&test.db).await;
        bazaar.sells(&test.db, 10_00).await;
        assert_eq!(bazaar.pays_out().await.unwrap(), 10_00);

        for held_up in [TimeDelta::minutes(30), TimeDelta::days(3)] {
            let clock = Arc::new(Held(bazaar.market.env.now() - held_up));
            let env = Env { clock, ..bazaar.market.env.clone() };
            let (order, effects) = sold(&env, bazaar.seller.id, Money::usd(7_00));
            test.db.commit(Write::new(order).with(effects)).await.unwrap();
            bazaar.sells(&test.db, 5_00).await;

            let payout = bazaar.draws_up().await.unwrap();

            let amounts: Vec<_> = payout.items.iter().map(|item| item.amount.minor).collect();
            assert_eq!(amounts, [7_00, 5_00], "{held_up}");
            assert_eq!(payout.amount, Money::usd(12_00));
        }
        assert!(matches!(bazaar.pays_out().await, Err(MarketError::NothingToPay)));
        test.finish().await;
    }
}

/// The clock of a commit that was held up.
struct Held(Timestamp);

impl Clock for Held {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[tokio::test]
async fn payouts_that_run_at_once_pay_once() {
    for test in TestDb::each_engine().await {
        let bazaar = Bazaar::over(&test.db).await;
        for round in 1..=5 {
            bazaar.sells(&test.db, 10_00).await;
            bazaar.sells(&test.db, round).await;

            let runs = join_all((0..8).map(|_| bazaar.pays_out())).await;

            let paid: Vec<_> = runs.iter().filter_map(|run| run.as_ref().ok()).collect();
            assert_eq!(paid, [&(10_00 + round)]);
            let others = runs.iter().filter_map(|run| run.as_ref().err());
            others.for_each(|error| assert!(matches!(error, MarketError::NothingToPay), "{error}"));
        }
        test.finish().await;
    }
}

#[tokio::test]
async fn refunds_that_meet_a_payout_take_what_is_there_and_are_owed_the_rest() {
    for test in TestDb::each_engine().await {
        let bazaar = Bazaar::over(&test.db).await;
        let (mut paid, mut refunded) = (0, 0);
        for _ in 0..10 {
            let first = bazaar.sells(&test.db, 30_00).await;
            let second = bazaar.sells(&test.db, 30_00).await;

            let (run, one, two, three) = tokio::join!(
                bazaar.pays_out(),
                bazaar.refunds(first, 10_00),
                bazaar.refunds(second, 30_00),
                bazaar.refunds(first, 5_00),
            );

            [one, two, three].into_iter().for_each(Result::unwrap);
            paid += match run {
                Ok(minor) => minor,
                Err(MarketError::NothingToPay) => 0,
                Err(error) => panic!("{error}"),
            };
            refunded += 45_00;
        }
        assert_eq!(bazaar.stands().await, 10 * 60_00 - refunded - paid);
        test.finish().await;
    }
}

#[tokio::test]
async fn nobody_joins_two_teams_at_once() {
    for test in TestDb::each_engine().await {
        let bazaar = Bazaar::over(&test.db).await;
        let env = &bazaar.market.env;
        let person = Actor { user: UserId::new(env), session: Id::new(env), role: Role::Seller };

        let applied = join_all((0..6).map(|at| {
            let name = format!("Shop {at}");
            let market = bazaar.market.clone();
            async move { market.apply(&person, application(&name), None).await }
        }));

        let applied = applied.await;
        assert_eq!(applied.iter().filter(|one| one.is_ok()).count(), 1);
        let refused = applied.into_iter().filter_map(Result::err);
        refused.for_each(|error| assert!(matches!(error, MarketError::HasSeller), "{error}"));
        test.finish().await;
    }
}

#[tokio::test]
async fn i9_a_seller_has_what_it_earned_less_what_went_back_and_what_it_was_paid() {
    for test in TestDb::each_engine().await {
        let bazaar = Bazaar::over(&test.db).await;
        let (mut has, mut sales, mut paid) = (0, Vec::new(), 0);
        for round in 1..=12_usize {
            let minor = i64::try_from(round).unwrap() * 7_00;
            sales.push(bazaar.sells(&test.db, minor).await);
            has += minor;
            bazaar.refunds(sales[(round * round).div_ceil(2) % sales.len()], 1_00).await.unwrap();
            has -= 1_00;
            if round % 3 == 0 {
                bazaar.loses(sales[round / 3], 2_00).await;
                has -= 2_00;
            }
            if round % 2 == 0 {
                let payout = bazaar.draws_up().await.unwrap();
                let items: i64 = payout.items.iter().map(|item| item.amount.minor).sum();
                assert_eq!(items, payout.amount.minor, "a payout is the sum of what it lists");
                has -= payout.amount.minor;
                assert_eq!(bazaar.stands().await, has);
                let comes_back = round % 4 == 0;
                let returned = TransferState::Returned { code: "account_closed".into() };
                bazaar.ends(&payout, if comes_back { returned } else { TransferState::Paid }).await;
                has += if comes_back { payout.amount.minor } else { 0 };
                paid += 1;
            }
            assert_eq!(bazaar.stands().await, has, "after round {round}");
            test.assert_sound().await;
        }
        assert_eq!(paid, 6);
        test.finish().await;
    }
}
