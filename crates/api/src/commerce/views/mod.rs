//! What clients see of sales: flat, and never a type of the domain.

mod event;
mod ledger;
mod order;
mod payment;
mod wallet;

pub use event::{AuditEntryView, DeadLetterView, EventView};
pub use ledger::{BalanceView, EntryView, TrialBalanceView};
pub use order::{AddressView, CancellationRequestView, OrderLineView, OrderView};
pub use payment::{DisputeView, PaymentActionView, PaymentView, RefundView};
pub use wallet::{WalletBalanceView, WalletEntryView, WalletView};
