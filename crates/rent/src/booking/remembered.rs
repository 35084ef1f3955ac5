//! What is remembered of a booking: its deposit, how the vehicle went out and came back, charges and money back.

use commerce::{Money, Timestamp, payment::RefundId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Photo;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Deposit {
    /// None is asked for.
    None,
    /// It will be taken with the payment.
    Due,
    Held {
        amount: Money,
        since: Timestamp,
    },
    Settled {
        returned: Money,
        claimed: Money,
        at: Timestamp,
    },
}

/// How a vehicle was when it went out or came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub at: Timestamp,
    /// Absent for what has none.
    pub odometer_km: Option<u32>,
    /// How full the tank or the battery is.
    pub fuel_percent: Option<u8>,
    pub photos: Vec<Photo>,
    pub note: String,
}

/// Something the owner takes out of the deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub id: Uuid,
    pub kind: ChargeKind,
    pub amount: Money,
    pub reason: String,
    /// What shows it.
    pub evidence: Vec<Photo>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    Late,
    Damage,
    Fuel,
}

impl ChargeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Damage => "damage",
            Self::Fuel => "fuel",
        }
    }
}

/// What a traveller gets back, under the id that makes sending it twice harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Back {
    pub refund: RefundId,
    /// All that was paid, when absent.
    pub part: Option<BackPart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackPart {
    pub amount: Money,
    pub tax: Money,
}
