//! A car that its renter drives.

use commerce::FieldError;
use serde::{Deserialize, Serialize};

use super::{Faults, Feature, Fuel, Transmission};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Car {
    pub make: String,
    pub model: String,
    pub year: u16,
    pub fuel: Fuel,
    /// Absent for an electric one.
    pub engine_cc: Option<u32>,
    pub transmission: Transmission,
    pub seats: u8,
    pub doors: u8,
    pub air_conditioning: bool,
    pub minimum_age: u8,
    /// For how many whole years its driver has had a licence of class B at least.
    pub licence_held_years: u8,
    pub odometer_km: u32,
    /// How far a day's rent goes; absent for as far as one likes.
    pub km_per_day: Option<u32>,
}

impl Car {
    pub(super) fn features(&self) -> Vec<Feature> {
        let all = [
            (Feature::AirConditioning, self.air_conditioning),
            (Feature::Automatic, self.transmission == Transmission::Automatic),
            (Feature::Electric, self.fuel == Fuel::Electric),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature).collect()
    }

    pub(super) fn faults(&self) -> Vec<FieldError> {
        let electric = self.fuel == Fuel::Electric;
        let Faults(faults) = Faults::default()
            .told("make", &self.make)
            .told("model", &self.model)
            .within("year", self.year.into(), 1_920, 2_100)
            .unless(
                self.engine_cc.is_some() != electric,
                "engine_cc",
                "engine_and_fuel",
                "a car with an engine has an engine size, an electric one has none",
            )
            .within("engine_cc", self.engine_cc.unwrap_or(1_000), 400, 9_000)
            .within("seats", self.seats.into(), 1, 9)
            .within("doors", self.doors.into(), 2, 6)
            .within("minimum_age", self.minimum_age.into(), 16, 30)
            .within("licence_held_years", self.licence_held_years.into(), 0, 10)
            .within("odometer_km", self.odometer_km, 0, 2_000_000)
            .within("km_per_day", self.km_per_day.unwrap_or(1), 1, 5_000);
        faults
    }
}
