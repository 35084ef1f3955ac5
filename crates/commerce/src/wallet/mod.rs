//! A customer's purse with us: topped up through any provider, and paid from as if it were one.

mod error;
mod limits;

pub use error::WalletError;
pub use limits::{TopUpLimits, WalletSettings};

use serde_json::json;

use crate::{
    Money, Order, OrderId, Payment, Timestamp, UserId,
    order::{NewOrder, OrderLine, Origin, Totals},
};

/// What the purse is called among the providers, and the mode of the orders that top it up. It has no clearing
/// account: the money is with us already.
pub const WALLET: &str = "wallet";

impl Payment {
    /// Whether the money was with us before, so that no provider is asked for anything.
    pub fn is_from_wallet(&self) -> bool {
        self.provider == WALLET
    }
}

impl Order {
    /// Whether what is paid for it goes into its buyer's wallet. Nothing is sold by such an order.
    pub fn tops_up_wallet(&self) -> bool {
        self.origin.mode == WALLET
    }
}

impl NewOrder {
    /// An order for `amount` in the wallet: one line, nothing that is scarce, no tax.
    pub(crate) fn top_up(id: OrderId, buyer: UserId, amount: Money, until: Timestamp) -> Self {
        let zero = Money::zero(amount.currency);
        let line = OrderLine {
            id: id.uuid(),
            sku: "WALLET".into(),
            name: "Wallet top-up".into(),
            quantity: 1,
            unit_price: amount,
            total: amount,
            tax: zero,
            seller: None,
            commission: None,
            reservation: None,
            snapshot: json!({}),
        };
        let totals = Totals {
            subtotal: amount,
            discount: zero,
            tax: zero,
            shipping: zero,
            total: amount,
            jurisdiction: "none".into(),
            included_tax: None,
        };
        let origin = Origin { mode: WALLET.into(), reference: buyer.uuid() };
        Self { id, buyer, origin, lines: vec![line], totals, address: None, until }
    }
}
