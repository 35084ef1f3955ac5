//! What an order says of the things sold, copied at the moment of sale.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{ClaimId, Currency, Money, MoneyError, ResourceId, Span, seller::Commission};

/// When a thing that is scarce is claimed for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Held when the order is raised, taken when it is paid.
    Hold,
    /// Nothing is held; taken when the order is paid, refunded when gone.
    OnPayment,
}

/// The claim that belongs to an order line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    pub claim: ClaimId,
    pub resource: ResourceId,
    pub units: i64,
    pub policy: Policy,
    /// The time that is claimed, for what is lent and not sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// One thing sold; a snapshot that later changes to the catalogue do not touch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// Unit price times quantity.
    pub total: Money,
    /// Tax on this line.
    pub tax: Money,
    pub seller: Option<Uuid>,
    /// What the sale costs the seller; without it the line is settled as the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<Commission>,
    /// Absent for what is not counted.
    pub reservation: Option<Reservation>,
    /// Whatever else the way of selling wants remembered: options, image, product id.
    pub snapshot: Value,
}

/// What an order comes to; `total = subtotal - discount + tax + shipping`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub subtotal: Money,
    pub discount: Money,
    /// Tax added on top of the subtotal and shipping.
    pub tax: Money,
    pub shipping: Money,
    pub total: Money,
    /// Whom the tax is owed to, such as `default`.
    pub jurisdiction: String,
    /// Tax that the prices contain already; a part of the total as it is. Absent where it was not worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included_tax: Option<Money>,
}

impl Totals {
    pub fn of(
        subtotal: Money,
        discount: Money,
        tax: Money,
        shipping: Money,
        jurisdiction: &str,
    ) -> Result<Self, MoneyError> {
        let total = subtotal.minus(discount)?.plus(tax)?.plus(shipping)?;
        let jurisdiction = jurisdiction.to_owned();
        Ok(Self { subtotal, discount, tax, shipping, total, jurisdiction, included_tax: None })
    }

    /// The same, with tax within the prices.
    pub fn including(self, tax: Money) -> Self {
        Self { included_tax: Some(tax).filter(|tax| !tax.is_zero()), ..self }
    }

    /// The tax within the prices.
    pub fn included(&self) -> Money {
        self.included_tax.unwrap_or(Money::zero(self.currency()))
    }

    /// All tax of the sale, whether it was added or is within the prices.
    pub fn owed_tax(&self) -> Result<Money, MoneyError> {
        self.tax.plus(self.included())
    }

    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

/// Where goods go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub region: Option<String>,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}
