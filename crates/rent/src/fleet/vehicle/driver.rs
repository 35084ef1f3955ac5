//! Who drives, and whether they may drive a vehicle.

use chrono::NaiveDate;
use commerce::FieldError;
use serde::{Deserialize, Serialize};

use super::Vehicle;

/// A class of driving licence, as directive 2006/126/EC names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceClass {
    /// Mopeds.
    Am,
    A1,
    A2,
    A,
    /// Cars.
    B,
}

impl LicenceClass {
    /// Whether who holds this one may drive what needs the other.
    pub fn covers(self, other: Self) -> bool {
        let rank = |class| match class {
            Self::Am => 0,
            Self::A1 => 1,
            Self::A2 => 2,
            Self::A => 3,
            Self::B => 4,
        };
        match (self, other) {
            (_, Self::Am) => true,
            (Self::B, _) | (_, Self::B) => self == other,
            _ => rank(self) >= rank(other),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    pub name: String,
    pub born_on: NaiveDate,
    pub licence: Option<Licence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    pub class: LicenceClass,
    pub held_since: NaiveDate,
}

impl Driver {
    /// Why they may not drive the vehicle on that day.
    pub fn faults(&self, vehicle: &Vehicle, on: NaiveDate) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, detail: String| {
            faults.push(FieldError::new(format!("#/driver/{field}"), code, detail));
        };
        if self.name.trim().is_empty() {
            fault("name", "blank", "a driver has a name".to_owned());
        }
        let age = vehicle.minimum_age();
        if on.years_since(self.born_on).is_none_or(|years| years < u32::from(age)) {
            fault("born_on", "too_young", format!("its driver is at least {age} years old"));
        }
        if let Some(needed) = vehicle.licence() {
            let licence = self.licence.filter(|licence| licence.class.covers(needed));
            let held = licence.and_then(|licence| on.years_since(licence.held_since));
            let years = match vehicle {
                Vehicle::Car(car) => u32::from(car.licence_held_years),
                Vehicle::Scooter(_) | Vehicle::Bike(_) => 0,
            };
            match held {
                None => {
                    fault(
                        "licence",
                        "no_licence",
                        "its driver has the licence it needs".to_owned(),
                    );
                }
                Some(held) if held < years => {
                    let detail = format!("its driver has had the licence for {years} years");
                    fault("licence/held_since", "too_new", detail);
                }
                Some(_) => {}
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::{LicenceClass::*, *};
    use crate::testing::{a_car, a_driver};

    #[test]
    fn a_greater_licence_covers_a_smaller_one_of_its_kind() {
        assert!(A.covers(A2) && A2.covers(A1) && A1.covers(Am) && B.covers(Am) && B.covers(B));
        assert!(!A1.covers(A2) && !B.covers(A1) && !A.covers(B) && !Am.covers(B));
    }

    #[test]
    fn a_birthday_makes_old_enough() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let driver = Driver { born_on: day("2005-06-02"), ..a_driver() };
        let codes = |on: &str| -> Vec<_> {
            let faults = driver.faults(&Vehicle::Car(a_car()), day(on));
            faults.into_iter().map(|fault| fault.code).collect()
        };

        assert_eq!(codes("2026-06-01"), ["too_young"]);
        assert!(codes("2026-06-02").is_empty());
    }
}
