//! Coupons as their keepers send them, and what a cart is told of them.

use buy::{BadCode, Coupon, CouponCode, NewCoupon, Off, Place};
use commerce::{FieldError, Timestamp};
use garde::Validate;
use market::Seller;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::bodies::prices;
use crate::{
    Problem,
    extract::{Faults, Reads, Ref},
    views::MoneyInput,
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct CouponPath {
    pub id: Ref<Coupon>,
}

/// It takes off either `basis_points` or `fixed`.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCoupon", example = json!({
    "code": "SUMMER-10", "basis_points": 1_000, "minimum": [{"amount": 2_000, "currency": "USD"}],
    "limit": 500, "limit_per_user": 1, "valid_until": "2030-09-01T00:00:00Z",
}))]
pub struct NewCouponBody {
    /// Letters A to Z, digits and hyphens; in capitals, whatever is typed.
    #[garde(length(chars, min = 3, max = 40))]
    pub code: String,
    /// Whose goods it is on; the shop's own when absent. A seller need not say it.
    #[garde(skip)]
    pub seller: Option<Ref<Seller>>,
    /// Hundredths of a percent off the goods: 1000 is 10 %.
    #[garde(range(min = 1, max = 10_000))]
    pub basis_points: Option<u32>,
    /// So much off the goods, one amount for each currency it can be used in.
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub fixed: Vec<MoneyInput>,
    /// What those goods must come to at least, one amount for each currency it can be used in; nothing when empty.
    #[serde(default)]
    #[garde(length(max = 20), dive)]
    pub minimum: Vec<MoneyInput>,
    /// How often it can be used; without end when absent.
    #[garde(range(min = 1, max = 1_000_000_000))]
    pub limit: Option<u32>,
    /// How often one customer can use it.
    #[garde(range(min = 1, max = 1_000_000_000))]
    pub limit_per_user: Option<u32>,
    #[garde(skip)]
    pub valid_until: Option<Timestamp>,
}

impl Reads for NewCouponBody {
    type Thing = NewCoupon;

    fn read(self, faults: &mut Faults) -> NewCoupon {
        let code = code(&self.code).unwrap_or_else(|fault| {
            faults.also([fault]);
            CouponCode::nobodys()
        });
        let amounts = prices(&self.fixed, "#/fixed", faults);
        let minimum = prices(&self.minimum, "#/minimum", faults);
        let off = match (self.basis_points, self.fixed.is_empty()) {
            (Some(basis_points), true) => Off::Percentage { basis_points },
            (None, false) => Off::Fixed { amounts },
            (Some(_), false) => {
                faults.add("#/fixed", "ambiguous", "either `basis_points` or `fixed`, not both");
                Off::Fixed { amounts }
            }
            (None, true) => {
                faults.add("#/basis_points", "required", "`basis_points` or `fixed` is missing");
                Off::Fixed { amounts }
            }
        };
        NewCoupon {
            code,
            seller: self.seller.map(|seller| seller.0.uuid()),
            off,
            minimum,
            limit: self.limit,
            limit_per_user: self.limit_per_user,
            valid_until: self.valid_until,
        }
    }
}

fn code(text: &str) -> Result<CouponCode, FieldError> {
    text.parse().map_err(|error: BadCode| FieldError::new("#/code", "bad_code", error.to_string()))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CartCouponInput", example = json!({"code": "SUMMER-10"}))]
pub struct CartCouponBody {
    #[garde(length(chars, min = 3, max = 40))]
    pub code: String,
}

impl CartCouponBody {
    pub fn understood(&self) -> Result<CouponCode, Problem> {
        code(&self.code).map_err(|fault| Problem::invalid(vec![fault]))
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CartDestinationInput", example = json!({"country": "US", "region": "CA"}))]
pub struct CartDestinationBody {
    /// ISO 3166-1 alpha-2.
    #[garde(pattern("^[A-Z]{2}$"))]
    pub country: String,
    /// As it will be in the address.
    #[garde(length(chars, max = 100))]
    pub region: Option<String>,
}

impl From<CartDestinationBody> for Place {
    fn from(body: CartDestinationBody) -> Self {
        Self { country: body.country, region: body.region }
    }
}
