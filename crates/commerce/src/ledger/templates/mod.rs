//! One typed function for each business event that moves money; the codes are those of `docs/ledger.md`.

mod correction;
mod dispute;
mod market;
mod payment;
mod payout;
mod refund;
mod rental;
mod sale;
mod seller_refund;
mod seller_refund_undone;
mod wallet;

#[cfg(test)]
mod tests;

pub use correction::{promotion_funded, rounding_booked};
pub use dispute::{DisputeBearer, dispute_lost, dispute_opened, dispute_won};
pub use market::{Earning, earnings_netted, earnings_released, seller_earned};
pub use payment::{
    payment_captured, provider_fee, provider_fee_returned, provider_settled,
    provider_settlement_returned,
};
pub use payout::{payout_confirmed, payout_returned, payout_returned_late, payout_sent};
pub use refund::{refund_after_sale, refund_before_sale, refund_sent, refund_undone};
pub use rental::{deposit_settled, deposit_taken};
pub use sale::{Takings, sale_recognised};
pub use seller_refund::{
    Clawback, RefundPart, SellerRefund, refund_after_earning, refund_after_payout, refund_of_parts,
    refund_shares,
};
pub use seller_refund_undone::refund_of_parts_undone;
pub use wallet::{top_up_kept, top_up_taken_back, wallet_paid, wallet_refunded, wallet_topped_up};
