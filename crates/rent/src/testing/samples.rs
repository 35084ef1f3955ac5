//! A shop, vehicles, their rates and the people around them.

use commerce::{Actor, Currency, Id, Role, picture::Chosen, testing::TestEnv};
use uuid::Uuid;

use crate::{
    CancellationPolicy, Car, Charged, Driver, Extra, Fuel, Hours, Licence, LicenceClass, Listing,
    NewImage, NewListing, NewShop, Place, Rates, Scooter, ShopId, TaxRule, Terms, Transmission,
    Vehicle, WeekPlan, Zone,
};

fn person(number: u128, role: Role) -> Actor {
    let session = Id::from_uuid(Uuid::from_u128(number + 1_000));
    Actor { user: Id::from_uuid(Uuid::from_u128(number)), session, role }
}

/// Keeps a shop.
pub fn owner() -> Actor {
    person(1, Role::Seller)
}

/// Keeps another shop.
pub fn stranger() -> Actor {
    person(2, Role::Seller)
}

pub fn operator() -> Actor {
    person(3, Role::Operator)
}

pub fn traveller(number: u8) -> Actor {
    person(100 + u128::from(number), Role::Customer)
}

/// Open all day, every day, in Guwahati.
pub fn a_shop() -> NewShop {
    NewShop {
        name: "Brahmaputra Wheels".into(),
        zone: Zone::parse("Asia/Kolkata").unwrap(),
        place: Place { lat_e6: 26_144_518, lon_e6: 91_736_237 },
        address: "GS Road, Guwahati".into(),
        week: WeekPlan::every_day(Hours::ALL_DAY),
    }
}

pub fn a_scooter() -> Scooter {
    Scooter {
        make: "Honda".into(),
        model: "Activa".into(),
        year: 2024,
        fuel: Fuel::Petrol,
        engine_cc: Some(110),
        range_km: None,
        helmets: 2,
        top_box: false,
        licence: Some(LicenceClass::A1),
        minimum_age: 18,
        odometer_km: 8_000,
    }
}

pub fn a_car() -> Car {
    Car {
        make: "Maruti".into(),
        model: "Swift".into(),
        year: 2023,
        fuel: Fuel::Petrol,
        engine_cc: Some(1_197),
        transmission: Transmission::Manual,
        seats: 5,
        doors: 5,
        air_conditioning: true,
        minimum_age: 21,
        licence_held_years: 1,
        odometer_km: 21_000,
        km_per_day: Some(300),
    }
}

/// Born in 1990, with every licence a tourist may have.
pub fn a_driver() -> Driver {
    let licence = Licence { class: LicenceClass::B, held_since: "2010-01-01".parse().unwrap() };
    Driver {
        name: "Ada Lovelace".into(),
        born_on: "1990-12-10".parse().unwrap(),
        licence: Some(licence),
    }
}

/// Ten dollars an hour, fifty a day, a hundred as a deposit, helmets and delivery.
pub fn rates() -> Rates {
    let extra = |code: &str, price_minor, charged| Extra {
        code: code.into(),
        name: code.into(),
        price_minor,
        charged,
        most: 2,
    };
    Rates {
        currency: Currency::USD,
        hour_minor: Some(10_00),
        day_minor: Some(50_00),
        week_minor: None,
        min_minutes: 60,
        max_minutes: 60 * 24 * 60,
        rules: Vec::new(),
        extras: vec![
            extra("helmet", 2_00, Charged::PerDay),
            extra("delivery", 15_00, Charged::PerRental),
        ],
        deposit_minor: 100_00,
        late_hour_minor: 15_00,
        late_grace_minutes: 30,
        tax: TaxRule { basis_points: 1_000, inclusive: false, jurisdiction: "IN-AS".into() },
        cancellation: CancellationPolicy::moderate(),
    }
}

/// Two identical cars, ready to be published.
pub fn new_listing(shop: ShopId) -> NewListing {
    NewListing {
        shop,
        title: "Swift".into(),
        description: "A small car for small roads.".into(),
        vehicle: Vehicle::Car(a_car()),
        rates: Some(rates()),
        terms: Terms::default(),
        units: vec!["AS-01-1234".into(), "AS-01-5678".into()],
        images: vec![NewImage::web("/images/swift.webp", "A red car")],
    }
}

/// A listing that is nowhere written down.
pub fn a_listing() -> Listing {
    let env = TestEnv::new().env();
    Listing::draft(&env, new_listing(Id::new(&env)), &Chosen::none()).unwrap()
}
