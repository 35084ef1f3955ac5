//! What can be wrong with a shop, all of it at once.

use std::collections::HashSet;

use commerce::FieldError;

use super::{Hours, RentShop};

const MAX_DATES: usize = 400;
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

pub(super) fn of(shop: &RentShop) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if shop.name.trim().is_empty() {
        faults.push(FieldError::new("#/name", "blank", "a shop has a name"));
    }
    if !shop.place.is_on_earth() {
        faults.push(FieldError::new(
            "#/place",
            "not_a_place",
            "latitude is within 90 and longitude within 180 degrees",
        ));
    }
    for (day, hours) in DAYS.iter().zip(&shop.week.0) {
        faults.extend(of_hours(&format!("#/week/{day}"), hours));
    }
    let mut dates = HashSet::new();
    for (at, exception) in shop.exceptions.iter().enumerate() {
        let pointer = format!("#/exceptions/{at}");
        if !dates.insert(exception.date) {
            faults.push(FieldError::new(
                format!("{pointer}/date"),
                "repeated",
                "a day has one exception",
            ));
        }
        faults.extend(of_hours(&format!("{pointer}/hours"), &exception.hours));
    }
    for (at, range) in shop.blackouts.iter().enumerate() {
        if range.to < range.from {
            let pointer = format!("#/blackouts/{at}/to");
            faults.push(FieldError::new(
                pointer,
                "before_its_beginning",
                "a range ends after it begins",
            ));
        }
    }
    for (name, count) in
        [("exceptions", shop.exceptions.len()), ("blackouts", shop.blackouts.len())]
    {
        if count > MAX_DATES {
            faults.push(FieldError::new(format!("#/{name}"), "too_many", "at most 400 of them"));
        }
    }
    faults
}

/// Hours of a day are in order and do not overlap.
fn of_hours(pointer: &str, hours: &[Hours]) -> Option<FieldError> {
    let backwards = hours.iter().any(|h| h.from_min >= h.to_min || h.to_min > 1_440);
    let overlapping = hours.windows(2).any(|two| match two {
        [a, b] => a.to_min > b.from_min,
        _ => false,
    });
    let wrong = backwards || overlapping;
    wrong.then(|| {
        FieldError::new(
            pointer,
            "bad_hours",
            "hours of a day follow each other, within 0 and 1440 minutes",
        )
    })
}
