//! The rental shops of the demonstration, as `rentals.json` tells of them: three in one city, with their vehicles.

use buy::Slug;
use commerce::{Change, Currency, Effects, Role, UserId, Write, picture::Chosen};
use identity::{Email, Identity};
use rent::{
    CancellationPolicy, Charged, Extra, Hours, Kind, Listing, NewImage, NewListing, NewShop, Place,
    RateRule, Rates, Rent, RentShop, ShopId, TaxRule, Terms, Vehicle, WeekPlan, When, Zone,
};
use serde::Deserialize;

use super::{PEOPLE, SeedError, surroundings::Surroundings};

const MINUTES_A_DAY: u32 = 24 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rentals {
    zone: String,
    jurisdiction: String,
    shops: Vec<Shop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shop {
    name: String,
    address: String,
    place: Place,
    /// Every day.
    hours: Hours,
    vehicles: Vec<Article>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Article {
    title: String,
    description: String,
    /// A day at the plain rate; the other rates follow from it.
    day_minor: i64,
    /// Number plates or frame numbers.
    units: Vec<String>,
    /// The shop wants to be asked.
    #[serde(default)]
    on_request: bool,
    vehicle: Vehicle,
}

/// What was there to be added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeededRentals {
    pub shops: usize,
    pub vehicles: usize,
}

/// Gives the seller of the demonstration the rental shops it lacks; a second run changes nothing.
pub async fn demo_rentals(rent: &Rent, identity: &Identity) -> Result<SeededRentals, SeedError> {
    let (shops, listings) = fleet(seller(identity).await?)?;
    let (mut new_shops, mut new_listings) = (Vec::new(), Vec::new());
    for shop in shops {
        if rent.shops.find(shop.id).await?.is_none() {
            new_shops.push(Write::new(shop));
        }
    }
    for listing in listings {
        if rent.listings.find(listing.id).await?.is_none() {
            new_listings.push(Write::new(listing));
        }
    }
    let seeded = SeededRentals { shops: new_shops.len(), vehicles: new_listings.len() };
    if seeded.shops > 0 {
        rent.shops.commit(Change { writes: new_shops, effects: Effects::none() }).await?;
    }
    if seeded.vehicles > 0 {
        rent.listings.commit(Change { writes: new_listings, effects: Effects::none() }).await?;
    }
    Ok(seeded)
}

/// Who keeps the shops of the demonstration.
pub async fn seller(identity: &Identity) -> Result<UserId, SeedError> {
    let seller = PEOPLE.iter().find(|(_, _, role)| *role == Role::Seller);
    let (email, _, _) = seller.ok_or(SeedError::NoSeller)?;
    let known = identity.users.by_email(&Email::parse(email)?).await?;
    Ok(known.ok_or(SeedError::NoSeller)?.state.id)
}

/// Every shop and every vehicle, published, with the same ids every time.
pub(super) fn fleet(owner: UserId) -> Result<(Vec<RentShop>, Vec<Listing>), SeedError> {
    let rentals: Rentals = serde_json::from_str(include_str!("rentals.json"))?;
    let (surroundings, zone) = (Surroundings::new(2), Zone::parse(&rentals.zone)?);
    let (mut shops, mut listings) = (Vec::new(), Vec::new());
    for told in rentals.shops {
        surroundings.tick(3_600);
        let new = NewShop {
            name: told.name,
            zone,
            place: told.place,
            address: told.address,
            week: WeekPlan::every_day(told.hours),
        };
        let shop = RentShop::open(surroundings.env(), owner, new)?;
        for article in told.vehicles {
            surroundings.tick(60);
            listings.push(article.listing(&surroundings, shop.id, &rentals.jurisdiction)?);
        }
        shops.push(shop);
    }
    Ok((shops, listings))
}

impl Article {
    fn listing(
        self,
        surroundings: &Surroundings,
        shop: ShopId,
        jurisdiction: &str,
    ) -> Result<Listing, SeedError> {
        let slug = Slug::of_title(&self.title)?;
        let picture =
            |name: &str, alt| NewImage::web(format!("/demo/images/{slug}{name}.svg"), alt);
        let new = NewListing {
            shop,
            rates: Some(rates(self.vehicle.kind(), self.day_minor, jurisdiction)),
            terms: Terms { instant: !self.on_request, ..Terms::default() },
            units: self.units,
            images: vec![
                picture("", self.title.clone()),
                picture("-detail", format!("{}, seen closely", self.title)),
            ],
            title: self.title,
            description: self.description,
            vehicle: self.vehicle,
        };
        let env = surroundings.env();
        Ok(Listing::draft(env, new, &Chosen::none())?.published(env.now())?)
    }
}

/// An hour costs a fifth of a day, a week six of them; weekends are a fifth dearer.
fn rates(kind: Kind, day_minor: i64, jurisdiction: &str) -> Rates {
    let by_hour = kind != Kind::Car;
    let (deposit_minor, extras) = match kind {
        Kind::Car => (150_00, vec![extra("child_seat", "Child seat", 4_00, Charged::PerDay)]),
        Kind::Bike => (60_00, vec![extra("lock", "Chain and lock", 1_00, Charged::PerRental)]),
        Kind::Scooter => (40_00, vec![extra("helmet", "Another helmet", 1_00, Charged::PerDay)]),
    };
    let delivery = extra("delivery", "Brought to your door", 6_00, Charged::PerRental);
    let weekend = RateRule { name: "Weekends".into(), when: When::Weekend, basis_points: 12_000 };
    Rates {
        currency: Currency::USD,
        hour_minor: by_hour.then_some(day_minor.div_euclid(5)),
        day_minor: Some(day_minor),
        week_minor: Some(day_minor.saturating_mul(6)),
        min_minutes: if by_hour { 120 } else { MINUTES_A_DAY },
        max_minutes: MINUTES_A_DAY.saturating_mul(30),
        rules: vec![weekend],
        extras: extras.into_iter().chain([delivery]).collect(),
        deposit_minor,
        late_hour_minor: day_minor.div_euclid(4),
        late_grace_minutes: 30,
        tax: TaxRule { basis_points: 1_800, inclusive: false, jurisdiction: jurisdiction.into() },
        cancellation: CancellationPolicy::moderate(),
    }
}

fn extra(code: &str, name: &str, price_minor: i64, charged: Charged) -> Extra {
    Extra { code: code.into(), name: name.into(), price_minor, charged, most: 2 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn somebody() -> UserId {
        UserId::new(Surroundings::new(3).env())
    }

    #[test]
    fn three_shops_lend_a_whole_fleet_with_the_same_ids_every_time() {
        let owner = somebody();

        let (shops, listings) = fleet(owner).unwrap();

        assert_eq!(shops.len(), 3);
        assert!(listings.len() >= 20 && listings.iter().all(Listing::is_published));
        let kinds: BTreeSet<_> = listings.iter().map(|listing| listing.vehicle.kind()).collect();
        assert_eq!(kinds.len(), 3);
        assert_eq!(fleet(owner).unwrap().1, listings);
    }

    #[test]
    fn every_vehicle_has_a_picture_that_is_drawn() {
        let (_, listings) = fleet(somebody()).unwrap();

        for image in listings.iter().flat_map(|listing| &listing.images) {
            let name = image.url.strip_prefix("/demo/images/").and_then(|n| n.strip_suffix(".svg"));
            assert!(name.and_then(super::super::image).is_some(), "{}", image.url);
        }
    }
}
