//! Turn the cart into an order.

use buy::{Buy, CheckOut};
use commerce::{Answer, Order};
use paperclip::actix::{api_v2_operation, web::Data};

use super::{bodies::CheckoutBody, shopper::Seen};
use crate::{
    Fail, Problem,
    answer::{Once, created},
    commerce::views::OrderView,
    extract::{Keyed, Signed},
};

/// Check out.
///
/// Places an order for everything in the cart and closes the cart. Refused with 409 while something in it is not on
/// sale (`unavailable_items`), not there in that number (`out_of_stock`) or has another price than was accepted
/// (`price_changed`); `lines` then tells which. Refused with 409 as well when the coupon takes nothing off
/// (`coupon_unusable`) or has no uses left (`coupon_used_up`, `coupon_used_before`), and when nothing is sent to the
/// address (`not_sent_there`). The address decides about tax and shipping.
#[api_v2_operation(tags(Cart), operation_id = "checkOut")]
pub async fn check_out(
    buy: Data<Buy>,
    who: Signed,
    seen: Seen,
    body: Keyed<CheckoutBody>,
) -> Result<Once<OrderView>, Fail<409>> {
    let (user, seen) = (who.0.user, seen.0);
    let work = async |body: CheckoutBody, request| -> Result<_, Problem> {
        let once = commerce::Once { request, answer: worded };
        let check_out = CheckOut { user, seen, address: body.address.into(), once };
        let order = buy.check_out(&check_out).await?;
        Ok(Once::first(worded(&order)))
    };
    Ok(body.once(buy.receipts.as_ref(), work).await?)
}

fn worded(order: &Order) -> Answer {
    created(format!("/v1/orders/{}", order.id), &OrderView::of(order.clone(), 1))
}
