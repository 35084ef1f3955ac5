//! What pricing needs to know of the world: how sales are taxed, and what sending goods costs.

use async_trait::async_trait;
use commerce::{Currency, StoreError};

use super::{Place, ShippingRate, TaxRule};

/// How sales are taxed, by where the goods go.
#[async_trait]
pub trait TaxTable: Send + Sync {
    /// Absent while it depends on a place that nobody has named yet.
    async fn tax_rule(&self, to: Option<&Place>) -> Result<Option<TaxRule>, StoreError>;
}

/// What sending goods costs, by where they go.
#[async_trait]
pub trait ShippingRates: Send + Sync {
    async fn shipping(
        &self,
        to: Option<&Place>,
        currency: Currency,
    ) -> Result<Shipping, StoreError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shipping {
    At(ShippingRate),
    /// It depends on a place that nobody has named yet.
    NotYetKnown,
    /// Goods are not sent there, or not for that currency.
    Nowhere,
}
