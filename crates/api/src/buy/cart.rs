//! The cart of whoever asks.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use async_trait::async_trait;
use buy::{Added, Buy, CartReading, CartToken, ItemEdit, NewItem, Shopper};
use commerce::{Answer, Currency, FieldError, RequestKey, UserId};
use paperclip::{
    actix::{OperationModifier, api_v2_operation, web::Data},
    v2::{models::DefaultOperationRaw, schema::Apiv2Schema},
};

use super::{
    bodies::{CartMerge, ItemPatch, ItemPath, NewItemBody, PriceAcceptance},
    cart_views::{CartView, MergedView},
    coupon_bodies::{CartCouponBody, CartDestinationBody},
    shopper::{CART_TOKEN, Customer},
    stamped::Stamped,
};
use crate::{
    Fail, Problem,
    answer::{Once, created},
    edge::etag,
    extract::{Body, IfMatch, MaybeKeyed, Path, Signed, no_definitions},
    identity::{AfterSignIn, LeftBehind},
    openapi,
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
/// Additions made at the same time all count, so no `If-Match` is asked for. Under an `Idempotency-Key` an addition
/// that is sent again counts once. The key belongs to the user, or to the guest's cart; a guest without a cart has
/// nothing yet that could count twice, so theirs is not looked at.
#[api_v2_operation(tags(Cart), operation_id = "addCartItem")]
pub async fn add(
    buy: Data<Buy>,
    who: Customer,
    body: MaybeKeyed<NewItemBody>,
) -> Result<InCart, Fail<404, 409>> {
    let shopper = who.0;
    let body = match &shopper {
        Shopper::User(_) => body,
        Shopper::Guest(token) => body.within(format!("cart:{} POST /v1/cart/items", token.hash())),
        Shopper::Stranger => body.plain(),
    };
    let work = async |body: NewItemBody, request: Option<RequestKey>| -> Result<_, Problem> {
        let once = request.map(|request| commerce::Once { request, answer: worded });
        let added = buy.add_item_once(&shopper, new_item(body)?, once).await?;
        Ok(Once::first(worded(&added)))
    };
    Ok(InCart(body.once(buy.receipts.as_ref(), work).await?))
}

fn new_item(body: NewItemBody) -> Result<NewItem, Problem> {
    let NewItemBody { variant, quantity, currency } = body;
    let currency = currency.map(|code| read_currency(&code)).transpose()?;
    Ok(NewItem { variant: variant.0, quantity, currency })
}

fn worded(added: &Added) -> Answer {
    let location = format!("/v1/cart/items/{}", added.item);
    let mut answer = created(location, &CartView::from(added.cart.clone()));
    let tag = etag::of_version(added.cart.version, answer.body.as_bytes());
    answer.headers.push(("etag".into(), tag));
    let token = added.token.as_ref().map(|token| token.reveal().to_owned());
    answer.headers.extend(token.map(|token| (CART_TOKEN.to_owned(), token)));
    answer
}

/// The cart after something was put in, stamped as [`Stamped`] does it.
#[derive(Debug)]
pub struct InCart(Once<CartView>);

impl Responder for InCart {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        self.0.respond_to(request)
    }
}

impl Apiv2Schema for InCart {}

impl OperationModifier for InCart {
    no_definitions!();

    fn update_parameter(_: &mut DefaultOperationRaw) {}

    fn update_response(operation: &mut DefaultOperationRaw) {
        Once::<CartView>::update_response(operation);
        openapi::document_response_header(operation, 201, "ETag");
    }
}

fn read_currency(code: &str) -> Result<Currency, Problem> {
    Currency::parse(code).map_err(|error| {
        let unknown = FieldError::new("#/currency", "unknown_currency", error.to_string());
        Problem::invalid(vec![unknown])
    })
}

/// Change an item: its quantity, or take on its changed price.
///
/// Both at once are done together, or neither.
#[api_v2_operation(tags(Cart), operation_id = "editCartItem")]
pub async fn edit(
    buy: Data<Buy>,
    who: Customer,
    path: Path<ItemPath>,
    seen: IfMatch,
    body: Body<ItemPatch>,
) -> Result<Stamped<CartView>, Fail<409>> {
    let ItemPatch { quantity, accept_price } = body.0;
    if quantity.is_none() && accept_price.is_none() {
        let nothing = FieldError::new("#", "empty", "tell a quantity, or a price to accept");
        return Err(Problem::invalid(vec![nothing]).into());
    }
    let price = accept_price.map(|price| price.money("#/accept_price")).transpose()?;
    let edit = ItemEdit { quantity, price };
    Ok(stamped(buy.edit_item(&who.0, Some(seen.0), path.0.id.0, edit).await?))
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
/// Signing in with `X-Cart-Token` does it already; this tells what was left out. Quantities add up; asked again,
/// nothing changes; an unknown token is no mistake.
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

#[async_trait]
impl AfterSignIn for Buy {
    async fn bring_along(&self, user: UserId, guest: &str) -> Result<(), LeftBehind> {
        let token: CartToken = guest.parse()?;
        self.merge_cart(user, &token).await?;
        Ok(())
    }
}
