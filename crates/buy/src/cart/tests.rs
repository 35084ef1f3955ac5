//! The rules of carts and of checking out.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use commerce::{
    Currency, Failure, Money, OrderId, Version, event::Sweep, order::OrderState, testing::moment,
};

use super::*;
use crate::{
    Prices, Product, ProductEdit, StockPolicy, VariantEdit, VariantRef,
    testing::{World, keeper},
};

async fn reprice(world: &World, product: &Product, minor: i64) {
    let stored = world.buy.products.find(product.id).await.unwrap().unwrap();
    let prices: Prices = [Money::usd(minor)].into_iter().collect();
    let edit = VariantEdit { prices: Some(prices), ..VariantEdit::default() };
    let of = VariantRef { product: product.id, variant: product.variants[0].id };
    world.buy.edit_variant(&keeper(), of, stored.version, edit).await.unwrap();
}

async fn archive(world: &World, product: &Product) {
    let stored = world.buy.products.find(product.id).await.unwrap().unwrap();
    world.buy.archive_product(&keeper(), product.id, stored.version).await.unwrap();
}

#[tokio::test]
async fn adding_a_variant_again_adds_up() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;

    world.add(tea.variants[0].id, 1).await.unwrap();
    let added = world.add(tea.variants[0].id, 2).await.unwrap();

    assert_eq!(added.cart.lines.len(), 1);
    assert_eq!(added.cart.lines[0].item.quantity, 3);
    assert_eq!(added.cart.quote.totals.total, Money::usd(15_00));
    assert!(added.token.is_none());
}

#[tokio::test]
async fn an_addition_under_a_key_counts_once_and_a_new_guests_token_is_kept_nowhere() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let new = NewItem { variant: tea, quantity: 2, currency: None };
    let add = async |shopper: &Shopper| {
        let request = crate::testing::once("a").request;
        let answer = |added: &Added| commerce::Answer {
            status: 201,
            headers: Vec::new(),
            body: format!("{:?}", added.cart.version),
        };
        world.buy.add_item_once(shopper, new, Some(commerce::Once { request, answer })).await
    };

    let token = add(&Shopper::Stranger).await.unwrap().token.unwrap();
    assert!(world.memory.read().receipts.is_empty());
    let guest = Shopper::Guest(token);
    add(&guest).await.unwrap();
    let again = add(&guest).await;

    assert_eq!(again.unwrap_err().code(), "already_done");
    assert_eq!(world.buy.cart(&guest).await.unwrap().lines[0].item.quantity, 4);
    let answer = world.memory.read().receipts[0].answer.clone().unwrap();
    assert_eq!(answer.body, "Version(2)", "the answer tells the cart as it was left");
}

#[tokio::test]
async fn a_cart_has_limits() {
    let rules = Rules { max_lines: 1, max_quantity: 3, ..Rules::default() };
    let world = World::with_rules(rules);
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let mug = world.sell("Mug", 5_00, StockPolicy::Hold, 10).await;

    world.add(tea.variants[0].id, 2).await.unwrap();

    let more = world.add(tea.variants[0].id, 2).await;
    assert!(matches!(more, Err(BuyError::BadQuantity(3))));
    let none = world.add(tea.variants[0].id, 0).await;
    assert!(matches!(none, Err(BuyError::BadQuantity(3))));
    let other = world.add(mug.variants[0].id, 1).await;
    assert!(matches!(other, Err(BuyError::TooManyLines(1))));
}

#[tokio::test]
async fn a_cart_is_in_one_currency() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let variant = tea.variants[0].id;
    let in_euro = NewItem { variant, quantity: 1, currency: Some(Currency::EUR) };

    let unpriced = world.buy.add_item(&world.shopper(), in_euro).await;
    assert!(matches!(unpriced, Err(BuyError::NoPrice(Currency::EUR))));
    world.add(variant, 1).await.unwrap();
    let mixed = world.buy.add_item(&world.shopper(), in_euro).await;
    assert!(matches!(mixed, Err(BuyError::OtherCurrency(Currency::USD))));
}

#[tokio::test]
async fn what_is_not_on_sale_cannot_be_added() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    archive(&world, &tea).await;

    assert!(matches!(world.add(tea.variants[0].id, 1).await, Err(BuyError::NotOnSale)));
    let unknown = VariantId::from_uuid(uuid::Uuid::nil());
    assert!(matches!(world.add(unknown, 1).await, Err(BuyError::NoVariant)));
}

