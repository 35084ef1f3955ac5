//! An order as its buyer and the shop see it.

use commerce::{
    Money, Order, Stored, Timestamp,
    order::{Address, LineShare, OrderLine, OrderState},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::views::MoneyView;

/// A record of a sale. Everything in it was fixed when it was placed; only its state moves.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderView {
    /// `ord_…`
    pub id: String,
    /// `pending`, `paid` or `cancelled`.
    pub state: String,
    /// `usr_…`
    pub buyer: String,
    /// The way of selling: `buy`, `rent`; `wallet` for an order that tops up the buyer's wallet.
    pub mode: String,
    pub lines: Vec<OrderLineView>,
    pub subtotal: MoneyView,
    pub discount: MoneyView,
    pub tax: MoneyView,
    /// Tax that the prices contain already; not added again.
    pub included_tax: MoneyView,
    pub shipping: MoneyView,
    /// Subtotal less discount, plus tax and shipping.
    pub total: MoneyView,
    /// The code of the coupon that took the discount off.
    pub coupon: Option<String>,
    pub address: Option<AddressView>,
    pub placed_at: Timestamp,
    /// Until when a pending order waits for payment.
    pub pay_until: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
    /// The payment that paid it: `pay_…`
    pub payment: Option<String>,
    pub cancelled_at: Option<Timestamp>,
    /// `expired`, `out_of_stock`, `requested` or `refunded`.
    pub cancel_reason: Option<String>,
    /// The buyer asked for cancellation and got no answer yet.
    pub cancellation_request: Option<CancellationRequestView>,
    pub version: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderLine")]
pub struct OrderLineView {
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: MoneyView,
    pub total: MoneyView,
    /// The line's part of the discount.
    pub discount: MoneyView,
    /// The line's part of the tax, added or within the price.
    pub tax: MoneyView,
    /// The line's part of the shipping.
    pub shipping: MoneyView,
    /// What else was remembered at the sale, such as options and image.
    pub snapshot: Value,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderAddress")]
pub struct AddressView {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub region: Option<String>,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CancellationRequest")]
pub struct CancellationRequestView {
    pub at: Timestamp,
    pub reason: String,
}

impl From<Stored<Order>> for OrderView {
    fn from(stored: Stored<Order>) -> Self {
        Self::of(stored.state, stored.version.0)
    }
}

impl OrderView {
    pub fn of(order: Order, version: i64) -> Self {
        let state = order.state.name().to_owned();
        let (mut pay_until, mut paid_at, mut payment) = (None, None, None);
        let (mut cancelled_at, mut cancel_reason) = (None, None);
        match order.state {
            OrderState::Pending { until } => pay_until = Some(until),
            OrderState::Paid { at, payment: by } => {
                paid_at = Some(at);
                payment = Some(by.to_string());
            }
            OrderState::Cancelled { at, reason } => {
                cancelled_at = Some(at);
                cancel_reason = Some(reason.as_str().to_owned());
            }
        }
        let shares = order.shares().unwrap_or_default();
        let request = order.cancellation_request;
        let included_tax = order.totals.included().into();
        Self {
            id: order.id.to_string(),
            state,
            buyer: order.buyer.to_string(),
            mode: order.origin.mode,
            lines: lines(order.lines, &shares),
            subtotal: order.totals.subtotal.into(),
            discount: order.totals.discount.into(),
            tax: order.totals.tax.into(),
            included_tax,
            shipping: order.totals.shipping.into(),
            total: order.totals.total.into(),
            coupon: order.coupon.map(|coupon| coupon.code),
            address: order.address.map(AddressView::from),
            placed_at: order.placed_at,
            pay_until,
            paid_at,
            payment,
            cancelled_at,
            cancel_reason,
            cancellation_request: request
                .map(|request| CancellationRequestView { at: request.at, reason: request.reason }),
            version,
        }
    }
}

fn lines(lines: Vec<OrderLine>, shares: &[LineShare]) -> Vec<OrderLineView> {
    let lines = lines.into_iter().enumerate();
    lines.map(|(at, line)| OrderLineView::of(line, shares.get(at))).collect()
}

impl OrderLineView {
    fn of(line: OrderLine, share: Option<&LineShare>) -> Self {
        let zero = Money::zero(line.total.currency);
        let discount = share.and_then(|share| line.total.minus(share.goods).ok());
        Self {
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            total: line.total.into(),
            discount: discount.unwrap_or(zero).into(),
            tax: line.tax.into(),
            shipping: share.map_or(zero, |share| share.shipping).into(),
            snapshot: line.snapshot,
        }
    }
}

impl From<Address> for AddressView {
    fn from(address: Address) -> Self {
        let Address { name, line1, line2, city, region, postal_code, country, phone } = address;
        Self { name, line1, line2, city, region, postal_code, country, phone }
    }
}
