//! Words that clients send and are sent, one for each of the domain's.

use rent::{ChargeKind, Charged, Feature, Fuel, Kind, LicenceClass, Transmission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident $shown:literal of $domain:ident { $($word:ident),+ $(,)? })+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[schemars(rename = $shown)]
        pub enum $name { $($word),+ }

        impl From<$domain> for $name {
            fn from(word: $domain) -> Self {
                match word { $($domain::$word => Self::$word),+ }
            }
        }

        impl From<$name> for $domain {
            fn from(word: $name) -> Self {
                match word { $($name::$word => Self::$word),+ }
            }
        }
    )+ };
}

words! {
    KindWord "VehicleKind" of Kind { Scooter, Bike, Car }
    FuelWord "Fuel" of Fuel { Petrol, Diesel, Electric, Hybrid }
    TransmissionWord "Transmission" of Transmission { Manual, Automatic }
    /// A class of driving licence, as directive 2006/126/EC names it.
    LicenceWord "LicenceClass" of LicenceClass { Am, A1, A2, A, B }
    FeatureWord "VehicleFeature" of Feature {
        AirConditioning, Automatic, Bicycle, Electric, Helmet, Motorbike, NoLicence, TopBox,
    }
    /// Once, or for every day begun.
    ChargedWord "ExtraCharged" of Charged { PerRental, PerDay }
    ChargeKindWord "ChargeKind" of ChargeKind { Late, Damage, Fuel }
}

/// With an engine, or with pedals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BikeClass")]
pub enum BikeClassWord {
    Motorbike,
    Bicycle,
}

/// The days of a season a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "RuleDays")]
pub enum RuleDaysWord {
    All,
    Weekend,
}
