//! Tables of tax and shipping, as configuration tells them.

use std::{collections::HashSet, fmt::Display, hash::Hash};

use buy::{Area, ShippingRate, TaxRule, Taxes, Zone, Zones};
use commerce::{Currency, Money};

use crate::{
    config::{self, Buy},
    wiring::{WiringError, setting},
};

/// How sales are taxed where no rule of the table holds.
pub fn tax_elsewhere(settings: &Buy) -> TaxRule {
    TaxRule {
        basis_points: settings.tax_basis_points,
        inclusive: settings.tax_inclusive,
        on_shipping: settings.tax_on_shipping,
        jurisdiction: settings.tax_jurisdiction.clone(),
    }
}

pub fn taxes(settings: &Buy) -> Result<Taxes, WiringError> {
    const KEY: &str = "buy.taxes";
    let mut rules = Vec::with_capacity(settings.taxes.len());
    for row in &settings.taxes {
        let rule = TaxRule {
            basis_points: row.basis_points,
            inclusive: row.inclusive,
            on_shipping: row.on_shipping,
            jurisdiction: row.jurisdiction.clone(),
        };
        rules.push((area(KEY, &row.to)?, rule));
    }
    told_once(KEY, rules.iter().map(|(area, _)| area))?;
    Ok(Taxes { rules, elsewhere: tax_elsewhere(settings) })
}

pub fn zones(settings: &Buy) -> Result<Zones, WiringError> {
    const KEY: &str = "buy.shipping_zones";
    let mut zones = Vec::with_capacity(settings.shipping_zones.len());
    for zone in &settings.shipping_zones {
        let to: Result<Vec<_>, _> = zone.to.iter().map(|text| area(KEY, text)).collect();
        let rates: Result<Vec<_>, _> = zone.rates.iter().map(|row| rate(KEY, row)).collect();
        let rates = rates?;
        told_once(KEY, rates.iter().map(|rate| rate.flat.currency))?;
        zones.push(Zone { to: to?, rates });
    }
    told_once(KEY, zones.iter().flat_map(|zone| &zone.to))?;
    Ok(Zones(zones))
}

fn area(key: &'static str, text: &str) -> Result<Area, WiringError> {
    text.parse().map_err(|error| setting(key)(&format!("`{text}`: {error}")))
}

fn rate(key: &'static str, row: &config::ShippingRow) -> Result<ShippingRate, WiringError> {
    let currency = Currency::parse(&row.currency).map_err(|error| setting(key)(&error))?;
    let amounts = [Some(row.flat), row.per_piece, row.free_from];
    if amounts.into_iter().flatten().any(|minor| minor < 0) {
        return Err(setting(key)(&"an amount is never negative"));
    }
    let money = |minor| Money::new(minor, currency);
    Ok(ShippingRate {
        flat: money(row.flat),
        per_piece: money(row.per_piece.unwrap_or_default()),
        free_from: row.free_from.map(money),
    })
}

fn told_once<T: Eq + Hash + Display>(
    key: &'static str,
    of: impl Iterator<Item = T>,
) -> Result<(), WiringError> {
    let mut told = HashSet::new();
    for one in of {
        let why = format!("`{one}` is there twice");
        if !told.insert(one) {
            return Err(setting(key)(&why));
        }
    }
    Ok(())
}