#[tokio::test]
async fn items_are_changed_and_removed_over_the_version_that_was_seen() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let added = world.add(tea.variants[0].id, 1).await.unwrap();
    let (buy, who, item) = (&world.buy, world.shopper(), added.item);

    let four = ItemEdit { quantity: Some(4), price: None };
    let more = buy.edit_item(&who, Some(added.cart.version), item, four).await.unwrap();
    let late = buy.remove_item(&who, Some(added.cart.version), item).await;
    let empty = buy.remove_item(&who, Some(more.version), item).await.unwrap();

    assert_eq!(more.lines[0].item.quantity, 4);
    assert!(matches!(late, Err(BuyError::Outdated)));
    assert!(empty.lines.is_empty());
    let gone = buy.remove_item(&who, None, item).await;
    assert!(matches!(gone, Err(BuyError::NoItem)));
    world.add(tea.variants[0].id, 1).await.unwrap();
    assert!(buy.clear_cart(&who, None).await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_guest_is_known_by_their_token_alone() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let new = NewItem { variant: tea.variants[0].id, quantity: 1, currency: None };

    let first = world.buy.add_item(&Shopper::Stranger, new).await.unwrap();
    let guest = Shopper::Guest(first.token.unwrap());
    let second = world.buy.add_item(&guest, new).await.unwrap();

    assert!(second.token.is_none());
    assert_eq!(world.buy.cart(&guest).await.unwrap().lines[0].item.quantity, 2);
    let other = Shopper::Guest(CartToken::new(&world.buy.env));
    assert!(matches!(world.buy.cart(&other).await, Err(BuyError::NoCart)));
    assert!(world.buy.add_item(&other, new).await.unwrap().token.is_some());
    assert!(world.buy.cart(&Shopper::Stranger).await.unwrap().id.is_none());
    let Shopper::Guest(token) = guest else { panic!("a guest") };
    let kept = format!("{:?}", world.memory.read().all::<Cart>());
    assert!(!kept.contains(token.reveal()), "the token is not stored");
}

#[tokio::test]
async fn signing_in_adds_the_guests_cart_to_the_users_once() {
    let rules = Rules { max_quantity: 5, ..Rules::default() };
    let world = World::with_rules(rules);
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let mug = world.sell("Mug", 7_00, StockPolicy::Hold, 10).await.variants[0].id;
    world.add(tea, 4).await.unwrap();
    let new = |variant, quantity| NewItem { variant, quantity, currency: None };
    let first = world.buy.add_item(&Shopper::Stranger, new(tea, 3)).await.unwrap();
    let token = first.token.unwrap();
    world.buy.add_item(&Shopper::Guest(token.clone()), new(mug, 2)).await.unwrap();

    let merged = world.buy.merge_cart(world.user, &token).await.unwrap();
    let again = world.buy.merge_cart(world.user, &token).await.unwrap();

    let quantities: Vec<_> = merged.cart.lines.iter().map(|l| l.item.quantity).collect();
    assert_eq!(quantities, [5, 2]);
    assert_eq!(merged.left_out, [tea]);
    assert_eq!(again.cart, merged.cart);
    assert!(again.left_out.is_empty());
    let guest = world.buy.cart(&Shopper::Guest(token)).await;
    assert!(matches!(guest, Err(BuyError::NoCart)));
}

#[tokio::test]
async fn signing_in_without_a_cart_of_ones_own_keeps_the_guests() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let new = NewItem { variant: tea, quantity: 3, currency: None };
    let token = world.buy.add_item(&Shopper::Stranger, new).await.unwrap().token.unwrap();

    let merged = world.buy.merge_cart(world.user, &token).await.unwrap();

    assert_eq!(merged.cart.lines[0].item.quantity, 3);
    let strange = CartToken::new(&world.buy.env);
    assert_eq!(world.buy.merge_cart(world.user, &strange).await.unwrap().cart, merged.cart);
}

