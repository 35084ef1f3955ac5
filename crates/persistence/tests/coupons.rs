//! Coupons in the store: kept as promised, found by their code, and used no more often than they are good for.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::{collections::BTreeMap, sync::Arc};

use buy::{
    Buy, BuyError, CheckOut, Coupon, Coupons, CouponsOf, NewCoupon, NewItem, NewVariant, Off,
    Prices, Rules, Shopper, StockPolicy, VariantId,
    testing::{address, keeper, once, product, variant},
};
use chrono::TimeDelta;
use commerce::{
    Actor, Effects, Env, Failure, Order, PageRequest, Role, UserId,
    order::CancelReason,
    testing::{SeededRandom, assert_repository},
};
use persistence::{Db, check, testing::TestDb};
use tokio::task::JoinSet;
use uuid::Uuid;

/// A shop with tea on sale.
struct Shop {
    buy: Buy,
    tea: VariantId,
}

impl Shop {
    async fn open(db: &Db) -> Self {
        let (_, seed) = Uuid::new_v4().as_u64_pair();
        let env = Env::new(Arc::new(db.clock()), Arc::new(SeededRandom::new(seed)));
        let rules = Rules { max_open_orders: 1_000, ..Rules::default() };
        let buy = Buy::over(Arc::new(db.clone()), env, rules);
        let variants = vec![NewVariant { policy: StockPolicy::Untracked, ..variant("TEA", 20_00) }];
        let made = buy.create_product(&keeper(), product("Tea", variants), None).await.unwrap();
        let tea = buy.publish_product(&keeper(), made.state.id, made.version).await.unwrap();
        Self { tea: tea.state.variants.first().unwrap().id, buy }
    }

    async fn make(&self, new: NewCoupon) -> Coupon {
        self.buy.make_coupon(&keeper(), new).await.unwrap().state
    }

    /// A cart with tea and the coupon in it.
    async fn fill(&self, user: UserId, coupon: &Coupon) {
        let new = NewItem { variant: self.tea, quantity: 1, currency: None };
        let shopper = Shopper::User(user);
        self.buy.add_item(&shopper, new).await.unwrap();
        self.buy.apply_coupon(&shopper, None, &coupon.code).await.unwrap();
    }

    async fn check_out(&self, user: UserId) -> Result<Order, BuyError> {
        check_out(self.buy.clone(), user).await
    }

    async fn used(&self, coupon: &Coupon) -> Option<u64> {
        self.buy.coupon(&keeper(), coupon.id).await.unwrap().used
    }

    fn someone(&self) -> UserId {
        UserId::new(&self.buy.env)
    }
}

async fn check_out(buy: Buy, user: UserId) -> Result<Order, BuyError> {
    let once = once(&Uuid::new_v4().to_string());
    buy.check_out(&CheckOut { user, seen: None, address: address(), once }).await
}

fn ten_percent(code: &str) -> NewCoupon {
    NewCoupon {
        code: code.parse().unwrap(),
        seller: None,
        off: Off::Percentage { basis_points: 1_000 },
        minimum: Prices::default(),
        limit: None,
        limit_per_user: None,
        valid_until: None,
    }
}

async fn cancel(buy: &Buy, order: &Order) {
    let stored = buy.orders.find(order.id).await.unwrap().unwrap();
    let (cancelled, claims) =
        stored.state.clone().cancel(CancelReason::Requested, buy.env.now()).unwrap();
    buy.orders.commit(stored.becomes(cancelled).with(Effects::none().claim(claims))).await.unwrap();
}

#[tokio::test]
async fn coupons_are_kept_and_found() {
    for test in TestDb::each_engine().await {
        let shop = Shop::open(&test.db).await;
        let made = shop.make(ten_percent("SUMMER")).await;
        next_millisecond(&shop.buy.env).await;
        let other = Coupon {
            id: commerce::Id::new(&shop.buy.env),
            code: "WINTER".parse().unwrap(),
            ..made.clone()
        };
        let retired = Coupon { retired: Some(shop.buy.env.now()), ..other.clone() };
        assert_repository::<Coupon>(&test.db, other.clone(), retired).await;

        let found = test.db.coupon_of_code(&made.code).await.unwrap().unwrap();
        assert_eq!(found.state, made);
        assert!(test.db.coupon_of_code(&other.code).await.unwrap().is_none());
        let taken = shop.buy.make_coupon(&keeper(), ten_percent("summer")).await.unwrap_err();
        assert_eq!(taken.code(), "code_taken");
        next_millisecond(&shop.buy.env).await;
        let again = shop.make(ten_percent("WINTER")).await;
        next_millisecond(&shop.buy.env).await;
        let operator = Actor { role: Role::Operator, ..keeper() };
        let seller = Some(Uuid::from_u128(7));
        let theirs = NewCoupon { seller, ..ten_percent("THEIRS") };
        let theirs = shop.buy.make_coupon(&operator, theirs).await.unwrap().state;

        let page = |cursor| PageRequest { limit: 1, cursor };
        let list = async |of, cursor| test.db.list_coupons(of, page(cursor)).await.unwrap();
        let ours = list(CouponsOf::Only(None), None).await;
        assert_eq!(ours.data.first().unwrap().state.id, again.id);
        let next = list(CouponsOf::Only(None), ours.next_cursor).await;
        assert_eq!(next.data.first().unwrap().state.id, other.id);
        let of_seller = list(CouponsOf::Only(seller), None).await;
        assert_eq!(of_seller.data.len(), 1);
        assert_eq!(of_seller.next_cursor, None);
        assert_eq!(list(CouponsOf::Everybody, None).await.data.first().unwrap().state, theirs);
        test.finish().await;
    }
}

