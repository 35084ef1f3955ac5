//! Paying for an order: an intent at a provider, confirmed asynchronously, through one path.

mod dispute;
mod error;
mod gateway;
mod part;
mod ports;
mod state;
mod statement;

pub use dispute::{Dispute, DisputeId, DisputeNews, DisputeStands, DisputeState};
pub use error::PaymentError;
pub use gateway::{
    ClientAction, GatewayError, Gateways, Intent, IntentState, NewIntent, NewRefund, Notice,
    NoticeError, PaymentGateway, RefundState, SentRefund,
};
pub use part::{Cut, Part, Parts, RefundShare};
pub use ports::{Inbox, PaymentFilter, Payments, Reception};
pub use state::{PaymentState, Refund, RefundCause, RefundId};
pub use statement::{LineKind, Statement, StatementAsk, StatementLine, StatementPage};

use crate::{Aggregate, Id, Money, OrderId, Tagged, Timestamp, UserId};

pub type PaymentId = Id<Payment>;

impl Tagged for Payment {
    const PREFIX: &'static str = "pay";
}

/// One attempt to pay one order through one provider. An order may see several; at most one settles it.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub buyer: UserId,
    pub provider: String,
    pub amount: Money,
    pub state: PaymentState,
    /// The provider's own id, once it answered.
    pub provider_ref: Option<String>,
    /// What the client needs to finish paying.
    pub action: Option<ClientAction>,
    /// What the provider has taken from the customer.
    pub captured: Money,
    /// Whether this is the payment that paid its order; the store allows one an order.
    pub settles: bool,
    pub refunds: Vec<Refund>,
    /// What its customer's bank took back.
    pub disputes: Vec<Dispute>,
    /// Whose the money is, once it paid for an order that others than the shop sell in.
    pub parts: Option<Parts>,
    pub created_at: Timestamp,
    /// When to ask the provider again, should no notice come; absent when there is nothing to wait for.
    pub check_at: Option<Timestamp>,
    /// How often the provider was asked.
    pub checks: u32,
}

impl Aggregate for Payment {
    type Id = PaymentId;

    fn id(&self) -> PaymentId {
        self.id
    }
}
