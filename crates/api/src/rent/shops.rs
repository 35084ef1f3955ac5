//! Shops: to look at, and to keep.

use commerce::PageRequest;
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{BookingFilter, Listing, Rent};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    booking_views::BookingView,
    bookings::StateParameter,
    shop_bodies::{NewShopBody, ShopPatch, ShopPath},
    shop_views::{ShopListView, ShopView},
    vehicle_views::KeptView,
};
use crate::{
    Fail,
    answer::{CreatedAt, Json, Tagged},
    extract::{IfMatch, Keeper, PageView, Path, Query, Ref, Whole},
};

/// Look at a rental shop.
#[api_v2_operation(tags(Rentals), operation_id = "getRentShop")]
pub async fn show(rent: Data<Rent>, path: Path<ShopPath>) -> Result<Tagged<ShopView>, Fail> {
    let shop = rent.shop(path.0.id.0).await?;
    Ok(Tagged::new(shop.version, shop.state.into()).public())
}

/// List one's own rental shops.
#[api_v2_operation(tags(Rentals), operation_id = "listRentShops")]
pub async fn list(rent: Data<Rent>, keeper: Keeper) -> Result<Json<ShopListView>, Fail> {
    let shops = rent.shops_of(&keeper.0).await?;
    Ok(Json(ShopListView { data: shops.into_iter().map(|shop| shop.state.into()).collect() }))
}

/// Open a rental shop.
#[api_v2_operation(tags(Rentals), operation_id = "openRentShop")]
pub async fn create(
    rent: Data<Rent>,
    keeper: Keeper,
    body: Whole<NewShopBody>,
) -> Result<CreatedAt<ShopView>, Fail<409>> {
    let made = rent.open_shop(&keeper.0, body.understood()?, None).await?;
    let location = format!("/v1/rent/shops/{}", made.state.id);
    Ok(CreatedAt(location, made.version, made.state.into()))
}

/// Change a rental shop: its opening plan, exceptions to it, and days on which nothing is out.
///
/// Bookings that were made stand.
#[api_v2_operation(tags(Rentals), operation_id = "editRentShop")]
pub async fn edit(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<ShopPath>,
    seen: IfMatch,
    body: Whole<ShopPatch>,
) -> Result<Tagged<ShopView>, Fail> {
    let edited = rent.edit_shop(&keeper.0, path.0.id.0, seen.0, body.understood()?).await?;
    Ok(Tagged::new(edited.version, edited.state.into()))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct KeptParameters {
    #[garde(skip)]
    pub status: Option<StatusParameter>,
    /// How many vehicles at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "VehicleStatus", inline)]
pub enum StatusParameter {
    Draft,
    Published,
    Paused,
    Retired,
}

impl StatusParameter {
    fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Paused => "paused",
            Self::Retired => "retired",
        }
    }
}

/// List the vehicles of one's shop.
///
/// Drafts, paused and retired ones too, newest first.
#[api_v2_operation(tags(Rentals), operation_id = "listKeptVehicles")]
pub async fn vehicles(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<ShopPath>,
    query: Query<KeptParameters>,
) -> Result<Json<PageView<KeptView>>, Fail> {
    let KeptParameters { status, limit, cursor } = query.0;
    let (status, page) =
        (status.map(StatusParameter::name), PageRequest { limit: limit.unwrap_or(20), cursor });
    let page = rent.kept_listings(&keeper.0, path.0.id.0, status, page).await?;
    Ok(Json(PageView::of(page, KeptView::from)))
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ShopBookingParameters {
    #[garde(skip)]
    pub state: Option<StateParameter>,
    #[garde(skip)]
    pub vehicle: Option<Ref<Listing>>,
    /// How many bookings at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

/// List the bookings of one's shop, newest first.
#[api_v2_operation(tags(Bookings), operation_id = "listShopBookings")]
pub async fn bookings(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<ShopPath>,
    query: Query<ShopBookingParameters>,
) -> Result<Json<PageView<BookingView>>, Fail> {
    let ShopBookingParameters { state, vehicle, limit, cursor } = query.0;
    let filter = BookingFilter {
        shop: Some(path.0.id.0),
        listing: vehicle.map(|vehicle| vehicle.0),
        state: state.map(|state| state.name().to_owned()),
        traveller: None,
    };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = rent.bookings(&keeper.0, filter, page).await?;
    Ok(Json(PageView::of(page, BookingView::from)))
}
