//! Bring a guest's cart into the cart of the user who signed in.

use commerce::{CommitError, Stored, UserId, Version, Write, retrying};

use super::{Cart, CartReading, CartToken, Item, Owner, Shopper};
use crate::{Buy, BuyError, Rules, VariantId};

/// The user's cart, and what of the guest's did not fit into it.
#[derive(Debug, Clone)]
pub struct Merged {
    pub cart: CartReading,
    pub left_out: Vec<VariantId>,
}

impl Buy {
    /// Adds up quantities, as many as fit, and closes the guest's cart in the same commit.
    /// Nothing about the guest's cart can make it fail, and doing it again changes nothing.
    pub async fn merge_cart(&self, user: UserId, token: &CartToken) -> Result<Merged, BuyError> {
        let guest = Owner::Guest { token_hash: token.hash() };
        let left_out = retrying(|| self.absorb(user, &guest)).await?;
        Ok(Merged { cart: self.cart(&Shopper::User(user)).await?, left_out })
    }

    async fn absorb(&self, user: UserId, guest: &Owner) -> Result<Vec<VariantId>, BuyError> {
        let Some(guest) = self.carts.active_cart(guest).await? else {
            return Ok(Vec::new());
        };
        let own = self.carts.active_cart(&Owner::User(user)).await?;
        let own = own.unwrap_or_else(|| Stored {
            state: Cart::open(&self.env, Owner::User(user), guest.state.currency),
            version: Version(0),
        });
        let (merged, left_out) = pour(own.state, &guest.state.items, &self.rules);
        let coupon = merged.coupon.or(guest.state.coupon);
        let destination = merged.destination.clone().or(guest.state.destination.clone());
        let merged = Cart { coupon, destination, ..merged };
        let now = self.env.now();
        let into = merged.id;
        let change = Write::over(own.version, Cart { updated_at: now, ..merged }).alone();
        let change = change.and(guest.becomes(guest.state.clone().merged(into, now)));
        match self.carts.commit(change).await {
            Ok(()) => Ok(left_out),
            Err(CommitError::Exists | CommitError::Taken(_)) => Err(CommitError::Stale.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts items into a cart up to its limits; what is in another currency stays out unless the cart is empty.
fn pour(cart: Cart, items: &[Item], rules: &Rules) -> (Cart, Vec<VariantId>) {
    let mut cart = cart;
    let mut left_out = Vec::new();
    for item in items {
        if cart.items.is_empty() {
            cart.currency = item.unit_price.currency;
        }
        let there = cart.items.iter().find(|own| own.variant == item.variant);
        let room = rules.max_quantity.saturating_sub(there.map_or(0, |own| own.quantity));
        let quantity = item.quantity.min(room);
        let fits = Item { quantity, ..item.clone() };
        let foreign = item.unit_price.currency != cart.currency;
        match cart.clone().with(fits, rules) {
            Ok(fuller) if !foreign => {
                cart = fuller;
                if quantity < item.quantity {
                    left_out.push(item.variant);
                }
            }
            Ok(_) | Err(_) => left_out.push(item.variant),
        }
    }
    (cart, left_out)
}
