//! Any number of vehicles to rent and bookings of them for a benchmark, made up by rule.

use chrono::TimeDelta;
use commerce::{Env, Id, Money, Span, Timestamp, UserId};
use persistence::{Db, rent::BulkRentals};
use rent::{
    Booking, BookingState, Deposit, Driver, LateTerms, Listing, Place, Quote, RentShop, Unit,
    claimed, price,
};

use super::{
    SeedError,
    mixed::{cycled, mixed},
    rentals::fleet,
    surroundings::Surroundings,
};

/// Vehicles written in one transaction, with their bookings.
const BATCH: u64 = 500;
const VEHICLES_A_SHOP: u64 = 20;
const SHOPS_A_CITY: u64 = 100;
/// A unit is booked once in so many days: from a month ago on.
const DAYS_A_BOOKING: u64 = 9;
const BEGAN: TimeDelta = TimeDelta::days(30);
const STEP_E6: u64 = 1_000;

/// How many of each there shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManyRentals {
    pub vehicles: u64,
    pub bookings: u64,
}

/// Makes up vehicles with their share of the bookings until there are so many. What is there stays.
pub async fn many_rentals(
    db: &Db,
    owner: UserId,
    wanted: ManyRentals,
    now: Timestamp,
    progress: impl Fn(u64),
) -> Result<(), SeedError> {
    let (shops, templates) = fleet(owner)?;
    let template = shops.into_iter().next().ok_or(SeedError::NothingAlike)?;
    let mut there = db.count_listings().await?;
    while there < wanted.vehicles {
        let until = wanted.vehicles.min(there.saturating_add(BATCH));
        let batch = Batch {
            // Beyond the ids of everything else, and different for each batch.
            surroundings: Surroundings::new(there.wrapping_add(1 << 48)),
            numbers: there..until,
            now,
        };
        db.plant_rentals(&batch.made(&template, &templates, wanted)?).await?;
        there = until;
        progress(there);
    }
    Ok(())
}

struct Batch {
    surroundings: Surroundings,
    numbers: std::ops::Range<u64>,
    now: Timestamp,
}

impl Batch {
    fn made(
        &self,
        shop: &RentShop,
        templates: &[Listing],
        wanted: ManyRentals,
    ) -> Result<BulkRentals, SeedError> {
        let mut bulk = BulkRentals::default();
        for number in self.numbers.clone() {
            if bulk.shops.is_empty() || number % VEHICLES_A_SHOP == 0 {
                let place = place(number / VEHICLES_A_SHOP);
                let name = format!("Wheels {}", number / VEHICLES_A_SHOP);
                bulk.shops.push(RentShop { id: Id::new(self.env()), name, place, ..shop.clone() });
            }
            let home = bulk.shops.last().ok_or(SeedError::NothingAlike)?;
            let template = cycled(templates, number).ok_or(SeedError::NothingAlike)?;
            bulk.listings.push(vehicle(number, template, home, self.env()));
        }
        let share = |vehicles: u64| {
            let share = u128::from(wanted.bookings) * u128::from(vehicles);
            u64::try_from(share / u128::from(wanted.vehicles)).unwrap_or_default()
        };
        let count = share(self.numbers.end).saturating_sub(share(self.numbers.start));
        bulk.bookings = self.bookings(&bulk.listings, count, shop)?;
        Ok(bulk)
    }

    fn env(&self) -> &Env {
        self.surroundings.env()
    }

    /// One unit after the other, around and around, each time some days later.
    fn bookings(
        &self,
        listings: &[Listing],
        count: u64,
        shop: &RentShop,
    ) -> Result<Vec<Booking>, SeedError> {
        let units: Vec<_> = listings
            .iter()
            .flat_map(|listing| listing.units.iter().map(move |unit| (listing, unit)))
            .collect();
        let around = u64::try_from(units.len()).unwrap_or(u64::MAX).max(1);
        let one = |number: u64| {
            let (listing, unit) = cycled(&units, number).ok_or(SeedError::NothingAlike)?;
            self.booking(listing, unit, self.period(number, number / around), shop)
        };
        (0..count).map(one).collect()
    }

