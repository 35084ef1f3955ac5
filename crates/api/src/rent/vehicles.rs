//! One vehicle: to look at, and to keep.

use commerce::{Actor, Stored};
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{Listing, ListingEdit, NewListing, Rent, Vehicle};

use super::{
    vehicle_bodies::{
        BikeBody, CarBody, NewBikeBody, NewCarBody, NewScooterBody, NewUnitBody, ScooterBody,
        UnitPatch, UnitPath, VehicleImagePath, VehiclePatch, VehiclePath,
    },
    vehicle_views::VehicleView,
};
use crate::{
    Fail, Problem,
    extract::{Body, IfMatch, Keeper, Maybe, Path, Reads, Whole},
    images::NewImageBody,
    stamped::Stamped,
};

type Made = Result<Stamped<VehicleView, 201>, Fail<409>>;
type Changed = Result<Stamped<VehicleView>, Fail<409>>;

/// The vehicle as its keeper is answered after a change.
async fn shown(
    rent: &Rent,
    keeper: &Actor,
    listing: Stored<Listing>,
) -> Result<Stamped<VehicleView>, Problem> {
    let page = rent.read_listing(Some(keeper), listing.state.id).await?;
    Ok(Stamped::new(listing.version, VehicleView::of(page, Some(keeper))))
}

/// Look at a vehicle.
///
/// One that is not published is there for those who keep its shop only.
#[api_v2_operation(tags(Rentals), operation_id = "getVehicle")]
pub async fn show(
    rent: Data<Rent>,
    who: Maybe,
    path: Path<VehiclePath>,
) -> Result<Stamped<VehicleView>, Fail> {
    let page = rent.read_listing(who.0.as_ref(), path.0.id.0).await?;
    let version = page.listing.version;
    let view = VehicleView::of(page, who.0.as_ref());
    Ok(Stamped::new(version, view).public(who.0.is_none()))
}

/// Every fault of the body comes back at once.
async fn created<T>(rent: &Rent, keeper: &Actor, body: Whole<T>) -> Made
where
    T: Reads<Thing = NewListing> + Validate<Context = ()>,
{
    let (body, mut faults) = body.looked_at();
    let new = body.read(&mut faults);
    faults.also(rent.listing_faults(keeper, &new).await?);
    let made = rent.create_listing(keeper, faults.end(new)?, None).await?;
    let location = format!("/v1/rent/vehicles/{}", made.state.id);
    let page = rent.read_listing(Some(keeper), made.state.id).await?;
    let view = VehicleView::of(page, Some(keeper));
    Ok(Stamped::new(made.version, view).with("location", location))
}

/// Add a scooter.
///
/// It is a draft, which only those who keep the shop see, until it is published.
#[api_v2_operation(tags(Rentals), operation_id = "createScooter")]
pub async fn create_scooter(
    rent: Data<Rent>,
    keeper: Keeper,
    body: Whole<NewScooterBody>,
) -> Result<Stamped<VehicleView, 201>, Fail<409>> {
    created(&rent, &keeper.0, body).await
}

/// Add a motorbike or a bicycle.
#[api_v2_operation(tags(Rentals), operation_id = "createBike")]
pub async fn create_bike(
    rent: Data<Rent>,
    keeper: Keeper,
    body: Whole<NewBikeBody>,
) -> Result<Stamped<VehicleView, 201>, Fail<409>> {
    created(&rent, &keeper.0, body).await
}

/// Add a car.
#[api_v2_operation(tags(Rentals), operation_id = "createCar")]
pub async fn create_car(
    rent: Data<Rent>,
    keeper: Keeper,
    body: Whole<NewCarBody>,
) -> Result<Stamped<VehicleView, 201>, Fail<409>> {
    created(&rent, &keeper.0, body).await
}

async fn described<T>(
    rent: &Rent,
    keeper: &Actor,
    (path, seen): (VehiclePath, IfMatch),
    body: Whole<T>,
) -> Changed
where
    T: Reads<Thing = Vehicle> + Validate<Context = ()>,
{
    let (body, mut faults) = body.looked_at();
    let vehicle = body.read(&mut faults);
    faults.also(vehicle.faults());
    let vehicle = Some(faults.end(vehicle)?);
    let edit = ListingEdit { vehicle, ..ListingEdit::default() };
    let edited = rent.edit_listing(keeper, path.id.0, seen.0, edit).await?;
    Ok(shown(rent, keeper, edited).await?)
}

