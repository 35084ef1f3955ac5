//! What happens to an order after it was raised: it is paid, cancelled, refunded, or runs out.
//!
//! Whoever brings the news (a provider's message, the poller, the provider's own answer), a payment moves
//! through one path, [`Sales::settle`]: fetch the provider's view, decide purely, commit once.

mod accounts;
mod call_off;
mod cancel;
mod cancel_intents;
mod capture;
mod change;
mod customer_returned;
mod decide_dispute;
mod derived;
mod events;
mod expire_orders;
mod forget_receipts;
mod hear;
mod hear_dispute;
mod open_dispute;
mod parts;
mod pay_from_wallet;
mod poll_payments;
mod read;
mod read_wallet;
mod receive_notice;
mod refund;
mod refund_news;
mod release;
mod send_refunds;
mod settings;
mod settle;
mod settle_notices;
mod start_payment;
mod take_approved;
#[cfg(test)]
mod tests;
mod top_up_wallet;
mod trouble;

pub use call_off::{LineAmount, MoneyBack, Share};
pub use cancel::{CancellationDecision, DecideCancellation};
pub use cancel_intents::CancelIntents;
pub use decide_dispute::DisputeOutcome;
pub(crate) use derived::derived;
pub use expire_orders::ExpireOrders;
pub use forget_receipts::ForgetReceipts;
pub use open_dispute::{DisputeNotice, Disputed};
pub use poll_payments::PollPayments;
pub use refund::{RefundRequest, Refunded};
pub use send_refunds::SendRefunds;
pub use settings::{LatePayment, SalesSettings};
pub use settle_notices::SettleNotices;
pub use start_payment::StartPayment;
pub use top_up_wallet::TopUp;

use std::sync::Arc;

use crate::{
    Env, Receipts,
    event::{Subscriber, Sweep},
    ledger::Journal,
    order::Orders,
    payment::{Gateways, Inbox, PaymentError, PaymentGateway, Payments},
    seller::{SellerBooks, Sellers},
};

/// Everything that selling needs; clones share it.
#[derive(Clone)]
pub struct Sales {
    pub orders: Arc<dyn Orders>,
    pub payments: Arc<dyn Payments>,
    pub inbox: Arc<dyn Inbox>,
    pub receipts: Arc<dyn Receipts>,
    pub sellers: Arc<dyn Sellers>,
    pub seller_books: Arc<dyn SellerBooks>,
    pub journal: Arc<dyn Journal>,
    pub gateways: Gateways,
    pub env: Env,
    pub settings: SalesSettings,
}

impl Sales {
    /// Everyone here who acts on events.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        vec![
            Arc::new(SettleNotices(self.clone())),
            Arc::new(SendRefunds(self.clone())),
            Arc::new(CancelIntents(self.clone())),
        ]
    }

    /// Everything here that is looked after from time to time.
    pub fn sweeps(&self) -> Vec<Arc<dyn Sweep>> {
        vec![
            Arc::new(ExpireOrders(self.clone())),
            Arc::new(PollPayments(self.clone())),
            Arc::new(ForgetReceipts(self.clone())),
        ]
    }

    fn gateway(&self, provider: &str) -> Result<&Arc<dyn PaymentGateway>, PaymentError> {
        self.gateways.get(provider).ok_or_else(|| PaymentError::NoProvider(provider.to_owned()))
    }
}
