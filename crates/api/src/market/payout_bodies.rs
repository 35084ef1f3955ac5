//! What clients send about payouts.

use commerce::{Currency, FieldError};
use garde::Validate;
use market::{Payout, PayoutRequest, Report, Seller};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{Problem, extract::Ref};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct PayoutPath {
    pub id: Ref<Payout>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPayout", example = json!({
    "seller": "sel_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "currency": "USD",
}))]
pub struct NewPayoutBody {
    #[garde(skip)]
    pub seller: Ref<Seller>,
    /// ISO 4217.
    #[garde(length(chars, equal = 3))]
    pub currency: String,
}

impl NewPayoutBody {
    pub fn understood(&self) -> Result<PayoutRequest, Problem> {
        let currency = Currency::parse(&self.currency).map_err(|error| {
            let fault = FieldError::new("#/currency", "unknown_currency", error.to_string());
            Problem::invalid(vec![fault])
        })?;
        Ok(PayoutRequest { seller: self.seller.0, currency })
    }
}

/// What became of a payout that is paid by hand.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PayoutOutcome")]
pub enum OutcomeWord {
    Paid,
    Failed,
    Returned,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PayoutReport", example = json!({"outcome": "returned", "code": "account_closed"}))]
pub struct ReportBody {
    #[garde(skip)]
    pub outcome: OutcomeWord,
    /// Why it failed or came back, in `snake_case`.
    #[garde(length(chars, max = 80))]
    #[serde(default)]
    pub code: String,
}

impl From<ReportBody> for Report {
    fn from(body: ReportBody) -> Self {
        match body.outcome {
            OutcomeWord::Paid => Self::Paid,
            OutcomeWord::Failed => Self::Failed { code: body.code },
            OutcomeWord::Returned => Self::Returned { code: body.code },
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PayoutState", inline)]
pub enum StateParameter {
    Draft,
    Sent,
    Paid,
    Failed,
    Returned,
}

impl StateParameter {
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Returned => "returned",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PayoutQuery {
    /// One's own when absent; all for operators.
    #[garde(skip)]
    pub seller: Option<Ref<Seller>>,
    #[garde(skip)]
    pub state: Option<StateParameter>,
    /// How many payouts at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MoneyQuery {
    /// How many rows at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}