#[tokio::test]
async fn a_changed_price_is_told_and_must_be_accepted() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let added = world.add(tea.variants[0].id, 2).await.unwrap();
    reprice(&world, &tea, 6_00).await;

    let reading = world.buy.cart(&world.shopper()).await.unwrap();
    let (old, new) = (Money::usd(5_00), Money::usd(6_00));
    assert_eq!(reading.lines[0].issues, [LineIssue::PriceChanged { old, new }]);
    assert_eq!(reading.quote.totals.total, Money::usd(10_00));
    let refused = world.check_out("a").await.unwrap_err();
    assert_eq!(refused.code(), "price_changed");
    assert_eq!(refused.facts().unwrap()["lines"][0]["new"]["amount"], 6_00);

    let accept =
        async |price| world.buy.accept_prices(&world.shopper(), None, &[(added.item, price)]).await;
    assert!(matches!(accept(Money::usd(5_50)).await, Err(BuyError::PriceMoved(_))));
    let accepted = accept(new).await.unwrap();
    assert!(accepted.is_ready());
    assert_eq!(world.check_out("b").await.unwrap().totals.total, Money::usd(12_00));
}

#[tokio::test]
async fn a_price_is_not_taken_on_when_the_quantity_beside_it_is_refused() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    let added = world.add(tea.variants[0].id, 2).await.unwrap();
    reprice(&world, &tea, 6_00).await;
    let (who, seen) = (world.shopper(), Some(added.cart.version));
    let edit = async |quantity| {
        let edit = ItemEdit { quantity: Some(quantity), price: Some(Money::usd(6_00)) };
        world.buy.edit_item(&who, seen, added.item, edit).await
    };

    let refused = edit(1_000).await;
    let untouched = world.buy.cart(&who).await.unwrap();
    let edited = edit(3).await.unwrap();

    assert!(matches!(refused, Err(BuyError::BadQuantity(999))));
    assert_eq!(
        (untouched.version, &untouched.lines[0].item),
        (Version(1), &added.cart.lines[0].item)
    );
    assert_eq!(edited.version, Version(2), "both in one commit");
    let item = &edited.lines[0].item;
    assert_eq!((item.quantity, item.unit_price), (3, Money::usd(6_00)));
}

#[tokio::test]
async fn a_line_that_is_gone_or_short_is_told_and_stops_the_checkout() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 1).await;
    let mug = world.sell("Mug", 7_00, StockPolicy::Hold, 1).await;
    world.add(tea.variants[0].id, 2).await.unwrap();
    world.add(mug.variants[0].id, 1).await.unwrap();

    let short = world.check_out("a").await.unwrap_err();
    archive(&world, &mug).await;
    let gone = world.check_out("b").await.unwrap_err();
    let reading = world.buy.cart(&world.shopper()).await.unwrap();

    assert_eq!(short.code(), "out_of_stock");
    let lines = &short.facts().unwrap()["lines"];
    assert_eq!((&lines[0]["sku"], &lines[0]["available"]), (&"Tea".into(), &1.into()));
    assert_eq!(gone.code(), "unavailable_items");
    assert_eq!(reading.lines[0].issues, [LineIssue::InsufficientStock { available: 1 }]);
    assert_eq!(reading.lines[1].issues, [LineIssue::Unavailable]);
    assert_eq!(reading.quote.totals.total, Money::usd(10_00), "what is gone costs nothing");
}

#[tokio::test]
async fn checking_out_raises_the_order_holds_its_stock_and_closes_the_cart() {
    let world =
        World::with_rules(Rules { tax: crate::TaxRule::exclusive(1_000), ..Rules::default() });
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].clone();
    let mug = world.sell("Mug", 7_00, StockPolicy::OnPayment, 10).await.variants[0].clone();
    let song = world.sell("Song", 1_00, StockPolicy::Untracked, 0).await.variants[0].clone();
    for variant in [&tea, &mug, &song] {
        world.add(variant.id, 2).await.unwrap();
    }

    let order = world.check_out("a").await.unwrap();

    assert_eq!(order.totals.total, Money::usd(28_60));
    assert_eq!(order.lines.iter().map(|line| line.tax.minor).sum::<i64>(), 2_60);
    assert_eq!(order.state, OrderState::Pending { until: moment(3 + 30 * 60) });
    assert_eq!(order.lines[0].snapshot["slug"], "tea");
    let held = [&tea, &mug, &song].map(|variant| world.memory.held(variant.resource()));
    assert_eq!(held, [2, 0, 0]);
    let told: Vec<_> = world.memory.read().events.iter().map(|event| event.name).collect();
    assert_eq!(told, ["order_placed"]);
    assert_eq!(world.memory.read().receipts[0].subject, order.id.uuid());
    assert!(world.buy.cart(&world.shopper()).await.unwrap().lines.is_empty());
}

