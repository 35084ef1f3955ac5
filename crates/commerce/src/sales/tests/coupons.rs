//! Orders with a coupon: its use goes with the order, and what costs nothing is paid without a provider.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::world::World;
use crate::{
    ClaimId, Effects, Money, Order, OrderId, Repository, ResourceId,
    order::{
        NewOrder, OrderError, OrderLine, OrderState, Origin, Policy, Redemption, Reservation,
        Totals,
    },
    payment::{IntentState, PaymentState},
    sales::{LatePayment, RefundRequest},
};

/// A shop with a coupon that is good once.
struct Shop {
    world: World,
    uses: ResourceId,
}

impl Shop {
    fn open() -> Self {
        let world = World::new(LatePayment::Honour);
        let uses = ResourceId::new(&world.env());
        world.memory().set_stock(uses, 1);
        Self { world, uses }
    }

    /// Of things for 20.00 with so much off, tax of a sixth within.
    fn order(&self, off: &[i64]) -> Result<(Order, Effects), OrderError> {
        let env = self.world.env();
        let price = Money::usd(20_00);
        let line = |_: &i64| OrderLine {
            id: env.uuid(),
            sku: "TEA".into(),
            name: "Green tea".into(),
            quantity: 1,
            unit_price: price,
            total: price,
            tax: Money::usd(0),
            seller: None,
            commission: None,
            reservation: None,
            snapshot: json!({}),
        };
        let lines: Vec<_> = off.iter().map(line).collect();
        let (zero, count) = (Money::usd(0), i64::try_from(off.len()).unwrap());
        let discount = Money::usd(off.iter().sum());
        let totals = Totals::of(price.times(count)?, discount, zero, zero, "GB")?;
        let included = totals.total.share(1, 6)?;
        let new = NewOrder {
            id: OrderId::new(&env),
            buyer: self.world.buyer.user,
            origin: Origin { mode: "test".into(), reference: Uuid::nil() },
            lines,
            totals: totals.including(included),
            address: None,
            until: env.now() + TimeDelta::minutes(30),
        };
        let redemption = Redemption {
            coupon: Uuid::nil(),
            code: "ONCE".into(),
            discounts: off.iter().copied().map(Money::usd).collect(),
            uses: vec![Reservation {
                claim: ClaimId::new(&env),
                resource: self.uses,
                units: 1,
                policy: Policy::Hold,
                span: None,
            }],
        };
        Order::raise_redeeming(new, Some(redemption), env.now())
    }

    async fn raise(&self, off: &[i64]) -> OrderId {
        let (order, effects) = self.order(off).unwrap();
        let write = effects.orders.first().cloned().unwrap();
        let rest = Effects { orders: Vec::new(), ..effects };
        self.world.memory().commit(write.with(rest)).await.unwrap();
        order.id
    }

    /// Of the coupon: how many uses are left, and how many are held.
    fn left(&self) -> (i64, i64) {
        let memory = self.world.memory();
        (memory.on_hand(self.uses), memory.held(self.uses))
    }
}

#[tokio::test]
async fn a_use_is_held_with_the_order_and_given_back_when_it_runs_out() {
    let shop = Shop::open();
    shop.raise(&[5_00]).await;
    assert_eq!(shop.left(), (1, 1));

    shop.world.pass(3_600);
    shop.world.expire().await;

    assert_eq!(shop.left(), (1, 0));
}

#[tokio::test]
async fn a_use_is_taken_with_the_payment_and_given_back_with_the_money() {
    let shop = Shop::open();
    let world = &shop.world;
    let order = shop.raise(&[2_00]).await;
    let payment = world.start(order).await.unwrap();
    world.customer(&payment, IntentState::Captured);
    world.notify_all().await;
    world.tell_all().await;
    assert_eq!(shop.left(), (0, 0));
    assert_eq!((world.balance("rev:sales"), world.balance("tax:GB")), (-15_00, -3_00));

    let all =
        RefundRequest { payment: payment.id, amount: None, reason: "sorry".into(), restock: false };
    world.sales.refund(&world.operator(), all, world.once()).await.unwrap();
    world.tell_all().await;
    world.notify_all().await;
    world.tell_all().await;

    assert_eq!(world.order(order).state.name(), "cancelled");
    assert_eq!(shop.left(), (1, 0), "though the goods are not back");
    assert_eq!((world.balance("rev:sales"), world.balance("tax:GB")), (0, 0));
}

#[tokio::test]
async fn what_costs_nothing_is_paid_without_a_provider() {
    let shop = Shop::open();
    let world = &shop.world;
    let order = shop.raise(&[20_00]).await;

    let payment = world.start(order).await.unwrap();

    assert!(matches!(payment.state, PaymentState::Captured { .. }) && payment.settles);
    assert!(matches!(world.order(order).state, OrderState::Paid { .. }));
    assert_eq!((shop.left(), world.told("order_paid")), ((0, 0), 1));
    assert!(world.memory().read().postings.is_empty(), "nothing is no posting");
    assert!(world.model.books().notices.is_empty(), "nobody was asked");
}

#[test]
fn a_coupon_takes_off_the_lines_what_it_takes_off_the_order() {
    let shop = Shop::open();
    let (order, effects) = shop.order(&[15_00, 5_00]).unwrap();

    let goods: Vec<_> = order.shares().unwrap().iter().map(|share| share.goods.minor).collect();
    assert_eq!(goods, [5_00, 15_00]);
    assert_eq!(effects.claims.len(), 1);
    let more_than_it_costs = shop.order(&[21_00, 0]).map(|_| ());
    assert_eq!(more_than_it_costs, Err(OrderError::DoesNotAddUp));
}
