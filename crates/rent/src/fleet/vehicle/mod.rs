//! A vehicle by its kind, each with what is worth knowing of it.

mod bike;
mod car;
mod driver;
mod scooter;

pub use bike::{Bicycle, Bike, Motorbike};
pub use car::Car;
pub use driver::{Driver, Licence, LicenceClass};
pub use scooter::Scooter;

use commerce::FieldError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Vehicle {
    Scooter(Scooter),
    Bike(Bike),
    Car(Car),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Scooter,
    Bike,
    Car,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Scooter, Self::Bike, Self::Car];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scooter => "scooter",
            Self::Bike => "bike",
            Self::Car => "car",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fuel {
    Petrol,
    Diesel,
    Electric,
    Hybrid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transmission {
    Manual,
    Automatic,
}

/// What travellers narrow a search by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    AirConditioning,
    Automatic,
    Bicycle,
    Electric,
    /// Goes out with at least one helmet.
    Helmet,
    Motorbike,
    /// Needs no driving licence.
    NoLicence,
    TopBox,
}

impl Feature {
    pub const ALL: [Self; 8] = [
        Self::AirConditioning,
        Self::Automatic,
        Self::Bicycle,
        Self::Electric,
        Self::Helmet,
        Self::Motorbike,
        Self::NoLicence,
        Self::TopBox,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AirConditioning => "air_conditioning",
            Self::Automatic => "automatic",
            Self::Bicycle => "bicycle",
            Self::Electric => "electric",
            Self::Helmet => "helmet",
            Self::Motorbike => "motorbike",
            Self::NoLicence => "no_licence",
            Self::TopBox => "top_box",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == text)
    }
}

impl Vehicle {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Scooter(_) => Kind::Scooter,
            Self::Bike(_) => Kind::Bike,
            Self::Car(_) => Kind::Car,
        }
    }

    /// The licence its driver needs.
    pub fn licence(&self) -> Option<LicenceClass> {
        match self {
            Self::Scooter(scooter) => scooter.licence,
            Self::Bike(Bike::Motorbike(motorbike)) => Some(motorbike.licence),
            Self::Bike(Bike::Bicycle(_)) => None,
            Self::Car(_) => Some(LicenceClass::B),
        }
    }

    /// How old its driver is at least, in whole years.
    pub fn minimum_age(&self) -> u8 {
        match self {
            Self::Scooter(scooter) => scooter.minimum_age,
            Self::Bike(Bike::Motorbike(motorbike)) => motorbike.minimum_age,
            Self::Bike(Bike::Bicycle(bicycle)) => bicycle.minimum_age,
            Self::Car(car) => car.minimum_age,
        }
    }

    /// How many people it carries, its driver among them.
    pub fn seats(&self) -> u8 {
        match self {
            Self::Scooter(_) | Self::Bike(Bike::Motorbike(_)) => 2,
            Self::Bike(Bike::Bicycle(_)) => 1,
            Self::Car(car) => car.seats,
        }
    }

    /// In the order of their names, each once.
    pub fn features(&self) -> Vec<Feature> {
        let mut features = match self {
            Self::Scooter(scooter) => scooter.features(),
            Self::Bike(bike) => bike.features(),
            Self::Car(car) => car.features(),
        };
        if self.licence().is_none() {
            features.push(Feature::NoLicence);
        }
        features.sort_unstable();
        features.dedup();
        features
    }

    /// Everything about it that makes no sense.
    pub fn faults(&self) -> Vec<FieldError> {
        match self {
            Self::Scooter(scooter) => scooter.faults(),
            Self::Bike(bike) => bike.faults(),
            Self::Car(car) => car.faults(),
        }
    }
}

/// Collects what is out of its bounds.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn within(mut self, field: &str, value: u32, least: u32, most: u32) -> Self {
        if value < least || value > most {
            let detail = format!("it is {least} to {most}");
            self.0.push(FieldError::new(format!("#/{field}"), "out_of_range", detail));
        }
        self
    }

    fn told(mut self, field: &str, text: &str) -> Self {
        if text.trim().is_empty() {
            self.0.push(FieldError::new(
                format!("#/{field}"),
                "blank",
                "it has at least one letter",
            ));
        }
        self
    }

    fn unless(mut self, fine: bool, field: &str, code: &str, detail: &str) -> Self {
        if !fine {
            self.0.push(FieldError::new(format!("#/{field}"), code, detail));
        }
        self
    }
}
