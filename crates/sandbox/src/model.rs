//! The gateway's things, in the shape in which it shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub id: String,
    /// Only in answers; webhooks and books never carry it.
    pub client_secret: Option<String>,
    pub status: IntentStatus,
    pub amount: i64,
    pub currency: String,
    pub amount_captured: i64,
    /// What refunds that succeeded add up to.
    pub amount_refunded: i64,
    pub fee: i64,
    pub reference: String,
    pub description: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub capture: Capture,
    pub card: Option<Card>,
    pub next_action: Option<NextAction>,
    pub last_error: Option<Problem>,
    pub created: i64,
    pub refunds: Vec<Refund>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    RequiresConfirmation,
    Processing,
    RequiresAction,
    RequiresCapture,
    Captured,
    Failed,
    Cancelled,
}

impl IntentStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::RequiresConfirmation => "requires_confirmation",
            Self::Processing => "processing",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Captured => "captured",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    #[default]
    Automatic,
    Manual,
}

/// All that is ever kept of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub brand: String,
    pub last4: String,
}

/// What the shopper has to do: `confirm` or `authenticate`, by hand at the URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    pub r#type: String,
    pub url: String,
}

/// Why a payment or a refund failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: String,
    pub message: String,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: String,
    pub intent: String,
    pub amount: i64,
    pub currency: String,
    pub status: RefundStatus,
    pub reference: String,
    pub reason: Option<String>,
    pub last_error: Option<Problem>,
    pub created: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// Money sent to an account elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub id: String,
    pub reference: String,
    pub account: String,
    pub amount: i64,
    pub currency: String,
    pub status: PayoutStatus,
    pub failure_code: Option<String>,
    pub created: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    InTransit,
    Paid,
    /// The account's bank gave it back.
    Returned,
}

/// One line of the statement: money that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub r#type: EntryKind,
    /// Absent for what was paid out.
    pub intent: Option<String>,
    pub refund: Option<String>,
    pub reference: String,
    pub amount: i64,
    pub fee: i64,
    pub currency: String,
    pub created: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    Capture,
    Refund,
    /// Paid out to the merchant's bank.
    Settlement,
}

/// What entries of one currency add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    pub captured: i64,
    pub refunded: i64,
    pub fees: i64,
    pub settled: i64,
    /// Captured less refunded less fees less settled: what the gateway still holds.
    pub net: i64,
    pub captures: u64,
    pub refunds: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, entry: &Entry) {
        match entry.r#type {
            EntryKind::Capture => {
                self.captured += entry.amount;
                self.captures += 1;
            }
            EntryKind::Refund => {
                self.refunded += entry.amount;
                self.refunds += 1;
            }
            EntryKind::Settlement => self.settled += entry.amount,
        }
        self.fees += entry.fee;
        self.net = self.captured - self.refunded - self.fees - self.settled;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Every try failed.
    Exhausted,
    /// Never sent, by a fault.
    Lost,
    /// There was nowhere to send it.
    None,
}

/// One try to deliver one copy of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    pub event: String,
    pub r#type: String,
    pub number: u32,
    /// What the merchant answered; absent when nothing came.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub at: i64,
}

impl Attempt {
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}