/// Describe a scooter anew.
#[api_v2_operation(tags(Rentals), operation_id = "describeScooter")]
pub async fn describe_scooter(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Whole<ScooterBody>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    described(&rent, &keeper.0, (path.0, seen), body).await
}

/// Describe a bike anew.
#[api_v2_operation(tags(Rentals), operation_id = "describeBike")]
pub async fn describe_bike(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Whole<BikeBody>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    described(&rent, &keeper.0, (path.0, seen), body).await
}

/// Describe a car anew.
#[api_v2_operation(tags(Rentals), operation_id = "describeCar")]
pub async fn describe_car(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Whole<CarBody>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    described(&rent, &keeper.0, (path.0, seen), body).await
}

/// Change a vehicle's title, description, rates or terms.
///
/// Bookings that were made keep the price they were made at.
#[api_v2_operation(tags(Rentals), operation_id = "editVehicle")]
pub async fn edit(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Whole<VehiclePatch>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    let edit = body.understood()?;
    let edited = rent.edit_listing(&keeper.0, path.0.id.0, seen.0, edit).await?;
    Ok(shown(&rent, &keeper.0, edited).await?)
}

/// Let travellers find a vehicle.
///
/// It needs rates, a description, an image and a unit; what is missing is told at once.
#[api_v2_operation(tags(Rentals), operation_id = "publishVehicle")]
pub async fn publish(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
) -> Result<Stamped<VehicleView>, Fail<409, 422>> {
    let published = rent.publish_listing(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(shown(&rent, &keeper.0, published).await?)
}

/// Lend a vehicle no more for now; bookings stand.
#[api_v2_operation(tags(Rentals), operation_id = "pauseVehicle")]
pub async fn pause(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    let paused = rent.pause_listing(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(shown(&rent, &keeper.0, paused).await?)
}

/// Lend a vehicle never again; bookings stand.
#[api_v2_operation(tags(Rentals), operation_id = "retireVehicle")]
pub async fn retire(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
) -> Result<Stamped<VehicleView>, Fail> {
    let retired = rent.retire_listing(&keeper.0, path.0.id.0, seen.0).await?;
    Ok(shown(&rent, &keeper.0, retired).await?)
}

/// Add a unit: another vehicle just like it.
#[api_v2_operation(tags(Rentals), operation_id = "addVehicleUnit")]
pub async fn add_unit(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Body<NewUnitBody>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    let added = rent.add_unit(&keeper.0, path.0.id.0, seen.0, body.0.label).await?;
    Ok(shown(&rent, &keeper.0, added).await?)
}

/// Take a unit out of what is lent, or put it back; its bookings stand.
#[api_v2_operation(tags(Rentals), operation_id = "editVehicleUnit")]
pub async fn edit_unit(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<UnitPath>,
    seen: IfMatch,
    body: Body<UnitPatch>,
) -> Result<Stamped<VehicleView>, Fail> {
    let unit = (path.0.id.0, path.0.unit.0);
    let changed = rent.set_unit_away(&keeper.0, unit, seen.0, body.0.away).await?;
    Ok(shown(&rent, &keeper.0, changed).await?)
}

/// Add an image: an uploaded picture, or one that is elsewhere on the web.
#[api_v2_operation(tags(Rentals), operation_id = "addVehicleImage")]
pub async fn add_image(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehiclePath>,
    seen: IfMatch,
    body: Whole<NewImageBody>,
) -> Result<Stamped<VehicleView>, Fail<409>> {
    let new = body.understood()?;
    let added = rent.add_listing_image(&keeper.0, path.0.id.0, seen.0, new).await?;
    Ok(shown(&rent, &keeper.0, added).await?)
}

/// Remove an image; a published vehicle keeps one at least.
#[api_v2_operation(tags(Rentals), operation_id = "removeVehicleImage")]
pub async fn remove_image(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<VehicleImagePath>,
    seen: IfMatch,
) -> Result<Stamped<VehicleView>, Fail<422>> {
    let image = (path.0.id.0, path.0.image.0);
    let removed = rent.remove_listing_image(&keeper.0, image, seen.0).await?;
    Ok(shown(&rent, &keeper.0, removed).await?)
}
