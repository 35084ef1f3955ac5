//! Shapes that many answers share.

use commerce::{Currency, FieldError, Money};
use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Problem;

/// An amount in the minor unit of its currency: 19.99 USD is `{"amount": 1999, "currency": "USD"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Money", example = MoneyView { amount: 1999, currency: "USD" })]
pub struct MoneyView {
    pub amount: i64,
    /// ISO 4217, or XAU in milligrams.
    pub currency: &'static str,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self { amount: money.minor, currency: money.currency.code() }
    }
}

/// An amount that a client sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema, Validate)]
#[schemars(rename = "MoneyInput")]
#[serde(deny_unknown_fields)]
pub struct MoneyInput {
    #[garde(range(min = 0))]
    pub amount: i64,
    /// ISO 4217.
    #[garde(length(chars, equal = 3))]
    pub currency: String,
}

impl MoneyInput {
    /// The amount, or a field error at `pointer`.
    pub fn money(&self, pointer: &str) -> Result<Money, Problem> {
        let currency = Currency::parse(&self.currency).map_err(|error| {
            let pointer = format!("{pointer}/currency");
            Problem::invalid(vec![FieldError::new(pointer, "unknown_currency", error.to_string())])
        })?;
        Ok(Money::new(self.amount, currency))
    }
}
