//! The fee for one thing sold. Pure.

use commerce::{
    Money, MoneyError,
    seller::{Commission, OnSale},
};

use super::Rule;
use crate::Settings;

/// By the rule that fits best, else by the shop's own rate; never more than what the customer pays for the goods.
pub fn commission(
    rules: &[Rule],
    thing: &OnSale,
    settings: &Settings,
) -> Result<Commission, MoneyError> {
    let best = best(rules, thing);
    let fee = match best {
        Some(rule) => by_rule(rule, thing.price)?,
        None => thing.price.basis_points(settings.commission_basis_points)?,
    };
    let fee = within(fee, thing.price);
    let tax = within(fee.basis_points(settings.fee_tax_basis_points)?, thing.price.minus(fee)?);
    Ok(Commission {
        fee,
        tax,
        jurisdiction: settings.fee_tax_jurisdiction.clone(),
        kept_on_refund: best.map_or(settings.kept_on_refund, |rule| rule.kept_on_refund),
        rule: best.map(|rule| rule.id.uuid()),
    })
}

/// The most specific; of those the one that comes first.
fn best<'a>(rules: &'a [Rule], thing: &OnSale) -> Option<&'a Rule> {
    let fitting = rules.iter().filter_map(|rule| Some((rule.fit(thing)?, rule)));
    let first = |rule: &Rule| std::cmp::Reverse((rule.position, rule.id));
    fitting.max_by_key(|(fit, rule)| (*fit, first(rule))).map(|(_, rule)| rule)
}

fn by_rule(rule: &Rule, price: Money) -> Result<Money, MoneyError> {
    let share = price.basis_points(rule.basis_points)?;
    let ours = rule.amounts.iter().find(|amounts| amounts.currency == price.currency);
    let Some(amounts) = ours else { return Ok(share) };
    let fee = share.plus(Money::new(amounts.fixed_minor, price.currency))?;
    let floor = amounts.floor_minor.unwrap_or(i64::MIN);
    let cap = amounts.cap_minor.unwrap_or(i64::MAX);
    Ok(Money::new(fee.minor.max(floor).min(cap), price.currency))
}

fn within(amount: Money, most: Money) -> Money {
    Money::new(amount.minor.clamp(0, most.minor.max(0)), most.currency)
}
