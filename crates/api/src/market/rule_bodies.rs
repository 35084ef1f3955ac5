//! Rules of commission as clients send and see them.

use commerce::{Currency, Timestamp};
use garde::Validate;
use market::{Amounts, NewRule, Rule, RuleEdit, Scope, Seller};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::extract::{Faults, Reads, Ref};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct RulePath {
    pub id: Ref<Rule>,
}

/// What a rule adds in one currency, in minor units.
#[derive(Debug, Clone, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CommissionAmountsInput")]
pub struct AmountsBody {
    /// ISO 4217.
    #[garde(length(chars, equal = 3))]
    pub currency: String,
    /// On top of the percentage, once a line.
    #[serde(default)]
    #[garde(range(min = 0, max = 1_000_000_000))]
    pub fixed: i64,
    /// No fee is less than this, but for what costs less itself.
    #[garde(range(min = 0, max = 1_000_000_000))]
    pub floor: Option<i64>,
    #[garde(range(min = 0, max = 1_000_000_000))]
    pub cap: Option<i64>,
}

fn amounts(bodies: Vec<AmountsBody>, faults: &mut Faults) -> Vec<Amounts> {
    let mut all = Vec::new();
    for (at, body) in bodies.into_iter().enumerate() {
        match Currency::parse(&body.currency) {
            Ok(currency) => all.push(Amounts {
                currency,
                fixed_minor: body.fixed,
                floor_minor: body.floor,
                cap_minor: body.cap,
            }),
            Err(error) => {
                let pointer = format!("#/amounts/{at}/currency");
                faults.add(pointer, "unknown_currency", error.to_string());
            }
        }
    }
    all
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCommissionRule", example = json!({
    "seller": "sel_019aa3c5d1f27c3e8a4b5c6d7e8f9012", "basis_points": 1_200,
    "amounts": [{"currency": "USD", "fixed": 30, "floor": 50, "cap": 10_000}],
}))]
pub struct NewRuleBody {
    /// Among rules that are equally specific the one with the lower position holds; last when absent.
    #[garde(range(max = 1_000_000))]
    pub position: Option<u32>,
    #[garde(skip)]
    pub seller: Option<Ref<Seller>>,
    /// Everything in it and in the categories below it.
    #[garde(skip)]
    pub category: Option<Ref<buy::Category>>,
    #[garde(skip)]
    pub product: Option<Ref<buy::Product>>,
    /// Hundredths of a percent of what the customer pays for the goods: 1200 is 12 %.
    #[garde(range(max = 10_000))]
    pub basis_points: u32,
    #[serde(default)]
    #[garde(length(max = 30), dive)]
    pub amounts: Vec<AmountsBody>,
    /// Whether the fee stays with the shop when a sale is refunded.
    #[serde(default)]
    #[garde(skip)]
    pub kept_on_refund: bool,
}

impl Reads for NewRuleBody {
    type Thing = NewRule;

    fn read(self, faults: &mut Faults) -> NewRule {
        NewRule {
            position: self.position,
            scope: Scope {
                seller: self.seller.map(|seller| seller.0.uuid()),
                category: self.category.map(|category| category.0.uuid()),
                product: self.product.map(|product| product.0.uuid()),
            },
            basis_points: self.basis_points,
            amounts: amounts(self.amounts, faults),
            kept_on_refund: self.kept_on_refund,
        }
    }
}

/// What is absent stays; what a rule is about stays always.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CommissionRulePatch", example = json!({"basis_points": 900}))]
pub struct RulePatch {
    #[garde(range(max = 1_000_000))]
    pub position: Option<u32>,
    #[garde(range(max = 10_000))]
    pub basis_points: Option<u32>,
    #[garde(length(max = 30), dive)]
    pub amounts: Option<Vec<AmountsBody>>,
    #[garde(skip)]
    pub kept_on_refund: Option<bool>,
}

impl Reads for RulePatch {
    type Thing = RuleEdit;

    fn read(self, faults: &mut Faults) -> RuleEdit {
        RuleEdit {
            position: self.position,
            basis_points: self.basis_points,
            amounts: self.amounts.map(|bodies| amounts(bodies, faults)),
            kept_on_refund: self.kept_on_refund,
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CommissionAmounts")]
pub struct AmountsView {
    pub currency: String,
    pub fixed: i64,
    pub floor: Option<i64>,
    pub cap: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CommissionRule")]
pub struct RuleView {
    pub id: Ref<Rule>,
    pub position: u32,
    pub seller: Option<Ref<Seller>>,
    pub category: Option<Ref<buy::Category>>,
    pub product: Option<Ref<buy::Product>>,
    pub basis_points: u32,
    pub amounts: Vec<AmountsView>,
    pub kept_on_refund: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Since when it no longer holds.
    pub retired_at: Option<Timestamp>,
}

impl From<Rule> for RuleView {
    fn from(rule: Rule) -> Self {
        let amounts = rule.amounts.into_iter().map(|amounts| AmountsView {
            currency: amounts.currency.code().to_owned(),
            fixed: amounts.fixed_minor,
            floor: amounts.floor_minor,
            cap: amounts.cap_minor,
        });
        Self {
            id: rule.id.into(),
            position: rule.position,
            seller: rule.scope.seller.map(|seller| Ref(seller.into())),
            category: rule.scope.category.map(|category| Ref(category.into())),
            product: rule.scope.product.map(|product| Ref(product.into())),
            basis_points: rule.basis_points,
            amounts: amounts.collect(),
            kept_on_refund: rule.kept_on_refund,
            created_at: rule.created_at,
            updated_at: rule.updated_at,
            retired_at: rule.retired,
        }
    }
}

/// All rules that hold.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CommissionRuleList")]
pub struct RuleListView {
    pub data: Vec<RuleView>,
}
