//! What each line of an order comes to, once discount, tax and shipping are spread over the lines.

use uuid::Uuid;

use super::{Order, OrderLine, Redemption, Totals};
use crate::{Money, MoneyError};

/// A line's part of the order's total; the parts of all lines sum to it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineShare {
    pub line: Uuid,
    /// For the goods: the line's total less its part of the discount.
    pub goods: Money,
    /// Of the tax that is added on top.
    pub tax: Money,
    /// Of the tax that the prices contain; a part of the others.
    pub included_tax: Money,
    pub shipping: Money,
}

impl LineShare {
    /// What the customer pays for the line.
    pub fn gross(&self) -> Result<Money, MoneyError> {
        self.goods.plus(self.tax)?.plus(self.shipping)
    }
}

impl Order {
    pub fn shares(&self) -> Result<Vec<LineShare>, MoneyError> {
        shares(&self.lines, &self.totals, self.coupon.as_ref())
    }
}

/// Discount as the coupon says, else by what the lines cost, shipping by what they cost, tax by the lines' own tax;
/// nothing is lost in the splits.
pub fn shares(
    lines: &[OrderLine],
    totals: &Totals,
    coupon: Option<&Redemption>,
) -> Result<Vec<LineShare>, MoneyError> {
    let costs: Vec<_> = lines.iter().map(|line| weight(line.total)).collect();
    let taxes: Vec<_> = lines.iter().map(|line| weight(line.tax)).collect();
    let discounts = match coupon {
        Some(coupon) => coupon.discounts.clone(),
        None => spread(totals.discount, &costs)?,
    };
    let shipping = spread(totals.shipping, &costs)?;
    let taxed = taxes.iter().any(|&tax| tax > 0);
    let by = if taxed { &taxes } else { &costs };
    let included = spread(totals.included(), by)?;
    let taxes = spread(totals.tax, by)?;
    let parts = lines.iter().zip(discounts).zip(taxes).zip(included).zip(shipping);
    let mut shares = Vec::with_capacity(lines.len());
    for ((((line, discount), tax), included_tax), shipping) in parts {
        let goods = line.total.minus(discount)?;
        shares.push(LineShare { line: line.id, goods, tax, included_tax, shipping });
    }
    Ok(shares)
}

fn weight(money: Money) -> u64 {
    u64::try_from(money.minor).unwrap_or_default()
}

/// By weight, without loss; evenly when nothing has any weight.
pub fn spread(amount: Money, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
    if amount.is_zero() {
        return Ok(vec![amount; weights.len()]);
    }
    if weights.iter().all(|&weight| weight == 0) {
        return amount.split(&vec![1; weights.len()]);
    }
    amount.split(weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn line(total: i64, tax: i64) -> OrderLine {
        OrderLine {
            id: Uuid::new_v4(),
            sku: "TEA".into(),
            name: "Tea".into(),
            quantity: 1,
            unit_price: Money::usd(total),
            total: Money::usd(total),
            tax: Money::usd(tax),
            seller: None,
            commission: None,
            reservation: None,
            snapshot: json!({}),
        }
    }

    fn gross(shares: &[LineShare]) -> Vec<i64> {
        shares.iter().map(|share| share.gross().unwrap().minor).collect()
    }

    #[test]
    fn each_line_bears_its_part_of_what_the_order_adds() {
        let lines = [line(30_00, 3_00), line(10_00, 1_00)];
        let (subtotal, discount) = (Money::usd(40_00), Money::usd(4_00));
        let totals = Totals::of(subtotal, discount, Money::usd(4_00), Money::usd(8_00), "default");

        let shares = shares(&lines, &totals.unwrap(), None).unwrap();

        assert_eq!(gross(&shares), [36_00, 12_00]);
        assert_eq!(shares[0].goods, Money::usd(27_00));
    }

    #[test]
    fn free_lines_share_the_shipping_evenly() {
        let lines = [line(0, 0), line(0, 0)];
        let zero = Money::usd(0);
        let totals = Totals::of(zero, zero, zero, Money::usd(5), "default").unwrap();

        assert_eq!(gross(&shares(&lines, &totals, None).unwrap()), [3, 2]);
    }

    proptest! {
        #[test]
        fn the_shares_sum_to_the_order_and_none_is_negative(
            prices in prop::collection::vec((0_i64..1_000_000, 0_i64..100_000), 1..50),
            off in 0_i64..=100, shipping in 0_i64..10_000, inclusive in any::<bool>(),
        ) {
            let lines: Vec<_> = prices.iter().map(|&(total, tax)| line(total, tax)).collect();
            let subtotal = Money::usd(prices.iter().map(|(total, _)| total).sum());
            let discount = subtotal.share(off, 100).unwrap();
            let tax = if inclusive { 0 } else { prices.iter().map(|(_, tax)| tax).sum() };
            let totals = Totals::of(
                subtotal, discount, Money::usd(tax), Money::usd(shipping), "default").unwrap();

            let shares = shares(&lines, &totals, None).unwrap();

            prop_assert_eq!(gross(&shares).iter().sum::<i64>(), totals.total.minor);
            prop_assert!(shares.iter().all(|s| s.goods.minor >= 0 && s.tax.minor >= 0 && s.shipping.minor >= 0));
        }
    }
}
