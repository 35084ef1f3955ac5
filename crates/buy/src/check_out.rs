//! Check out: turn the cart into an order, once, with what it needs set aside.

use std::collections::HashMap;

use commerce::{
    Change, Claim, CommitError, Effects, Event, Id, Money, Once, Order, OrderId, ResourceId,
    Stored, UserId, Version,
    order::{Address, NewOrder, OrderLine, Origin, Reservation},
    retrying,
    seller::{OnSale, Terms},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Buy, BuyError, Cart, CartReading, LineIssue, LineReading, MODE, Offer, Owner, Place,
    PricedLine, Tree, VariantId, coupon::Redeemed,
};

#[derive(Debug, Clone)]
pub struct CheckOut {
    pub user: UserId,
    /// The version of the cart the customer saw, if they say so.
    pub seen: Option<Version>,
    pub address: Address,
    pub once: Once<Order>,
}

/// What goes into the order.
struct Sold {
    lines: Vec<OrderLine>,
    coupon: Option<Redeemed>,
}

/// A line there is not enough for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    pub variant: VariantId,
    pub sku: String,
    pub wanted: u32,
    pub available: i64,
}

impl Buy {
    pub async fn check_out(&self, check_out: &CheckOut) -> Result<Order, BuyError> {
        retrying(|| self.place(check_out)).await
    }

