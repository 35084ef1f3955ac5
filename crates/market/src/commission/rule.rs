//! A rule of commission: what it is about and what it takes.

use commerce::{Aggregate, Currency, FieldError, Id, Tagged, Timestamp, seller::OnSale};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::MarketError;

pub type RuleId = Id<Rule>;

impl Tagged for Rule {
    const PREFIX: &'static str = "cmr";
}

/// What a rule is about; it fits what meets all that is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub seller: Option<Uuid>,
    /// Everything in it and in the categories below it.
    pub category: Option<Uuid>,
    pub product: Option<Uuid>,
}

/// Amounts of a rule in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    pub currency: Currency,
    /// On top of the percentage, once a line.
    pub fixed_minor: i64,
    /// No fee is less than this.
    pub floor_minor: Option<i64>,
    /// No fee is more than this.
    pub cap_minor: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: RuleId,
    /// Among rules that are equally specific the one with the lower position holds.
    pub position: u32,
    pub scope: Scope,
    /// Hundredths of a percent of what the customer pays for the goods.
    pub basis_points: u32,
    /// One a currency; without, the percentage is all.
    pub amounts: Vec<Amounts>,
    pub kept_on_refund: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Since when it no longer holds; what was sold by it keeps its name.
    pub retired: Option<Timestamp>,
}

impl Aggregate for Rule {
    type Id = RuleId;

    fn id(&self) -> RuleId {
        self.id
    }
}

/// How well a rule fits: by product, then by how near the category is, then by seller.
pub(super) type Fit = (bool, usize, bool);

impl Rule {
    /// Nothing if it does not fit.
    pub(super) fn fit(&self, thing: &OnSale) -> Option<Fit> {
        let Scope { seller, category, product } = self.scope;
        let elsewhere = self.retired.is_some()
            || seller.is_some_and(|seller| seller != thing.seller)
            || product.is_some_and(|product| product != thing.product);
        if elsewhere {
            return None;
        }
        let nearness = match category {
            None => 0,
            Some(category) => {
                let above = thing.categories.iter().position(|other| *other == category)?;
                thing.categories.len().saturating_sub(above)
            }
        };
        Some((product.is_some(), nearness, seller.is_some()))
    }

    /// The rule if all of it makes sense, else everything that does not.
    pub(super) fn sound(self) -> Result<Self, MarketError> {
        let mut faults = Vec::new();
        if self.basis_points > 10_000 {
            let detail = "at most 10000 basis points, which is all of it";
            faults.push(FieldError::new("#/basis_points", "out_of_range", detail));
        }
        for (at, amounts) in self.amounts.iter().enumerate() {
            let same = self.amounts.iter().filter(|other| other.currency == amounts.currency);
            if same.count() > 1 {
                let pointer = format!("#/amounts/{at}/currency");
                faults.push(FieldError::new(pointer, "twice", "one entry for each currency"));
            }
            faults.extend(amounts.faults(at));
        }
        if faults.is_empty() { Ok(self) } else { Err(MarketError::Invalid(faults)) }
    }
}

impl Amounts {
    fn faults(&self, at: usize) -> Vec<FieldError> {
        let fields = [
            ("fixed", Some(self.fixed_minor)),
            ("floor", self.floor_minor),
            ("cap", self.cap_minor),
        ];
        let negative = fields.into_iter().filter(|(_, minor)| minor.is_some_and(|minor| minor < 0));
        let mut faults: Vec<_> = negative
            .map(|(name, _)| {
                let pointer = format!("#/amounts/{at}/{name}");
                FieldError::new(pointer, "negative", "an amount is not less than nothing")
            })
            .collect();
        if self.floor_minor.zip(self.cap_minor).is_some_and(|(floor, cap)| floor > cap) {
            let pointer = format!("#/amounts/{at}/cap");
            faults.push(FieldError::new(pointer, "below_floor", "the cap is below the floor"));
        }
        faults
    }
}