    /// Up to four days somewhere in the first days of a turn.
    fn period(&self, number: u64, turn: u64) -> Option<Span> {
        let mix = mixed(number);
        let days = |days: u64| i64::try_from(days).map(TimeDelta::days).unwrap_or_default();
        let from = self.now - BEGAN + days(turn * DAYS_A_BOOKING + mix % 4);
        Span::try_new(from, from + days(1 + mix / 4 % 4)).ok()
    }

    fn booking(
        &self,
        listing: &Listing,
        unit: &Unit,
        period: Option<Span>,
        shop: &RentShop,
    ) -> Result<Booking, SeedError> {
        let (period, rates) = period.zip(listing.rates.as_ref()).ok_or(SeedError::NothingAlike)?;
        let quote: Quote = price(rates, shop.zone, period, &[])?;
        let over = period.ends_at() <= self.now;
        let at = period.starts_at();
        Ok(Booking {
            id: Id::new(self.env()),
            listing: listing.id,
            unit: unit.id,
            shop: listing.shop,
            owner: shop.owner,
            lent_for: None,
            traveller: Id::new(self.env()),
            driver: Driver {
                name: "Tara Traveller".to_owned(),
                born_on: shop.zone.date(at - TimeDelta::days(10_000)),
                licence: None,
            },
            title: listing.title.clone(),
            period,
            claimed: claimed(listing, period),
            zone: shop.zone,
            late: LateTerms { hour: Money::zero(rates.currency), grace_minutes: 0 },
            quote,
            claim: Id::new(self.env()),
            order: None,
            state: match over {
                true => BookingState::Completed { at: period.ends_at() },
                false => BookingState::Confirmed { at },
            },
            deposit: Deposit::None,
            handed_over: None,
            returned: None,
            charges: Vec::new(),
            back: None,
            created_at: at,
            updated_at: at,
        })
    }
}

/// Like one of the demonstration's, in one unit or two, somewhat dearer or cheaper.
fn vehicle(number: u64, template: &Listing, shop: &RentShop, env: &Env) -> Listing {
    let percent = i64::try_from(60 + mixed(number) % 100).unwrap_or(100);
    let priced = |minor: i64| minor.saturating_mul(percent).div_euclid(100);
    let mut rates = template.rates.clone();
    if let Some(rates) = &mut rates {
        rates.hour_minor = rates.hour_minor.map(priced);
        rates.day_minor = rates.day_minor.map(priced);
        rates.week_minor = rates.week_minor.map(priced);
    }
    let unit =
        |unit: u64| Unit { id: Id::new(env), label: format!("MANY-{number}-{unit}"), away: false };
    Listing {
        id: Id::new(env),
        shop: shop.id,
        title: format!("{} {number}", template.title),
        rates,
        units: (0..=number % 2).map(unit).collect(),
        ..template.clone()
    }
}

/// A hundred shops in each city, some kilometres around its centre; cities are far from each other.
fn place(shop: u64) -> Place {
    let (city, within) = (shop / SHOPS_A_CITY, mixed(shop));
    let e6 = |degrees: u64, offset: u64| {
        let e6 = degrees * 1_000_000 + offset % 100 * STEP_E6;
        i32::try_from(e6).unwrap_or_default()
    };
    Place {
        lat_e6: e6(1 + city % 10 * 5, within),
        lon_e6: e6(1 + city / 10 * 3 % 170, within / 100),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn nobody_is_given_time_that_another_has() {
        let surroundings = Surroundings::new(1);
        let owner = UserId::new(surroundings.env());
        let (shops, templates) = fleet(owner).unwrap();
        let wanted = ManyRentals { vehicles: 200, bookings: 2_000 };
        let now = surroundings.env().now();
        let batch = Batch { surroundings, numbers: 0..100, now };

        let bulk = batch.made(&shops[0], &templates, wanted).unwrap();

        assert_eq!((bulk.listings.len(), bulk.bookings.len(), bulk.shops.len()), (100, 1_000, 5));
        let mut of_units: HashMap<_, Vec<Span>> = HashMap::new();
        for booking in &bulk.bookings {
            of_units.entry(booking.unit).or_default().push(booking.claimed);
        }
        for spans in of_units.values_mut() {
            spans.sort_unstable();
            assert!(spans.windows(2).all(|two| !two[0].overlaps(two[1])), "{spans:?}");
        }
    }
}
