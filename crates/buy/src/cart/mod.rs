//! What somebody means to buy, with the prices they saw.

mod change;
mod forget;
mod merge;
mod ports;
mod read;
#[cfg(test)]
mod tests;
mod token;

pub use change::{Added, ItemEdit, NewItem};
pub use forget::ForgetCarts;
pub use merge::Merged;
pub use ports::Carts;
pub use read::{AppliedCoupon, CartReading, LineIssue, LineReading};
pub use token::{CartToken, Shopper};

use commerce::{Aggregate, Currency, Env, Id, Money, OrderId, Tagged, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{BuyError, CouponId, Place, Rules, VariantId};

pub type CartId = Id<Cart>;

impl Tagged for Cart {
    const PREFIX: &'static str = "crt";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cart {
    pub id: CartId,
    pub owner: Owner,
    /// Every price in it is in this currency.
    pub currency: Currency,
    /// One for each variant, in the order they were added.
    pub items: Vec<Item>,
    /// To be redeemed at the checkout.
    pub coupon: Option<CouponId>,
    /// Where the goods will go, as far as it is known; the checkout's address decides.
    pub destination: Option<Place>,
    pub state: CartState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Aggregate for Cart {
    type Id = CartId;

    fn id(&self) -> CartId {
        self.id
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    User(UserId),
    /// Whoever shows the token with this SHA-256, in hex.
    Guest {
        token_hash: String,
    },
}

pub type ItemId = Id<Item>;

impl Tagged for Item {
    const PREFIX: &'static str = "itm";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    pub variant: VariantId,
    pub quantity: u32,
    /// The price the customer saw, or accepted since.
    pub unit_price: Money,
    pub added_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum CartState {
    Active,
    CheckedOut {
        order: OrderId,
        at: Timestamp,
    },
    /// Its items went into the cart of the user who signed in.
    Merged {
        into: CartId,
        at: Timestamp,
    },
}

impl CartState {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::CheckedOut { .. } => "checked_out",
            Self::Merged { .. } => "merged",
        }
    }
}

impl Cart {
    pub(crate) fn open(env: &Env, owner: Owner, currency: Currency) -> Self {
        let now = env.now();
        Self {
            id: Id::new(env),
            owner,
            currency,
            items: Vec::new(),
            coupon: None,
            destination: None,
            state: CartState::Active,
            created_at: now,
            updated_at: now,
        }
    }

    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    /// More of a variant; what is there already keeps the price it was put in at.
    pub(crate) fn with(mut self, new: Item, rules: &Rules) -> Result<Self, BuyError> {
        let full = self.items.len() >= rules.max_lines;
        let there = self.items.iter_mut().find(|item| item.variant == new.variant);
        let before = there.as_ref().map_or(0, |item| item.quantity);
        let quantity = before.saturating_add(new.quantity);
        if new.quantity == 0 || quantity > rules.max_quantity {
            return Err(BuyError::BadQuantity(rules.max_quantity));
        }
        match there {
            Some(item) => item.quantity = quantity,
            None if full => return Err(BuyError::TooManyLines(rules.max_lines)),
            None => self.items.push(new),
        }
        Ok(self)
    }

    pub(crate) fn with_edit(
        self,
        id: ItemId,
        edit: ItemEdit,
        rules: &Rules,
    ) -> Result<Self, BuyError> {
        let cart = match edit.price {
            Some(price) => self.with_price(id, price)?,
            None => self,
        };
        match edit.quantity {
            Some(quantity) => cart.with_quantity(id, quantity, rules),
            None => Ok(cart),
        }
    }

    fn with_quantity(mut self, id: ItemId, quantity: u32, rules: &Rules) -> Result<Self, BuyError> {
        if quantity == 0 || quantity > rules.max_quantity {
            return Err(BuyError::BadQuantity(rules.max_quantity));
        }
        let item = self.items.iter_mut().find(|item| item.id == id).ok_or(BuyError::NoItem)?;
        item.quantity = quantity;
        Ok(self)
    }

    pub(crate) fn with_price(mut self, id: ItemId, price: Money) -> Result<Self, BuyError> {
        let item = self.items.iter_mut().find(|item| item.id == id).ok_or(BuyError::NoItem)?;
        item.unit_price = price;
        Ok(self)
    }

    pub(crate) fn without(mut self, id: ItemId) -> Result<Self, BuyError> {
        self.item(id).ok_or(BuyError::NoItem)?;
        self.items.retain(|item| item.id != id);
        Ok(self)
    }

    pub(crate) fn emptied(self) -> Self {
        Self { items: Vec::new(), ..self }
    }

    pub(crate) fn checked_out(self, order: OrderId, at: Timestamp) -> Self {
        Self { state: CartState::CheckedOut { order, at }, updated_at: at, ..self }
    }

    pub(crate) fn merged(self, into: CartId, at: Timestamp) -> Self {
        Self { state: CartState::Merged { into, at }, updated_at: at, ..self }
    }

    pub fn is_active(&self) -> bool {
        self.state == CartState::Active
    }
}
