//! The cart of whoever asks.

use buy::{Buy, CartReading, NewItem};
use commerce::{Currency, FieldError};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{
    bodies::{CartMerge, ItemPatch, ItemPath, NewItemBody, PriceAcceptance},
    cart_views::{CartView, MergedView},
    coupon_bodies::{CartCouponBody, CartDestinationBody},
    shopper::{CART_TOKEN, Customer},
    stamped::Stamped,
};
use crate::{
    Fail, Problem,
    extract::{Body, IfMatch, Path, Signed},
};

fn stamped(reading: CartReading) -> Stamped<CartView> {
    Stamped::new(reading.version, reading.into())
}

/// Look at the cart.
///
/// Items whose price, stock or availability has changed since they were put in say so in `issues`.
#[api_v2_operation(tags(Cart), operation_id = "getCart")]
pub async fn show(buy: Data<Buy>, who: Customer) -> Result<Stamped<CartView>, Fail> {
    Ok(stamped(buy.cart(&who.0).await?))
}

/// Put something into the cart.
///
/// Nobody has to sign in: a guest without a cart gets one, and its key in the header `X-Cart-Token`, once.
/// Additions made at the same time all count, so no `If-Match` is asked for.
#[api_v2_operation(tags(Cart), operation_id = "addCartItem")]
pub async fn add(
    buy: Data<Buy>,
    who: Customer,
    body: Body<NewItemBody>,
) -> Result<Stamped<CartView, 201>, Fail<404, 409>> {
    let NewItemBody { variant, quantity, currency } = body.0;
    let currency = currency.map(|code| read_currency(&code)).transpose()?;
    let new = NewItem { variant: variant.0, quantity, currency };
    let added = buy.add_item(&who.0, new).await?;
    let location = format!("/v1/cart/items/{}", added.item);
    let token = added.token.map(|token| token.reveal().to_owned());
    let answer = Stamped::new(added.cart.version, added.cart.into());
    Ok(answer.with("location", location).with(CART_TOKEN, token))
}

fn read_currency(code: &str) -> Result<Currency, Problem> {
    Currency::parse(code).map_err(|error| {
        let unknown = FieldError::new("#/currency", "unknown_currency", error.to_string());
        Problem::invalid(vec![unknown])
    })
}

/// Change an item: its quantity, or take on its changed price.
#[api_v2_operation(tags(Cart), operation_id = "editCartItem")]
pub async fn edit(
    buy: Data<Buy>,
    who: Customer,
    path: Path<ItemPath>,
    seen: IfMatch,
    body: Body<ItemPatch>,
) -> Result<Stamped<CartView>, Fail<409>> {
    let (item, mut seen) = (path.0.id.0, seen.0);
    let ItemPatch { quantity, accept_price } = body.0;
    let mut changed = None;
    if let Some(price) = accept_price {
        let price = price.money("#/accept_price")?;
        let reading = buy.accept_prices(&who.0, Some(seen), &[(item, price)]).await?;
        seen = reading.version;
        changed = Some(reading);
    }
    if let Some(quantity) = quantity {
        changed = Some(buy.set_quantity(&who.0, Some(seen), item, quantity).await?);
    }
    let nothing = || FieldError::new("#", "empty", "tell a quantity, or a price to accept");
    Ok(stamped(changed.ok_or_else(|| Problem::invalid(vec![nothing()]))?))
}

/// Take an item out of the cart.
#[api_v2_operation(tags(Cart), operation_id = "removeCartItem")]
pub async fn remove(
    buy: Data<Buy>,
    who: Customer,
    path: Path<ItemPath>,
    seen: IfMatch,
) -> Result<Stamped<CartView>, Fail> {
    Ok(stamped(buy.remove_item(&who.0, Some(seen.0), path.0.id.0).await?))
}

/// Empty the cart.
#[api_v2_operation(tags(Cart), operation_id = "clearCart")]
pub async fn clear(
    buy: Data<Buy>,
    who: Customer,
    seen: IfMatch,
) -> Result<Stamped<CartView>, Fail> {
    Ok(stamped(buy.clear_cart(&who.0, Some(seen.0)).await?))
}

/// Put a coupon into the cart, in place of any other.
///
/// One that takes nothing off yet stays and says why in `coupon.issue`. Its uses are claimed at the checkout: who comes
/// too late is refused there with `coupon_used_up`, or with `coupon_used_before` for want of uses of their own.
#[api_v2_operation(tags(Cart), operation_id = "setCartCoupon")]
pub async fn apply_coupon(
    buy: Data<Buy>,
    who: Customer,
    seen: IfMatch,
    body: Body<CartCouponBody>,
) -> Result<Stamped<CartView>, Fail<409>> {
    let code = body.0.understood()?;
    Ok(stamped(buy.apply_coupon(&who.0, Some(seen.0), &code).await?))
}

/// Take the coupon out of the cart.
#[api_v2_operation(tags(Cart), operation_id = "removeCartCoupon")]
pub async fn remove_coupon(
    buy: Data<Buy>,
    who: Customer,
    seen: IfMatch,
) -> Result<Stamped<CartView>, Fail> {
    Ok(stamped(buy.remove_coupon(&who.0, Some(seen.0)).await?))
}

/// Say where the goods will go, to be told tax and shipping.
///
/// The address of the checkout decides in the end.
#[api_v2_operation(tags(Cart), operation_id = "setCartDestination")]
pub async fn send_to(
    buy: Data<Buy>,
    who: Customer,
    seen: IfMatch,
    body: Body<CartDestinationBody>,
) -> Result<Stamped<CartView>, Fail> {
    Ok(stamped(buy.send_to(&who.0, Some(seen.0), body.0.into()).await?))
}

/// Take on changed prices.
///
/// They are named, so that nobody takes on a price they were not shown.
#[api_v2_operation(tags(Cart), operation_id = "acceptCartPrices")]
pub async fn accept_prices(
    buy: Data<Buy>,
    who: Customer,
    body: Body<PriceAcceptance>,
) -> Result<Stamped<CartView>, Fail<404, 409>> {
    let mut prices = Vec::with_capacity(body.0.prices.len());
    for (at, accepted) in body.0.prices.iter().enumerate() {
        let price = accepted.unit_price.money(&format!("#/prices/{at}/unit_price"))?;
        prices.push((accepted.item.0, price));
    }
    Ok(stamped(buy.accept_prices(&who.0, None, &prices).await?))
}

/// Bring a guest's cart into one's own.
///
/// To be called after signing in. Quantities add up; asked again, nothing changes; an unknown token is no mistake.
#[api_v2_operation(tags(Cart), operation_id = "mergeCart")]
pub async fn merge(
    buy: Data<Buy>,
    who: Signed,
    body: Body<CartMerge>,
) -> Result<Stamped<MergedView>, Fail> {
    let merged = match body.0.cart_token.parse() {
        Ok(token) => buy.merge_cart(who.0.user, &token).await?,
        Err(_) => {
            let cart = buy.cart(&buy::Shopper::User(who.0.user)).await?;
            buy::Merged { cart, left_out: Vec::new() }
        }
    };
    Ok(Stamped::new(merged.cart.version, merged.into()))
}
