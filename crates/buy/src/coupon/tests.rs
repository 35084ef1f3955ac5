//! The rules of coupons, and of tax and shipping by where goods go.

use std::sync::Arc;

use chrono::TimeDelta;
use commerce::{
    Actor, Currency, Effects, Failure, Id, Money, Order, PageRequest, Role, Version,
    order::{CancelReason, OrderState},
};
use uuid::Uuid;

use super::*;
use crate::{
    Area, BuyError, Off, Place, Prices, ShippingRate, StockPolicy, TaxRule, Taxes, VariantId, Zone,
    Zones,
    testing::{World, keeper},
};

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

async fn make(world: &World, new: NewCoupon) -> Coupon {
    world.buy.make_coupon(&keeper(), new).await.unwrap().state
}

async fn a_cart(world: &World, minor: i64) -> VariantId {
    let tea = world.sell("Tea", minor, StockPolicy::Hold, 100).await.variants[0].id;
    world.add(tea, 1).await.unwrap();
    tea
}

async fn apply(world: &World, code: &str) -> crate::CartReading {
    let code = code.parse().unwrap();
    world.buy.apply_coupon(&world.shopper(), None, &code).await.unwrap()
}

async fn used(world: &World, coupon: &Coupon) -> Option<u64> {
    world.buy.coupon(&keeper(), coupon.id).await.unwrap().used
}

