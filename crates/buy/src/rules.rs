//! What the shop allows; set by configuration.

use chrono::TimeDelta;
use commerce::Currency;

use crate::TaxRule;

#[derive(Debug, Clone)]
pub struct Rules {
    /// The currency of lists and of new carts that name none.
    pub currency: Currency,
    /// How long an unpaid order keeps what it holds.
    pub hold: TimeDelta,
    /// Unpaid orders one user may have at once, so that nobody hoards stock.
    pub max_open_orders: u64,
    /// Different variants in one cart.
    pub max_lines: usize,
    /// Pieces of one variant in one cart.
    pub max_quantity: u32,
    pub tax: TaxRule,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            currency: Currency::USD,
            hold: TimeDelta::minutes(30),
            max_open_orders: 10,
            max_lines: 100,
            max_quantity: 999,
            tax: TaxRule::none(),
        }
    }
}
