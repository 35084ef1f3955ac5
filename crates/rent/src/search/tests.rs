//! The rules of finding vehicles.

use commerce::{Currency, Failure};

use super::*;
use crate::{
    Feature, Kind, NewListing, NewShop, Rates, RentShop, Vehicle,
    testing::{World, a_scooter, a_shop, owner, rates, traveller},
};

const HERE: Place = Place { lat_e6: 26_144_518, lon_e6: 91_736_237 };

async fn shop_at(world: &World, lat_e6: i32) -> RentShop {
    let place = Place { lat_e6, ..HERE };
    let new = NewShop { place, ..a_shop() };
    world.rent.open_shop(&owner(), new, None).await.unwrap().state
}

fn priced(new: NewListing, day: i64) -> NewListing {
    let rates = Rates { day_minor: Some(day), ..rates() };
    NewListing { rates: Some(rates), ..new }
}

fn near(radius_m: u32) -> Find {
    let near = Some(Near { place: HERE, radius_m });
    let filter = VehicleFilter { near, ..VehicleFilter::all_in(Currency::USD) };
    Find { filter, sort: Sort::Distance, extras: Vec::new(), limit: 10, cursor: None }
}

async fn found(world: &World, find: Find) -> Vec<i64> {
    let page = world.rent.find_vehicles(find).await.unwrap();
    page.data.into_iter().map(|found| found.day_from.minor).collect()
}

async fn city() -> World {
    let world = World::new();
    for (at, day) in [(26_160_000, 40_00), (26_150_000, 60_00), (27_500_000, 20_00)] {
        let shop = shop_at(&world, at).await;
        world.publish(&shop, |new| priced(new, day)).await;
    }
    world
}

#[tokio::test]
async fn what_is_near_is_found_nearest_first() {
    let world = city().await;

    assert_eq!(found(&world, near(5_000)).await, [60_00, 40_00]);
    assert_eq!(found(&world, near(200_000)).await, [60_00, 40_00, 20_00]);
    assert_eq!(
        found(&world, Find { sort: Sort::PriceUp, ..near(200_000) }).await,
        [20_00, 40_00, 60_00]
    );
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_stopped() {
    let world = city().await;
    for sort in [Sort::Distance, Sort::PriceUp, Sort::PriceDown] {
        let whole = found(&world, Find { sort, ..near(200_000) }).await;
        let (mut pages, mut cursor) = (Vec::new(), None);
        loop {
            let find = Find { sort, limit: 1, cursor: cursor.clone(), ..near(200_000) };
            let page = world.rent.find_vehicles(find).await.unwrap();
            pages.extend(page.data.into_iter().map(|found| found.day_from.minor));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages, whole);
    }
}

#[tokio::test]
async fn only_what_is_free_is_found_and_priced_as_it_is_booked() {
    let world = World::new();
    let listing = world.publish(&shop_at(&world, HERE.lat_e6).await, |new| new).await;
    let period = World::span(24, 48);
    let find = || {
        let filter = VehicleFilter { free_in: Some(period), ..near(1_000).filter };
        Find { filter, ..near(1_000) }
    };
    let first = world.book(&traveller(1), &listing, period).await.unwrap().state;

    let page = world.rent.find_vehicles(find()).await.unwrap();
    assert_eq!(page.data[0].hit.units, 1);
    assert_eq!(page.data[0].quote.as_ref(), Some(&first.quote));
    world.book(&traveller(2), &listing, period).await.unwrap();

    assert!(found(&world, find()).await.is_empty());
}

#[tokio::test]
async fn a_search_is_narrowed_by_what_the_vehicle_is() {
    let world = city().await;
    let shop = shop_at(&world, HERE.lat_e6).await;
    let scooter = Vehicle::Scooter(a_scooter());
    world.publish(&shop, |new| NewListing { vehicle: scooter, ..priced(new, 11_00) }).await;
    let narrowed = |narrow: fn(&mut VehicleFilter)| {
        let mut find = near(200_000);
        narrow(&mut find.filter);
        found(&world, find)
    };

    assert_eq!(narrowed(|f| f.kind = Some(Kind::Scooter)).await, [11_00]);
    assert_eq!(narrowed(|f| f.features = vec![Feature::Helmet]).await, [11_00]);
    assert_eq!(narrowed(|f| f.seats = Some(4)).await, [60_00, 40_00, 20_00]);
    assert_eq!(
        narrowed(|f| (f.price_min, f.price_max) = (Some(12_00), Some(40_00))).await,
        [40_00, 20_00]
    );
    assert!(narrowed(|f| f.currency = Currency::EUR).await.is_empty());
}

#[tokio::test]
async fn a_search_that_makes_no_sense_is_refused() {
    let world = World::new();
    let code = async |find| world.rent.find_vehicles(find).await.unwrap_err().code();
    let filter = VehicleFilter::all_in(Currency::USD);

    assert_eq!(code(Find { filter, ..near(1) }).await, "nothing_to_be_near");
    assert_eq!(code(near(9_000_000)).await, "bad_place");
    let cursor = Some("u.1.veh_00000000000000000000000000000001".to_owned());
    assert_eq!(code(Find { cursor, ..near(1) }).await, "bad_cursor");
}

#[tokio::test]
async fn the_store_in_memory_keeps_its_promises() {
    let memory = crate::testing::memory();

    crate::testing::assert_ports(std::sync::Arc::new(memory)).await;
}