/// The order and its claims, ended as the core would.
async fn cancel(world: &World, order: &Order) {
    let stored = world.buy.orders.find(order.id).await.unwrap().unwrap();
    let (cancelled, claims) =
        stored.state.clone().cancel(CancelReason::Requested, world.buy.env.now()).unwrap();
    let change = stored.becomes(cancelled).with(Effects::none().claim(claims));
    world.buy.orders.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_coupon_takes_off_what_it_says_and_the_order_remembers_it() {
    let world = World::default();
    make(&world, ten_percent("TEN")).await;
    a_cart(&world, 20_00).await;

    let reading = apply(&world, " ten ").await;
    let order = world.check_out("a").await.unwrap();

    assert_eq!(reading.quote.totals.discount, Money::usd(2_00));
    assert!(reading.is_ready());
    assert_eq!((order.totals.discount, order.totals.total), (Money::usd(2_00), Money::usd(18_00)));
    let coupon = order.coupon.as_ref().unwrap();
    assert_eq!(
        (coupon.code.as_str(), coupon.discounts.as_slice()),
        ("TEN", &[Money::usd(2_00)][..])
    );
    assert!(coupon.uses.is_empty(), "nothing is claimed of what has no end");
    assert_eq!(order.shares().unwrap()[0].goods, Money::usd(18_00));
}

#[tokio::test]
async fn a_coupon_that_fits_not_yet_stays_and_keeps_the_cart_from_the_checkout() {
    let world = World::default();
    let minimum: Prices = [Money::usd(50_00)].into_iter().collect();
    make(&world, NewCoupon { minimum, ..ten_percent("BIG") }).await;
    let tea = a_cart(&world, 20_00).await;

    let reading = apply(&world, "BIG").await;
    let refused = world.check_out("a").await.unwrap_err();
    world.add(tea, 2).await.unwrap();
    let order = world.check_out("b").await.unwrap();

    let issue = CouponIssue::BelowMinimum { minimum: Money::usd(50_00) };
    assert_eq!(reading.coupon.as_ref().unwrap().issue, Some(issue));
    assert!(!reading.is_ready());
    assert_eq!(refused.code(), "coupon_unusable");
    assert_eq!(refused.facts().unwrap()["issue"], "below_minimum");
    assert_eq!(refused.facts().unwrap()["minimum"]["amount"], 50_00);
    assert_eq!(order.totals.total, Money::usd(54_00));
}

#[tokio::test]
async fn a_coupon_is_good_as_often_as_its_limit_and_given_back_with_the_order() {
    let world = World::default();
    let coupon = make(&world, NewCoupon { limit: Some(1), ..ten_percent("ONCE") }).await;
    let tea = a_cart(&world, 20_00).await;
    apply(&world, "ONCE").await;
    let first = world.check_out("a").await.unwrap();
    assert_eq!(used(&world, &coupon).await, Some(1));

    world.add(tea, 1).await.unwrap();
    apply(&world, "ONCE").await;
    let refused = world.check_out("b").await.unwrap_err();
    cancel(&world, &first).await;
    assert_eq!(used(&world, &coupon).await, Some(0));
    world.check_out("c").await.unwrap();

    assert!(matches!(refused, BuyError::CouponUsedUp(code) if code.as_str() == "ONCE"));
    assert_eq!(used(&world, &coupon).await, Some(1));
}

#[tokio::test]
async fn a_customer_has_uses_of_their_own() {
    let world = World::default();
    let coupon = make(&world, NewCoupon { limit_per_user: Some(2), ..ten_percent("TWICE") }).await;
    let tea = a_cart(&world, 20_00).await;
    for key in ["a", "b"] {
        apply(&world, "TWICE").await;
        world.check_out(key).await.unwrap();
        world.add(tea, 1).await.unwrap();
    }

    apply(&world, "TWICE").await;
    let refused = world.check_out("c").await.unwrap_err();
    let other = World { user: Id::from_uuid(Uuid::from_u128(77)), ..world };
    other.add(tea, 1).await.unwrap();
    apply(&other, "TWICE").await;

    assert!(matches!(refused, BuyError::CouponUsedBefore(_)));
    other.check_out("d").await.unwrap();
    let held = |user| other.memory.held(coupon.resource_of(user));
    assert_eq!(held(other.user), 1);
}

#[tokio::test]
async fn an_ended_coupon_takes_nothing_off_and_its_code_is_free_again() {
    let world = World::default();
    let until = world.buy.env.now() + TimeDelta::hours(1);
    make(&world, NewCoupon { valid_until: Some(until), ..ten_percent("SHORT") }).await;
    let coupon = make(&world, ten_percent("LONG")).await;
    a_cart(&world, 20_00).await;
    apply(&world, "SHORT").await;
    let taken = world.buy.make_coupon(&keeper(), ten_percent("LONG")).await.unwrap_err();

    world.env.clock.advance(TimeDelta::hours(2));
    let ended = world.buy.cart(&world.shopper()).await.unwrap();
    let late = world.buy.apply_coupon(&world.shopper(), None, &"SHORT".parse().unwrap()).await;
    world.buy.retire_coupon(&keeper(), coupon.id, Version(1)).await.unwrap();
    let unknown = world.buy.apply_coupon(&world.shopper(), None, &"LONG".parse().unwrap()).await;

    assert_eq!(taken.code(), "code_taken");
    assert_eq!(ended.coupon.as_ref().unwrap().issue, Some(CouponIssue::Ended));
    assert_eq!(ended.quote.totals.total, Money::usd(20_00));
    assert!(matches!(late, Err(BuyError::CouponUnusable(_, CouponIssue::Ended))));
    assert!(matches!(unknown, Err(BuyError::UnknownCoupon)));
    make(&world, ten_percent("LONG")).await;
    let removed = world.buy.remove_coupon(&world.shopper(), None).await.unwrap();
    assert!(removed.is_ready() && removed.coupon.is_none());
}

#[tokio::test]
async fn all_that_is_wrong_with_a_coupon_is_told_at_once() {
    let world = World::default();
    let nothing: Prices = [Money::usd(0)].into_iter().collect();
    let new = NewCoupon {
        off: Off::Fixed { amounts: Prices::default() },
        minimum: nothing,
        limit: Some(0),
        valid_until: Some(world.buy.env.now()),
        ..ten_percent("BAD")
    };

    let refused = world.buy.make_coupon(&keeper(), new).await.unwrap_err();

    let pointers: Vec<_> = refused.fields().into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(pointers, ["#/fixed", "#/minimum", "#/limit", "#/valid_until"]);
}

#[tokio::test]
async fn coupons_are_kept_by_those_whose_goods_they_are_on() {
    let world = World::default();
    let own = make(&world, ten_percent("OWN")).await;
    let operator = Actor { role: Role::Operator, ..keeper() };
    let seller = Some(Uuid::from_u128(5));
    let theirs = NewCoupon { seller, ..ten_percent("THEIRS") };
    let barred = world.buy.make_coupon(&keeper(), theirs.clone()).await;
    let theirs = world.buy.make_coupon(&operator, theirs).await.unwrap().state;
    let page = || PageRequest { limit: 10, cursor: None };
    let customer = Actor { role: Role::Customer, ..keeper() };

    let ours = world.buy.list_coupons(&keeper(), page()).await.unwrap().data;
    let all = world.buy.list_coupons(&operator, page()).await.unwrap().data;

    assert!(matches!(barred, Err(BuyError::NotAKeeper)));
    assert_eq!(ours.iter().map(|kept| kept.coupon.id).collect::<Vec<_>>(), [own.id]);
    assert_eq!(all.len(), 2);
    assert!(matches!(world.buy.coupon(&keeper(), theirs.id).await, Err(BuyError::NoCoupon)));
    assert!(matches!(world.buy.coupon(&customer, own.id).await, Err(BuyError::NotAKeeper)));
}

#[tokio::test]
async fn goods_that_cost_nothing_any_more_can_be_ordered() {
    let world = World::default();
    let off = Off::Percentage { basis_points: 10_000 };
    make(&world, NewCoupon { off, ..ten_percent("GIFT") }).await;
    a_cart(&world, 20_00).await;
    apply(&world, "GIFT").await;

    let order = world.check_out("a").await.unwrap();

    assert_eq!(order.totals.total, Money::usd(0));
    assert!(matches!(order.state, OrderState::Pending { .. }));
}

fn by_place(world: World) -> World {
    let area = |text: &str| text.parse::<Area>().unwrap();
    let rules =
        vec![(area("GB"), TaxRule { jurisdiction: "GB".into(), ..TaxRule::inclusive(2_000) })];
    let rate = ShippingRate { flat: Money::usd(5_00), ..ShippingRate::free(Currency::USD) };
    let zone = Zone { to: vec![area("GB"), area("US")], rates: vec![rate] };
    let taxes = Taxes { rules, elsewhere: TaxRule::exclusive(1_000) };
    let buy = world.buy.with_prices_by_place(Arc::new(taxes), Arc::new(Zones(vec![zone])));
    World { buy, ..world }
}

#[tokio::test]
async fn tax_and_shipping_are_known_once_the_destination_is() {
    let world = by_place(World::default());
    a_cart(&world, 12_00).await;
    let send_to = async |country: &str| {
        let place = Place { country: country.into(), region: None };
        world.buy.send_to(&world.shopper(), None, place).await.unwrap()
    };

    let nowhere_yet = world.buy.cart(&world.shopper()).await.unwrap();
    let (home, abroad, too_far) = (send_to("GB").await, send_to("US").await, send_to("FR").await);

    assert!(!nowhere_yet.quote.tax_known && !nowhere_yet.quote.shipping_known);
    assert!(nowhere_yet.is_ready(), "the checkout's address decides");
    assert_eq!(nowhere_yet.quote.totals.total, Money::usd(12_00));
    let totals = home.quote.totals;
    assert_eq!((totals.included(), totals.total), (Money::usd(2_00), Money::usd(17_00)));
    assert_eq!(abroad.quote.totals.total, Money::usd(18_20));
    assert!(!too_far.deliverable && !too_far.is_ready());
}

#[tokio::test]
async fn the_address_of_the_checkout_decides() {
    let world = by_place(World::default());
    a_cart(&world, 12_00).await;
    let place = Place { country: "FR".into(), region: None };
    world.buy.send_to(&world.shopper(), None, place).await.unwrap();

    let order = world.check_out("a").await.unwrap();

    assert_eq!(order.totals.jurisdiction, "GB");
    assert_eq!((order.totals.shipping, order.totals.total), (Money::usd(5_00), Money::usd(17_00)));
    assert_eq!(order.lines[0].tax, Money::usd(2_00));
}

#[tokio::test]
async fn a_guests_coupon_and_destination_come_along() {
    let world = World::default();
    make(&world, ten_percent("TEN")).await;
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let new = crate::NewItem { variant: tea, quantity: 1, currency: None };
    let added = world.buy.add_item(&crate::Shopper::Stranger, new).await.unwrap();
    let token = added.token.unwrap();
    let guest = crate::Shopper::Guest(token.clone());
    world.buy.apply_coupon(&guest, None, &"TEN".parse().unwrap()).await.unwrap();

    let merged = world.buy.merge_cart(world.user, &token).await.unwrap();

    assert_eq!(merged.cart.quote.totals.total, Money::usd(4_50));
}

#[test]
fn one_customers_uses_are_counted_apart() {
    let coupon = Coupon {
        id: Id::from_uuid(Uuid::from_u128(9)),
        code: "ANY".parse().unwrap(),
        discount: crate::Discount {
            seller: None,
            off: Off::Percentage { basis_points: 1 },
            minimum: Prices::default(),
        },
        limit: None,
        limit_per_user: None,
        valid_until: None,
        created_at: commerce::testing::moment(0),
        retired: None,
    };
    let user = |n| Id::from_uuid(Uuid::from_u128(n));

    assert_eq!(coupon.resource_of(user(1)), coupon.resource_of(user(1)));
    assert_ne!(coupon.resource_of(user(1)), coupon.resource_of(user(2)));
    assert_ne!(coupon.resource_of(user(1)), coupon.resource());
}