/// Lists go by ids, and those of one millisecond come in any order.
async fn next_millisecond(env: &Env) {
    let begun = env.now().timestamp_millis();
    while env.now().timestamp_millis() == begun {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_checkouts_ten_get_the_ten_uses() {
    for test in TestDb::each_engine().await {
        let shop = Shop::open(&test.db).await;
        let coupon = shop
            .make(NewCoupon { limit: Some(10), limit_per_user: Some(1), ..ten_percent("TEN") })
            .await;
        let users: Vec<_> = (0..64).map(|_| shop.someone()).collect();
        for user in &users {
            shop.fill(*user, &coupon).await;
        }

        let mut all = JoinSet::new();
        for user in users {
            all.spawn(check_out(shop.buy.clone(), user));
        }
        let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
        for end in all.join_all().await {
            let end = end.as_ref().map_or_else(Failure::code, |order| order.state.name());
            *ends.entry(end).or_default() += 1;
        }

        assert_eq!(ends, BTreeMap::from([("pending", 10), ("coupon_used_up", 54)]));
        assert_eq!(shop.used(&coupon).await, Some(10));
        test.finish().await;
    }
}

#[tokio::test]
async fn a_customers_uses_begin_to_be_counted_with_the_first_and_come_back() {
    for test in TestDb::each_engine().await {
        let shop = Shop::open(&test.db).await;
        let coupon = shop.make(NewCoupon { limit_per_user: Some(2), ..ten_percent("TWICE") }).await;
        let user = shop.someone();
        let mut orders = Vec::new();
        for _ in 0..2 {
            shop.fill(user, &coupon).await;
            orders.push(shop.check_out(user).await.unwrap());
        }

        shop.fill(user, &coupon).await;
        let refused = shop.check_out(user).await.unwrap_err();
        cancel(&shop.buy, orders.first().unwrap()).await;
        let third = shop.check_out(user).await.unwrap();

        assert_eq!(refused.code(), "coupon_used_before");
        let kept = shop.buy.orders.find(third.id).await.unwrap().unwrap().state;
        assert_eq!(kept, third);
        assert_eq!(kept.coupon.unwrap().code, "TWICE");
        test.finish().await;
    }
}

#[tokio::test]
async fn an_order_that_ran_out_gives_its_use_back() {
    for test in TestDb::each_engine().await {
        let shop = Shop::open(&test.db).await;
        let coupon = shop.make(NewCoupon { limit: Some(1), ..ten_percent("ONE") }).await;
        let user = shop.someone();
        shop.fill(user, &coupon).await;
        let order = shop.check_out(user).await.unwrap();

        let stored = shop.buy.orders.find(order.id).await.unwrap().unwrap();
        let later = shop.buy.env.now() + TimeDelta::hours(1);
        let (expired, claims) = stored.state.clone().expire(later).unwrap();
        let change = stored.becomes(expired).with(Effects::none().claim(claims));
        shop.buy.orders.commit(change).await.unwrap();

        assert_eq!(shop.used(&coupon).await, Some(0));
        test.finish().await;
    }
}

#[tokio::test]
async fn a_use_that_left_its_order_is_found() {
    for test in TestDb::each_engine().await {
        let shop = Shop::open(&test.db).await;
        let coupon = shop.make(NewCoupon { limit: Some(1), ..ten_percent("ONE") }).await;
        let user = shop.someone();
        shop.fill(user, &coupon).await;
        shop.check_out(user).await.unwrap();
        test.assert_sound().await;

        test.execute("update commerce_claims set state = 'released'").await;

        let found = check::run(&test.db).await.unwrap();
        let promise = "a coupon's uses are held while its order waits and kept once it is paid";
        assert!(found.iter().any(|finding| finding.invariant == promise), "{found:?}");
        test.discard().await;
    }
}
