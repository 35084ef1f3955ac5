//! What goods come to: one pure function that cart, checkout and order share. `docs/pricing.md` tells its rules.

mod area;
mod discount;
mod ports;
mod shipping;
mod tax;
#[cfg(test)]
mod tests;

pub use area::{Area, AreaError, Place};
pub use discount::{Discount, NoDiscount, Off};
pub use ports::{Shipping, ShippingRates, TaxTable};
pub use shipping::{ShippingRate, Zone, Zones};
pub use tax::{TaxRule, Taxes};

use commerce::{
    Currency, Money, MoneyError,
    order::{self, Totals},
};
use uuid::Uuid;

/// A number of pieces at a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteLine {
    pub unit_price: Money,
    pub quantity: u32,
    /// On whose behalf it is sold; absent for what the shop sells itself.
    pub seller: Option<Uuid>,
}

/// On what terms goods are sold; what is absent of tax and shipping is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuoteTerms {
    pub discount: Option<Discount>,
    pub tax: Option<TaxRule>,
    pub shipping: Option<ShippingRate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    /// Unit price times quantity.
    pub total: Money,
    /// The line's part of the discount; never more than its total.
    pub discount: Money,
    pub shipping: Money,
    /// The line's part of the tax, whether it is added or within the price.
    pub tax: Money,
}

impl PricedLine {
    /// What the customer pays for the goods, without tax added and shipping.
    pub fn goods(&self) -> Result<Money, MoneyError> {
        self.total.minus(self.discount)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// In the order of the lines that were asked about.
    pub lines: Vec<PricedLine>,
    pub totals: Totals,
    /// Why there is no discount, though one was asked for.
    pub withheld: Option<NoDiscount>,
    /// Without it the tax is not in the totals.
    pub tax_known: bool,
    /// Without it the shipping is not in the totals.
    pub shipping_known: bool,
}

/// Prices lines: the discount comes off the goods, shipping goes by what is left, tax by both. Each is worked out once
/// on the whole, rounded half away from zero, and split over the lines by largest remainder, so nothing is lost.
pub fn quote(
    currency: Currency,
    lines: &[QuoteLine],
    terms: &QuoteTerms,
) -> Result<Quote, MoneyError> {
    let total = |line: &QuoteLine| line.unit_price.times(i64::from(line.quantity));
    let costs: Vec<Money> = lines.iter().map(total).collect::<Result<_, _>>()?;
    let subtotal = Money::sum(currency, costs.iter().copied())?;
    let (discounts, withheld) = match &terms.discount {
        None => (vec![Money::zero(currency); lines.len()], None),
        Some(discount) => discount.off(currency, lines, &costs)?,
    };
    let discount = Money::sum(currency, discounts.iter().copied())?;
    let shipping = match &terms.shipping {
        Some(rate) => rate.of(subtotal.minus(discount)?, pieces(lines))?,
        None => Money::zero(currency),
    };
    let shippings = order::spread(shipping, &weights(&costs))?;
    let mut priced = Vec::with_capacity(lines.len());
    for ((total, discount), shipping) in costs.into_iter().zip(discounts).zip(shippings) {
        priced.push(PricedLine { total, discount, shipping, tax: Money::zero(currency) });
    }
    let totals = taxed(&mut priced, [subtotal, discount, shipping], terms.tax.as_ref())?;
    let (tax_known, shipping_known) = (terms.tax.is_some(), terms.shipping.is_some());
    Ok(Quote { lines: priced, totals, withheld, tax_known, shipping_known })
}

/// Gives each line its tax and sums everything up.
fn taxed(
    lines: &mut [PricedLine],
    [subtotal, discount, shipping]: [Money; 3],
    rule: Option<&TaxRule>,
) -> Result<Totals, MoneyError> {
    let zero = Money::zero(subtotal.currency);
    let Some(rule) = rule else {
        return Totals::of(subtotal, discount, zero, shipping, TaxRule::SOMEWHERE);
    };
    let mut bases = Vec::with_capacity(lines.len());
    for line in lines.iter() {
        let carried = if rule.on_shipping { line.shipping } else { zero };
        bases.push(line.goods()?.plus(carried)?);
    }
    let due = rule.on(Money::sum(zero.currency, bases.iter().copied())?)?;
    for (line, tax) in lines.iter_mut().zip(by_weight(due, &bases)?) {
        line.tax = tax;
    }
    let (added, included) = if rule.inclusive { (zero, due) } else { (due, zero) };
    let totals = Totals::of(subtotal, discount, added, shipping, &rule.jurisdiction)?;
    Ok(totals.including(included))
}

fn pieces(lines: &[QuoteLine]) -> i64 {
    lines.iter().map(|line| i64::from(line.quantity)).sum()
}

fn weights(amounts: &[Money]) -> Vec<u64> {
    amounts.iter().map(|amount| amount.minor.unsigned_abs()).collect()
}

/// Splits an amount by what things cost; what is free gets nothing.
fn by_weight(amount: Money, over: &[Money]) -> Result<Vec<Money>, MoneyError> {
    if amount.is_zero() {
        return Ok(vec![amount; over.len()]);
    }
    amount.split(&weights(over))
}
