//! Selling for others: who sells here, what it costs them, what they have earned and how they are paid.
//!
//! The money itself moves in the core, in the same commit as the sale; here is decided who may sell, on what terms,
//! when earnings are released and what a payout consists of.

mod commission;
mod error;
mod payout;
mod release;
mod seller;
mod settings;
mod zone;

#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use commerce::{
    Env, Receipts,
    event::{Subscriber, Sweep},
    sales::Sales,
    seller::SellerBooks,
};

pub use commission::{Amounts, NewRule, Rule, RuleEdit, RuleId, RuleList, Scope, commission};
pub use error::MarketError;
pub use payout::{
    BY_HAND, ByHand, Destination, FollowPayouts, NewTransfer, Payout, PayoutFilter, PayoutGateway,
    PayoutId, PayoutItem, PayoutRequest, PayoutState, Payouts, Report, RunPayouts, SellerBalance,
    SellerReads, SendPayouts, SoldLine, StatementEntry, Transfer, TransferError, TransferState,
};
pub use release::ReleaseEarnings;
pub use seller::{
    Application, Decision, Member, Place, ProfileEdit, Schedule, Seller, SellerFilter, SellerId,
    SellerList, SellerState, TeamRole,
};
pub use settings::Settings;
pub use zone::{UnknownZone, Zone};

/// The use cases of selling for others, over whatever the ports are wired to.
#[derive(Clone)]
pub struct Market {
    pub sellers: Arc<dyn SellerList>,
    pub rules: Arc<dyn RuleList>,
    pub payouts: Arc<dyn Payouts>,
    pub reads: Arc<dyn SellerReads>,
    pub books: Arc<dyn SellerBooks>,
    pub receipts: Arc<dyn Receipts>,
    pub gateway: Arc<dyn PayoutGateway>,
    pub env: Env,
    pub settings: Settings,
}

impl Market {
    /// Everything kept in one store.
    pub fn over<S>(
        store: Arc<S>,
        gateway: Arc<dyn PayoutGateway>,
        env: Env,
        settings: Settings,
    ) -> Self
    where
        S: SellerList + RuleList + Payouts + SellerReads + SellerBooks + Receipts + 'static,
    {
        Self {
            sellers: store.clone(),
            rules: store.clone(),
            payouts: store.clone(),
            reads: store.clone(),
            books: store.clone(),
            receipts: store,
            gateway,
            env,
            settings,
        }
    }

    /// Everyone here who acts on events.
    pub fn subscribers(&self) -> Vec<Arc<dyn Subscriber>> {
        vec![Arc::new(SendPayouts(self.clone()))]
    }

    /// Everything here that is looked after from time to time; the core releases what was earned.
    pub fn sweeps(&self, sales: Sales) -> Vec<Arc<dyn Sweep>> {
        vec![
            Arc::new(ReleaseEarnings { market: self.clone(), sales }),
            Arc::new(RunPayouts(self.clone())),
            Arc::new(FollowPayouts(self.clone())),
        ]
    }
}