#[tokio::test]
async fn an_order_does_not_change_when_the_catalogue_does() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    world.add(tea.variants[0].id, 1).await.unwrap();
    let order = world.check_out("a").await.unwrap();

    let stored = world.buy.products.find(tea.id).await.unwrap().unwrap();
    let edit = ProductEdit { title: Some("Coffee".into()), ..ProductEdit::default() };
    world.buy.edit_product(&keeper(), tea.id, stored.version, edit).await.unwrap();

    let kept = world.buy.orders.find(order.id).await.unwrap().unwrap();
    assert_eq!(kept.state, order);
    assert_eq!(kept.state.lines[0].name, "Tea");
}

#[tokio::test]
async fn one_cart_makes_one_order_however_often_it_is_checked_out() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    world.add(tea.variants[0].id, 1).await.unwrap();

    let order = world.check_out("a").await.unwrap();
    let same_key = world.check_out("a").await;
    let other_key = world.check_out("b").await;

    assert_eq!(same_key.unwrap_err().code(), "already_done");
    let refused = other_key.unwrap_err();
    assert!(matches!(refused, BuyError::CartCheckedOut(id) if id == order.id));
    assert_eq!(refused.facts().unwrap()["order"], order.id.to_string());
    assert_eq!(world.memory.read().all::<commerce::Order>().len(), 1);
}

#[tokio::test]
async fn nothing_is_checked_out_of_an_empty_or_unseen_cart() {
    let world = World::default();
    assert!(matches!(world.check_out("a").await, Err(BuyError::CartEmpty)));
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    world.add(tea.variants[0].id, 1).await.unwrap();

    let (user, once) = (world.user, crate::testing::once("b"));
    let address = crate::testing::address();
    let check_out = crate::CheckOut { user, seen: Some(Version(9)), address, once };

    assert!(matches!(world.buy.check_out(&check_out).await, Err(BuyError::Outdated)));
}

#[tokio::test]
async fn nobody_hoards_stock_with_unpaid_orders() {
    let world = World::with_rules(Rules { max_open_orders: 1, ..Rules::default() });
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await;
    world.add(tea.variants[0].id, 1).await.unwrap();
    let _first: OrderId = world.check_out("a").await.unwrap().id;
    world.add(tea.variants[0].id, 1).await.unwrap();

    let refused = world.check_out("b").await;

    assert!(matches!(refused, Err(BuyError::TooManyOpenOrders(1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_changes_to_a_cart_all_count() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let adds = (0..8).map(|_| {
        let (buy, who) = (world.buy.clone(), world.shopper());
        let new = NewItem { variant: tea, quantity: 1, currency: None };
        tokio::spawn(async move { buy.add_item(&who, new).await.map(|_| ()) })
    });

    for add in adds.collect::<Vec<_>>() {
        add.await.unwrap().unwrap();
    }

    assert_eq!(world.buy.cart(&world.shopper()).await.unwrap().lines[0].item.quantity, 8);
}

#[tokio::test]
async fn a_cart_that_a_guest_left_behind_is_forgotten_and_a_users_is_not() {
    let world = World::default();
    let tea = world.sell("Tea", 5_00, StockPolicy::Hold, 10).await.variants[0].id;
    let new = NewItem { variant: tea, quantity: 1, currency: None };
    let guest = world.buy.add_item(&Shopper::Stranger, new).await.unwrap().token.unwrap();
    world.add(tea, 1).await.unwrap();
    let sweep = ForgetCarts {
        carts: Arc::new(world.memory.clone()),
        env: world.env.env(),
        kept: TimeDelta::days(30),
        every: Duration::from_secs(1),
    };

    world.env.clock.advance(TimeDelta::days(30));
    assert_eq!(sweep.run().await.unwrap(), 0);
    world.env.clock.advance(TimeDelta::seconds(2));

    assert_eq!(sweep.run().await.unwrap(), 1);
    assert!(matches!(world.buy.cart(&Shopper::Guest(guest)).await, Err(BuyError::NoCart)));
    assert_eq!(world.buy.cart(&world.shopper()).await.unwrap().lines.len(), 1);
}