    async fn place(&self, check_out: &CheckOut) -> Result<Order, BuyError> {
        let Some(cart) = self.carts.active_cart(&Owner::User(check_out.user)).await? else {
            return Err(self.without_cart(check_out).await?);
        };
        if check_out.seen.is_some_and(|seen| seen != cart.version) {
            return Err(BuyError::Outdated);
        }
        let open = self.orders.open_orders(check_out.user).await?;
        if open >= self.rules.max_open_orders {
            return Err(BuyError::TooManyOpenOrders(open));
        }
        let to = Place::from(&check_out.address);
        let reading = self.read_cart_for(&cart, Some(&to)).await?;
        ready(&reading)?;
        let sold = Sold {
            lines: self.on_terms(&reading).await?,
            coupon: self.redeem(&reading, check_out.user).await?,
        };
        let coupon = sold.coupon.clone();
        let (order, change) = self.close(&cart, &reading, sold, check_out)?;
        match (self.carts.commit(change).await, coupon) {
            (Ok(()), _) => Ok(order),
            (Err(CommitError::OutOfStock(of)), coupon) => {
                let spent = coupon.and_then(|used| used.refusal(&of, check_out.user));
                match spent {
                    Some(spent) => Err(spent),
                    None => Err(self.short(&reading, &of).await?),
                }
            }
            // Another checkout began to count this customer's uses.
            (Err(CommitError::Exists), Some(used)) if used.opening.is_some() => {
                Err(CommitError::Stale.into())
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// There is nothing to check out: this very request did it, or an earlier one, or nothing was put in.
    async fn without_cart(&self, check_out: &CheckOut) -> Result<BuyError, BuyError> {
        let request = &check_out.once.request;
        if self.receipts.find_receipt(&request.scope, &request.key).await?.is_some() {
            return Ok(CommitError::AlreadyDone.into());
        }
        let last = self.carts.last_checkout(check_out.user).await?;
        Ok(last.map_or(BuyError::CartEmpty, BuyError::CartCheckedOut))
    }

    /// The order's lines, each on the terms of its seller; what the shop sells itself asks nobody.
    async fn on_terms(&self, reading: &CartReading) -> Result<Vec<OrderLine>, BuyError> {
        let priced = reading.lines.iter().zip(&reading.quote.lines);
        let mut lines: Vec<_> =
            priced.filter_map(|(line, priced)| self.line(line, priced)).collect();
        if lines.iter().all(|line| line.seller.is_none()) {
            return Ok(lines);
        }
        let tree = self.tree().await?;
        let offers = reading.lines.iter().filter_map(|line| Some((line, line.offer.as_ref()?)));
        let mut asked = Vec::new();
        for (((line, priced), (read, offer)), at) in
            lines.iter().zip(&reading.quote.lines).zip(offers).zip(0..)
        {
            if let Some(seller) = line.seller {
                asked.push((at, read, on_sale(&tree, offer, seller, priced.goods()?)));
            }
        }
        let things: Vec<_> = asked.iter().map(|(_, _, thing)| thing.clone()).collect();
        let mut barred = Vec::new();
        for ((at, read, _), terms) in asked.into_iter().zip(self.sellers.terms(&things).await?) {
            match terms {
                Terms::Commission(commission) => {
                    let line: Option<&mut OrderLine> = lines.get_mut(at);
                    line.into_iter().for_each(|line| line.commission = Some(commission.clone()));
                }
                Terms::Barred => {
                    barred
                        .push(LineReading { issues: vec![LineIssue::Unavailable], ..read.clone() });
                }
            }
        }
        if barred.is_empty() { Ok(lines) } else { Err(BuyError::Unavailable(barred)) }
    }

    /// The whole decision: the cart closed, the order raised, its claims, its event and the receipt.
    fn close(
        &self,
        cart: &Stored<Cart>,
        reading: &CartReading,
        sold: Sold,
        check_out: &CheckOut,
    ) -> Result<(Order, Change<Cart>), BuyError> {
        let now = self.env.now();
        let id = OrderId::new(&self.env);
        let new = NewOrder {
            id,
            buyer: check_out.user,
            origin: Origin { mode: MODE.to_owned(), reference: cart.state.id.uuid() },
            lines: sold.lines,
            totals: reading.quote.totals.clone(),
            address: Some(check_out.address.clone()),
            until: now + self.rules.hold,
        };
        let opening = sold.coupon.as_ref().map(Redeemed::effects).unwrap_or_default();
        let redemption = sold.coupon.map(|used| used.redemption);
        let (order, effects) = Order::raise_redeeming(new, redemption, now)?;
        let effects = effects.and(opening);
        let placed = Event::new(&self.env, "order_placed", id, told(&order));
        let receipt = check_out.once.receipt(id.uuid(), &order);
        let effects = effects.and(Effects::none().tell(placed.to_user(order.buyer)));
        let closed = cart.state.clone().checked_out(id, now);
        Ok((order, cart.becomes(closed).with(effects.receipt(receipt))))
    }

    /// What the order remembers of a line, whatever becomes of the catalogue.
    fn line(&self, line: &LineReading, priced: &PricedLine) -> Option<OrderLine> {
        let offer = line.offer.as_ref()?;
        let units = i64::from(line.item.quantity);
        let reserve = |policy| Reservation {
            claim: Id::<Claim>::new(&self.env),
            resource: offer.resource(),
            units,
            policy,
            span: None,
        };
        Some(OrderLine {
            id: self.env.uuid(),
            sku: offer.sku.clone(),
            name: offer.title.clone(),
            quantity: line.item.quantity,
            unit_price: line.item.unit_price,
            total: priced.total,
            tax: priced.tax,
            seller: offer.seller,
            commission: None,
            reservation: offer.policy.reserves().map(reserve),
            snapshot: snapshot(offer),
        })
    }

    /// Names the lines whose resources the commit found short, with what there is now.
    async fn short(&self, reading: &CartReading, of: &[ResourceId]) -> Result<BuyError, BuyError> {
        let offers = reading.lines.iter().filter_map(|line| line.offer.as_ref());
        let short = offers.filter(|offer| of.contains(&offer.resource()));
        let variants: Vec<_> = short.map(|offer| offer.variant).collect();
        let now = self.catalogue.stock_levels(&variants).await?;
        let now: HashMap<_, _> =
            now.into_iter().map(|level| (level.variant, level.available())).collect();
        let lines = reading.lines.iter().filter(|line| variants.contains(&line.item.variant));
        let left = |line: &LineReading| now.get(&line.item.variant).copied().unwrap_or_default();
        Ok(BuyError::OutOfStock(lines.map(|line| Short::of(line, left(line))).collect()))
    }
}

fn ready(reading: &CartReading) -> Result<(), BuyError> {
    if reading.lines.is_empty() {
        return Err(BuyError::CartEmpty);
    }
    let gone = reading.with_issue(|issue| matches!(issue, LineIssue::Unavailable));
    if !gone.is_empty() {
        return Err(BuyError::Unavailable(gone));
    }
    let short = |line: &LineReading| {
        line.issues.iter().find_map(|issue| match issue {
            LineIssue::InsufficientStock { available } => Some(Short::of(line, *available)),
            LineIssue::PriceChanged { .. } | LineIssue::Unavailable => None,
        })
    };
    let short: Vec<_> = reading.lines.iter().filter_map(short).collect();
    if !short.is_empty() {
        return Err(BuyError::OutOfStock(short));
    }
    let dearer = reading.with_issue(|issue| matches!(issue, LineIssue::PriceChanged { .. }));
    if !dearer.is_empty() {
        return Err(BuyError::PricesChanged(dearer));
    }
    if !reading.deliverable {
        return Err(BuyError::NotSentThere);
    }
    let refused = reading.coupon.iter().find_map(|applied| Some((applied, applied.issue?)));
    refused.map_or(Ok(()), |(applied, issue)| {
        Err(BuyError::CouponUnusable(applied.coupon.code.clone(), issue))
    })
}

fn on_sale(tree: &Tree, offer: &Offer, seller: Uuid, price: Money) -> OnSale {
    let path = offer.category.map(|category| tree.path(category)).unwrap_or_default();
    let categories = path.iter().rev().map(|category| category.id.uuid()).collect();
    OnSale { seller, product: offer.product.uuid(), categories, price }
}

fn snapshot(offer: &Offer) -> Value {
    json!({
        "product": offer.product.to_string(),
        "variant": offer.variant.to_string(),
        "slug": offer.slug,
        "options": offer.options.iter().cloned().collect::<HashMap<_, _>>(),
        "image": offer.image.as_ref().map(|image| &image.url),
    })
}

fn told(order: &Order) -> Value {
    let total: Money = order.totals.total;
    json!({"order": order.id.to_string(), "buyer": order.buyer.to_string(), "total": total})
}

impl Short {
    fn of(line: &LineReading, available: i64) -> Self {
        Self {
            variant: line.item.variant,
            sku: line.offer.as_ref().map(|offer| offer.sku.clone()).unwrap_or_default(),
            wanted: line.item.quantity,
            available: available.max(0),
        }
    }

    pub(crate) fn told(&self) -> Value {
        json!({
            "variant": self.variant.to_string(),
            "sku": self.sku,
            "wanted": self.wanted,
            "available": self.available,
        })
    }
}
