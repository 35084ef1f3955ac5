//! A bike: with an engine, or with pedals.

use commerce::FieldError;
use serde::{Deserialize, Serialize};

use super::{Faults, Feature, Fuel, LicenceClass, Transmission};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "class")]
pub enum Bike {
    Motorbike(Motorbike),
    Bicycle(Bicycle),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Motorbike {
    pub make: String,
    pub model: String,
    pub year: u16,
    pub fuel: Fuel,
    /// Absent for an electric one.
    pub engine_cc: Option<u32>,
    pub transmission: Transmission,
    pub helmets: u8,
    pub licence: LicenceClass,
    pub minimum_age: u8,
    pub odometer_km: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bicycle {
    pub make: String,
    pub model: String,
    /// The height of the frame.
    pub frame_cm: u8,
    pub gears: u8,
    /// A motor helps with pedalling.
    pub electric: bool,
    pub helmets: u8,
    pub minimum_age: u8,
}

impl Bike {
    pub(super) fn features(&self) -> Vec<Feature> {
        let all = match self {
            Self::Motorbike(bike) => [
                (Feature::Motorbike, true),
                (Feature::Automatic, bike.transmission == Transmission::Automatic),
                (Feature::Electric, bike.fuel == Fuel::Electric),
                (Feature::Helmet, bike.helmets > 0),
            ],
            Self::Bicycle(bike) => [
                (Feature::Bicycle, true),
                (Feature::Automatic, false),
                (Feature::Electric, bike.electric),
                (Feature::Helmet, bike.helmets > 0),
            ],
        };
        all.into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature).collect()
    }

    pub(super) fn faults(&self) -> Vec<FieldError> {
        match self {
            Self::Motorbike(bike) => bike.faults(),
            Self::Bicycle(bike) => bike.faults(),
        }
    }
}

impl Motorbike {
    fn faults(&self) -> Vec<FieldError> {
        let electric = self.fuel == Fuel::Electric;
        let Faults(faults) = Faults::default()
            .told("make", &self.make)
            .told("model", &self.model)
            .within("year", self.year.into(), 1_920, 2_100)
            .unless(
                matches!(self.fuel, Fuel::Petrol | Fuel::Electric),
                "fuel",
                "no_such_motorbike",
                "a motorbike runs on petrol or electricity",
            )
            .unless(
                self.engine_cc.is_some() != electric,
                "engine_cc",
                "engine_and_fuel",
                "a petrol motorbike has an engine size, an electric one has none",
            )
            .within("engine_cc", self.engine_cc.unwrap_or(125), 50, 3_000)
            .unless(
                self.licence != LicenceClass::B,
                "licence",
                "not_for_motorbikes",
                "a motorbike needs a licence of class AM, A1, A2 or A",
            )
            .within("helmets", self.helmets.into(), 0, 2)
            .within("minimum_age", self.minimum_age.into(), 15, 30)
            .within("odometer_km", self.odometer_km, 0, 2_000_000);
        faults
    }
}

impl Bicycle {
    fn faults(&self) -> Vec<FieldError> {
        let Faults(faults) = Faults::default()
            .told("make", &self.make)
            .told("model", &self.model)
            .within("frame_cm", self.frame_cm.into(), 20, 75)
            .within("gears", self.gears.into(), 1, 40)
            .within("helmets", self.helmets.into(), 0, 2)
            .within("minimum_age", self.minimum_age.into(), 6, 30);
        faults
    }
}
