//! What goods come to: one pure function that cart, checkout and order share.

use commerce::{Currency, Money, MoneyError, order::Totals};

/// A number of pieces at a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuoteLine {
    pub unit_price: Money,
    pub quantity: u32,
}

/// How sales are taxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRule {
    /// Hundredths of a percent: 1000 is 10 %.
    pub basis_points: u32,
    /// Whether prices contain the tax already; if not, it is added on top.
    pub inclusive: bool,
    /// Whom the tax is owed to.
    pub jurisdiction: String,
}

impl TaxRule {
    pub fn none() -> Self {
        Self::exclusive(0)
    }

    pub fn exclusive(basis_points: u32) -> Self {
        Self { basis_points, inclusive: false, jurisdiction: "default".to_owned() }
    }

    pub fn inclusive(basis_points: u32) -> Self {
        Self { inclusive: true, ..Self::exclusive(basis_points) }
    }

    /// The tax on (or in) an amount.
    fn on(&self, amount: Money) -> Result<Money, MoneyError> {
        let points = i64::from(self.basis_points);
        let whole = if self.inclusive { points.saturating_add(10_000) } else { 10_000 };
        amount.share(points, whole)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PricedLine {
    /// Unit price times quantity.
    pub total: Money,
    /// The line's part of the tax.
    pub tax: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// In the order of the lines that were asked about.
    pub lines: Vec<PricedLine>,
    pub totals: Totals,
    /// Tax that the prices contain already; not added again.
    pub included_tax: Money,
}

/// Prices lines. The tax is worked out once on the whole and split over the lines without loss.
pub fn quote(
    currency: Currency,
    lines: &[QuoteLine],
    tax: &TaxRule,
    shipping: Money,
) -> Result<Quote, MoneyError> {
    let total = |line: &QuoteLine| line.unit_price.times(i64::from(line.quantity));
    let line_totals: Vec<Money> = lines.iter().map(total).collect::<Result<_, _>>()?;
    let subtotal = Money::sum(currency, line_totals.iter().copied())?;
    let due = tax.on(subtotal)?;
    let shares = spread(due, &line_totals)?;
    let priced = line_totals.into_iter().zip(shares);
    let lines = priced.map(|(total, tax)| PricedLine { total, tax }).collect();
    let zero = Money::zero(currency);
    let (added, included_tax) = if tax.inclusive { (zero, due) } else { (due, zero) };
    let totals = Totals::of(subtotal, zero, added, shipping, &tax.jurisdiction)?;
    Ok(Quote { lines, totals, included_tax })
}

/// Splits an amount over lines by what they cost; free lines get nothing.
fn spread(amount: Money, over: &[Money]) -> Result<Vec<Money>, MoneyError> {
    if amount.is_zero() {
        return Ok(vec![amount; over.len()]);
    }
    let weights: Vec<u64> = over.iter().map(|total| total.minor.unsigned_abs()).collect();
    amount.split(&weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(minor: i64, quantity: u32) -> QuoteLine {
        QuoteLine { unit_price: Money::usd(minor), quantity }
    }

    #[test]
    fn tax_is_added_on_top_of_net_prices() {
        let lines = [line(19_99, 2), line(5_00, 1)];

        let quote = quote(Currency::USD, &lines, &TaxRule::exclusive(1_000), Money::usd(4_00));

        let quote = quote.unwrap();
        assert_eq!(quote.totals.subtotal, Money::usd(44_98));
        assert_eq!(quote.totals.tax, Money::usd(4_50));
        assert_eq!(quote.totals.total, Money::usd(53_48));
        assert_eq!(quote.lines.iter().map(|l| l.tax.minor).collect::<Vec<_>>(), [400, 50]);
    }

    #[test]
    fn tax_is_found_inside_gross_prices() {
        let quote =
            quote(Currency::USD, &[line(110_00, 1)], &TaxRule::inclusive(1_000), Money::usd(0));

        let quote = quote.unwrap();
        assert_eq!(quote.included_tax, Money::usd(10_00));
        assert_eq!(quote.totals.tax, Money::usd(0));
        assert_eq!(quote.totals.total, Money::usd(110_00));
    }

    #[test]
    fn nothing_comes_to_nothing() {
        let quote =
            quote(Currency::EUR, &[], &TaxRule::exclusive(1_900), Money::zero(Currency::EUR));

        assert_eq!(quote.unwrap().totals.total, Money::zero(Currency::EUR));
    }

    #[test]
    fn two_currencies_are_not_added() {
        let lines =
            [line(1, 1), QuoteLine { unit_price: Money::new(1, Currency::EUR), quantity: 1 }];

        assert!(quote(Currency::USD, &lines, &TaxRule::none(), Money::usd(0)).is_err());
    }

    proptest! {
        #[test]
        fn totals_add_up_and_splits_lose_nothing(
            lines in prop::collection::vec((1_i64..=10_000_000, 1_u32..=999), 0..100),
            basis_points in 0_u32..=3_000,
            inclusive in any::<bool>(),
            shipping in 0_i64..=100_000,
        ) {
            let lines: Vec<_> = lines.into_iter().map(|(minor, count)| line(minor, count)).collect();
            let tax = TaxRule { inclusive, ..TaxRule::exclusive(basis_points) };
            let quote = quote(Currency::USD, &lines, &tax, Money::usd(shipping)).unwrap();

            let sum = |part: fn(&PricedLine) -> Money| {
                Money::sum(Currency::USD, quote.lines.iter().map(part)).unwrap()
            };
            let totals = &quote.totals;
            prop_assert_eq!(sum(|line| line.total), totals.subtotal);
            prop_assert_eq!(sum(|line| line.tax), totals.tax.plus(quote.included_tax).unwrap());
            let total = totals.subtotal.plus(totals.tax).unwrap().plus(totals.shipping).unwrap();
            prop_assert_eq!(total, totals.total);
            prop_assert!(quote.lines.iter().all(|line| line.tax.minor >= 0));
        }
    }
}
