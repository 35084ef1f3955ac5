//! What can be wrong with rates, all of it at once.

use std::collections::HashSet;

use commerce::FieldError;

use super::{Rates, WHOLE};

const MAX_MINUTES: u32 = 366 * 24 * 60;
const MAX_RULES: usize = 100;
/// No amount is larger, in minor units: clients read it exactly, and what it is multiplied by leaves room.
const MAX_MINOR: i64 = 1_000_000_000_000;

pub(super) fn of(rates: &Rates) -> Vec<FieldError> {
    let mut faults = of_time(rates);
    faults.extend(of_amounts(rates));
    faults.extend(of_rules(rates));
    faults.extend(of_extras(rates));
    faults.extend(of_cancellation(rates));
    faults
}

fn fault(field: &str, code: &str, detail: &str) -> FieldError {
    FieldError::new(format!("#/rates/{field}"), code, detail)
}

fn too_large(field: &str) -> FieldError {
    fault(field, "too_large", "an amount is at most 1,000,000,000,000 minor units")
}

/// No rate is dearer than the shorter ones that fill its time, so longer never costs less.
fn of_time(rates: &Rates) -> Vec<FieldError> {
    let (hour, day, week) = (rates.hour_minor, rates.day_minor, rates.week_minor);
    let mut faults = Vec::new();
    for (field, rate) in [("hour_minor", hour), ("day_minor", day), ("week_minor", week)] {
        if rate.is_some_and(|rate| rate <= 0) {
            faults.push(fault(field, "not_positive", "a rate is more than nothing"));
        }
    }
    if hour.or(day).or(week).is_none() {
        faults.push(fault("day_minor", "no_rate", "there is a rate by the hour, day or week"));
    }
    let dearer = |long: Option<i64>, short: Option<i64>, times: i64| {
        long.zip(short).is_some_and(|(long, short)| long > short.saturating_mul(times))
    };
    if dearer(day, hour, 24) {
        faults.push(fault("day_minor", "dearer_than_hours", "a day costs no more than its hours"));
    }
    if dearer(week, day, 7) || (day.is_none() && dearer(week, hour, 168)) {
        faults.push(fault("week_minor", "dearer_than_days", "a week costs no more than its days"));
    }
    let ordered = (1..=rates.max_minutes).contains(&rates.min_minutes);
    if !ordered || rates.max_minutes > MAX_MINUTES {
        let detail = "the longest rental is no shorter than the shortest, and at most a year";
        faults.push(fault("max_minutes", "bad_duration", detail));
    }
    faults
}

fn of_amounts(rates: &Rates) -> Vec<FieldError> {
    let amounts =
        [("deposit_minor", rates.deposit_minor), ("late_hour_minor", rates.late_hour_minor)];
    let negative = amounts.into_iter().filter(|(_, minor)| *minor < 0);
    let mut faults: Vec<_> =
        negative.map(|(field, _)| fault(field, "negative", "it is nothing or more")).collect();
    let Rates { hour_minor, day_minor, week_minor, .. } = *rates;
    let each = [("hour_minor", hour_minor), ("day_minor", day_minor), ("week_minor", week_minor)];
    let each = each.into_iter().filter_map(|(field, minor)| Some((field, minor?)));
    let large = each.chain(amounts).filter(|(_, minor)| *minor > MAX_MINOR);
    faults.extend(large.map(|(field, _)| too_large(field)));
    if rates.tax.basis_points > WHOLE {
        faults.push(fault("tax/basis_points", "out_of_range", "a tax is at most the whole"));
    }
    faults
}

fn of_rules(rates: &Rates) -> Vec<FieldError> {
    let outside = |points: u32| !(1..=WHOLE.saturating_mul(10)).contains(&points);
    let rules = rates.rules.iter().enumerate().filter(|(_, rule)| outside(rule.basis_points));
    let detail = "a rule multiplies by up to ten";
    let mut faults: Vec<_> = rules
        .map(|(at, _)| fault(&format!("rules/{at}/basis_points"), "out_of_range", detail))
        .collect();
    if rates.rules.len() > MAX_RULES {
        faults.push(fault("rules", "too_many", "there are at most 100 rules"));
    }
    faults
}

fn of_extras(rates: &Rates) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut codes = HashSet::new();
    for (at, extra) in rates.extras.iter().enumerate() {
        if extra.code.trim().is_empty() || !codes.insert(&extra.code) {
            let detail = "every extra has a code of its own";
            faults.push(fault(&format!("extras/{at}/code"), "repeated", detail));
        }
        if extra.price_minor < 0 {
            let detail = "an extra costs nothing or more";
            faults.push(fault(&format!("extras/{at}/price_minor"), "negative", detail));
        }
        if extra.price_minor > MAX_MINOR {
            faults.push(too_large(&format!("extras/{at}/price_minor")));
        }
        if extra.most == 0 {
            let detail = "there is one of it at least";
            faults.push(fault(&format!("extras/{at}/most"), "out_of_range", detail));
        }
    }
    faults
}

fn of_cancellation(rates: &Rates) -> Option<FieldError> {
    let tiers = &rates.cancellation.tiers;
    let ordered = tiers.windows(2).all(|two| match two {
        [a, b] => a.hours_before > b.hours_before && a.basis_points >= b.basis_points,
        _ => true,
    });
    let sound = ordered && tiers.iter().all(|tier| tier.basis_points <= WHOLE);
    let detail = "tiers go from early to late and give back less and less";
    (!sound).then(|| fault("cancellation/tiers", "out_of_order", detail))
}
