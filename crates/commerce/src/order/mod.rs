//! An order: an immutable record of what was sold; only its state moves, `Pending → Paid → Cancelled`.

mod error;
mod line;
mod ports;
mod raise;
mod redemption;
mod share;
mod state;
#[cfg(test)]
mod tests;

pub use error::OrderError;
pub use line::{Address, OrderLine, Policy, Reservation, Totals};
pub use ports::{OrderFilter, Orders};
pub use raise::NewOrder;
pub use redemption::Redemption;
pub use share::{LineShare, shares, spread};
pub use state::{CancelReason, CancellationRequest, OrderState};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Aggregate, Id, Tagged, Timestamp, UserId};

pub type OrderId = Id<Order>;

impl Tagged for Order {
    const PREFIX: &'static str = "ord";
}

/// Which way of selling raised an order, and for what; opaque to the core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub mode: String,
    pub reference: Uuid,
}

/// A record of a sale. Everything but the state and the cancellation request is fixed when it is raised.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub id: OrderId,
    pub buyer: UserId,
    pub origin: Origin,
    pub lines: Vec<OrderLine>,
    pub totals: Totals,
    pub address: Option<Address>,
    /// The coupon it was raised with.
    pub coupon: Option<Redemption>,
    pub placed_at: Timestamp,
    pub state: OrderState,
    pub cancellation_request: Option<CancellationRequest>,
}

impl Aggregate for Order {
    type Id = OrderId;

    fn id(&self) -> OrderId {
        self.id
    }
}
