//! A scooter: twist and go.

use commerce::FieldError;
use serde::{Deserialize, Serialize};

use super::{Faults, Feature, Fuel, LicenceClass};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scooter {
    pub make: String,
    pub model: String,
    pub year: u16,
    pub fuel: Fuel,
    /// Absent for an electric one.
    pub engine_cc: Option<u32>,
    /// How far an electric one goes on a charge.
    pub range_km: Option<u32>,
    /// How many go out with it.
    pub helmets: u8,
    pub top_box: bool,
    /// Absent where none is needed.
    pub licence: Option<LicenceClass>,
    pub minimum_age: u8,
    pub odometer_km: u32,
}

impl Scooter {
    pub(super) fn features(&self) -> Vec<Feature> {
        let all = [
            (Feature::Automatic, true),
            (Feature::Electric, self.fuel == Fuel::Electric),
            (Feature::Helmet, self.helmets > 0),
            (Feature::TopBox, self.top_box),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature).collect()
    }

    pub(super) fn faults(&self) -> Vec<FieldError> {
        let electric = self.fuel == Fuel::Electric;
        let Faults(faults) = Faults::default()
            .told("make", &self.make)
            .told("model", &self.model)
            .within("year", self.year.into(), 1_950, 2_100)
            .unless(
                matches!(self.fuel, Fuel::Petrol | Fuel::Electric),
                "fuel",
                "no_such_scooter",
                "a scooter runs on petrol or electricity",
            )
            .unless(
                self.engine_cc.is_some() != electric,
                "engine_cc",
                "engine_and_fuel",
                "a petrol scooter has an engine size, an electric one has none",
            )
            .within("engine_cc", self.engine_cc.unwrap_or(50), 30, 1_000)
            .unless(
                self.range_km.is_none() || electric,
                "range_km",
                "engine_and_fuel",
                "only an electric scooter has a range",
            )
            .within("range_km", self.range_km.unwrap_or(1), 1, 500)
            .within("helmets", self.helmets.into(), 0, 2)
            .within("minimum_age", self.minimum_age.into(), 14, 30)
            .within("odometer_km", self.odometer_km, 0, 1_000_000);
        faults
    }
}
