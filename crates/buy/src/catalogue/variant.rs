//! One sellable form of a product: a size, a colour.

use std::collections::BTreeMap;

use commerce::{Currency, Env, Id, Money, ResourceId, Tagged, order::Policy};
use serde::{Deserialize, Serialize};

pub type VariantId = Id<Variant>;

impl Tagged for Variant {
    const PREFIX: &'static str = "var";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub id: VariantId,
    /// The shop's own code; no other variant has it.
    pub sku: String,
    /// A value for each of the product's option names.
    pub options: BTreeMap<String, String>,
    pub prices: Prices,
    pub policy: StockPolicy,
}

impl Variant {
    pub(super) fn new(env: &Env, new: NewVariant) -> Self {
        let NewVariant { sku, options, prices, policy } = new;
        Self { id: Id::new(env), sku, options, prices, policy }
    }

    /// What its stock is counted under.
    pub fn resource(&self) -> ResourceId {
        resource_of(self.id)
    }
}

/// A variant's stock is counted under the variant's own id.
pub(crate) fn resource_of(variant: VariantId) -> ResourceId {
    ResourceId::from_uuid(variant.uuid())
}

/// At most one price for each currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<Currency, i64>);

impl Prices {
    pub fn of(&self, currency: Currency) -> Option<Money> {
        self.0.get(&currency).map(|&minor| Money::new(minor, currency))
    }

    pub fn iter(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.iter().map(|(&currency, &minor)| Money::new(minor, currency))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This price in place of any other of its currency.
    pub fn with(mut self, price: Money) -> Self {
        self.0.insert(price.currency, price.minor);
        self
    }
}

impl FromIterator<Money> for Prices {
    fn from_iter<I: IntoIterator<Item = Money>>(prices: I) -> Self {
        prices.into_iter().fold(Self::default(), Self::with)
    }
}

/// When stock is claimed for an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockPolicy {
    /// Held at checkout, reduced on payment.
    #[default]
    Hold,
    /// Claimed when paid; refunded when gone.
    OnPayment,
    /// Not counted.
    Untracked,
}

impl StockPolicy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::OnPayment => "on_payment",
            Self::Untracked => "untracked",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Hold, Self::OnPayment, Self::Untracked].into_iter().find(|p| p.as_str() == text)
    }

    /// How an order line reserves; nothing for what is not counted.
    pub fn reserves(self) -> Option<Policy> {
        match self {
            Self::Hold => Some(Policy::Hold),
            Self::OnPayment => Some(Policy::OnPayment),
            Self::Untracked => None,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct NewVariant {
    pub sku: String,
    pub options: BTreeMap<String, String>,
    pub prices: Prices,
    pub policy: StockPolicy,
}

/// What changes on a variant; what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct VariantEdit {
    pub sku: Option<String>,
    pub options: Option<BTreeMap<String, String>>,
    pub prices: Option<Prices>,
    pub policy: Option<StockPolicy>,
}

impl VariantEdit {
    pub(super) fn apply(self, variant: Variant) -> Variant {
        Variant {
            id: variant.id,
            sku: self.sku.unwrap_or(variant.sku),
            options: self.options.unwrap_or(variant.options),
            prices: self.prices.unwrap_or(variant.prices),
            policy: self.policy.unwrap_or(variant.policy),
        }
    }
}
