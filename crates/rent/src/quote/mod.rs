//! What a rental comes to: one pure function that search, quote and booking share.

mod lapse;
mod money_back;
mod rent;
#[cfg(test)]
mod tests;

pub use money_back::{Deadline, MoneyOff};

use commerce::{FieldError, Money, MoneyError, Span, Timestamp, order::Totals};
use serde::{Deserialize, Serialize};

use crate::{Charged, Extra, Listing, Rates, RentError, RentShop, Zone, availability};
use lapse::Lapse;
pub(crate) use lapse::hours_begun;

/// An extra somebody wants, and how many of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraChoice {
    pub code: String,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub period: Span,
    /// The shop's, in which days and hours are counted.
    pub zone: Zone,
    pub lines: Vec<QuoteLine>,
    /// The deposit is one of the lines and part of the subtotal; it is not taxed.
    pub totals: Totals,
    /// Tax that the rates contain already; not added again.
    pub included_tax: Money,
    pub deposit: Money,
    /// Until when how much of the rent goes back, from the best to the worst.
    pub cancellation: Vec<Deadline>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    pub item: Item,
    /// A stable name: `week`, `day`, `hour`, `deposit`, or the extra's code.
    pub code: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// Unit price times quantity.
    pub total: Money,
    /// The line's part of the tax.
    pub tax: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    Rent,
    Extra,
    Deposit,
}

/// Prices a period that is allowed now, or says why it is not; whether a unit is free is another question.
pub fn quote(
    listing: &Listing,
    shop: &RentShop,
    period: Span,
    extras: &[ExtraChoice],
    now: Timestamp,
) -> Result<Quote, RentError> {
    let rates = listing.rates.as_ref().ok_or(RentError::NotPublished)?;
    availability::check(listing, shop, period, now)?;
    price(rates, shop.zone, period, extras)
}

/// Prices a period, allowed or not.
pub fn price(
    rates: &Rates,
    zone: Zone,
    period: Span,
    extras: &[ExtraChoice],
) -> Result<Quote, RentError> {
    let lapse = Lapse::of(zone, period);
    let mut lines = rent::lines(rates, &lapse)?;
    for (extra, count) in chosen(rates, extras)? {
        lines.push(extra_line(rates, &lapse, extra, count)?);
    }
    let zero = rates.money(0);
    let taxable = Money::sum(rates.currency, lines.iter().map(|line| line.total))?;
    let due = rates.tax.on(taxable)?;
    spread(due, &mut lines)?;
    let deposit = rates.money(rates.deposit_minor);
    if deposit.is_positive() {
        lines.push(line(Item::Deposit, "deposit", "Deposit", 1, deposit)?);
    }
    let (added, included_tax) = if rates.tax.inclusive { (zero, due) } else { (due, zero) };
    let subtotal = taxable.plus(deposit)?;
    let totals = Totals::of(subtotal, zero, added, zero, &rates.tax.jurisdiction)?;
    let totals = totals.including(included_tax);
    let cancellation = money_back::deadlines(&rates.cancellation, period);
    Ok(Quote { period, zone, lines, totals, included_tax, deposit, cancellation })
}

/// The extras that were chosen and how many of each, or everything that is wrong with the choice.
fn chosen<'a>(
    rates: &'a Rates,
    extras: &[ExtraChoice],
) -> Result<Vec<(&'a Extra, u32)>, RentError> {
    let (mut chosen, mut faults): (Vec<(&Extra, u32)>, _) = (Vec::new(), Vec::new());
    for (at, choice) in extras.iter().enumerate() {
        let mut refused = |code: &str, detail: String| {
            faults.push(FieldError::new(format!("#/extras/{at}"), code, detail));
        };
        match rates.extras.iter().find(|extra| extra.code == choice.code) {
            None => refused("no_such_extra", "there is no such extra".to_owned()),
            Some(extra) if !(1..=extra.most).contains(&choice.count) => {
                refused("bad_count", format!("there are 1 to {}", extra.most));
            }
            Some(extra) if chosen.iter().any(|(other, _)| other.code == extra.code) => {
                refused("repeated", "an extra is chosen once, with how many of it".to_owned());
            }
            Some(extra) => chosen.push((extra, choice.count)),
        }
    }
    if faults.is_empty() { Ok(chosen) } else { Err(RentError::Invalid(faults)) }
}

fn extra_line(
    rates: &Rates,
    lapse: &Lapse,
    extra: &Extra,
    count: u32,
) -> Result<QuoteLine, MoneyError> {
    let times = match extra.charged {
        Charged::PerRental => 1,
        Charged::PerDay => lapse.days_begun(),
    };
    let price = rates.money(extra.price_minor);
    line(Item::Extra, &extra.code, &extra.name, count.saturating_mul(times), price)
}

fn line(
    item: Item,
    code: &str,
    name: &str,
    quantity: u32,
    unit_price: Money,
) -> Result<QuoteLine, MoneyError> {
    Ok(QuoteLine {
        item,
        code: code.to_owned(),
        name: name.to_owned(),
        quantity,
        unit_price,
        total: unit_price.times(i64::from(quantity))?,
        tax: Money::zero(unit_price.currency),
    })
}

/// Splits the tax over the lines by what they cost, without loss.
fn spread(tax: Money, lines: &mut [QuoteLine]) -> Result<(), MoneyError> {
    if tax.is_zero() {
        return Ok(());
    }
    let weights: Vec<u64> = lines.iter().map(|line| line.total.minor.unsigned_abs()).collect();
    for (line, part) in lines.iter_mut().zip(tax.split(&weights)?) {
        line.tax = part;
    }
    Ok(())
}
