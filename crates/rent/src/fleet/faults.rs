//! What can be wrong with a listing, all of it at once.

use std::collections::HashSet;

use commerce::{FieldError, picture};

use super::{Listing, rate_faults};

const MAX_UNITS: usize = 200;
const MAX_LEAD_MINUTES: u32 = 60 * 24 * 90;
const MAX_TURNAROUND_MINUTES: u32 = 60 * 24 * 7;
const MAX_HORIZON_DAYS: u32 = 730;

pub(super) fn of(listing: &Listing) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if listing.title.trim().is_empty() {
        faults.push(FieldError::new("#/title", "blank", "a listing has a title"));
    }
    faults.extend(listing.vehicle.faults());
    faults.extend(listing.rates.iter().flat_map(rate_faults::of));
    faults.extend(of_terms(listing));
    faults.extend(of_units(listing));
    faults.extend(picture::faults(&listing.images));
    if listing.is_published() {
        faults.extend(missing_for_publishing(listing));
    }
    faults
}

fn of_terms(listing: &Listing) -> Vec<FieldError> {
    let terms = &listing.terms;
    let bounds = [
        ("lead_minutes", terms.lead_minutes, 0, MAX_LEAD_MINUTES),
        ("turnaround_minutes", terms.turnaround_minutes, 0, MAX_TURNAROUND_MINUTES),
        ("horizon_days", terms.horizon_days, 1, MAX_HORIZON_DAYS),
    ];
    let outside =
        bounds.into_iter().filter(|(_, value, least, most)| value < least || value > most);
    let fault = |(field, _, least, most): (&str, u32, u32, u32)| {
        let detail = format!("it is {least} to {most}");
        FieldError::new(format!("#/terms/{field}"), "out_of_range", detail)
    };
    outside.map(fault).collect()
}

fn of_units(listing: &Listing) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut labels = HashSet::new();
    for (at, unit) in listing.units.iter().enumerate() {
        if unit.label.trim().is_empty() || !labels.insert(unit.label.trim()) {
            let pointer = format!("#/units/{at}");
            faults.push(FieldError::new(pointer, "repeated", "every unit has a label of its own"));
        }
    }
    if listing.units.len() > MAX_UNITS {
        faults.push(FieldError::new("#/units", "too_many", "a listing has at most 200 units"));
    }
    faults
}

fn missing_for_publishing(listing: &Listing) -> Vec<FieldError> {
    let needs = [
        ("#/rates", listing.rates.is_some(), "a published listing has a price"),
        (
            "#/description",
            !listing.description.trim().is_empty(),
            "a published listing is described",
        ),
        ("#/images", !listing.images.is_empty(), "a published listing has an image"),
        ("#/units", !listing.units.is_empty(), "a published listing has a unit"),
    ];
    let missing = needs.into_iter().filter(|(_, there, _)| !there);
    missing.map(|(pointer, _, detail)| FieldError::new(pointer, "missing", detail)).collect()
}
