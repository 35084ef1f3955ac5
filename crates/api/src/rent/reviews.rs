//! What the two sides of a rental say of each other.

use commerce::{Page, Timestamp, User};
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{Booking, NewReview, Rating, Rent, Review};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{booking_bodies::BookingPath, vehicle_bodies::VehiclePath};
use crate::{
    Fail,
    answer::{Created, Json},
    extract::{Body, Keeper, PageLinks, PageView, Paging, Path, Query, Ref, Signed},
};

#[derive(Debug, Deserialize, JsonSchema)]
pub struct TravellerPath {
    pub id: Ref<User>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewReview", example = json!({"stars": 5, "text": "Clean, and ready in time."}))]
pub struct NewReviewBody {
    #[garde(range(min = 1, max = 5))]
    pub stars: u8,
    #[serde(default)]
    #[garde(length(chars, max = 4_000))]
    pub text: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Review")]
pub struct ReviewView {
    pub id: Ref<Review>,
    pub booking: Ref<Booking>,
    /// `traveller` of the vehicle and its shop, or `owner` of the traveller.
    pub by: String,
    pub stars: u8,
    pub text: String,
    pub written_at: Timestamp,
    /// When the other side has written too, or the window is over.
    pub visible_from: Timestamp,
}

impl From<Review> for ReviewView {
    fn from(review: Review) -> Self {
        Self {
            id: review.id.into(),
            booking: review.booking.into(),
            by: review.by.as_str().to_owned(),
            stars: review.stars,
            text: review.text,
            written_at: review.written_at,
            visible_from: review.visible_from,
        }
    }
}

/// What travellers say of a vehicle, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehicleReviews")]
pub struct VehicleReviewsView {
    /// How many reviews there are.
    pub count: u64,
    /// Of all of them, with one decimal: `4.5`; null while there are none.
    pub average: Option<String>,
    pub data: Vec<ReviewView>,
    pub page: PageLinks,
}

impl VehicleReviewsView {
    fn of(rating: Rating, page: Page<Review>) -> Self {
        let PageView { data, page } = PageView::of(page, ReviewView::from);
        Self { count: rating.count, average: average(rating), data, page }
    }
}

/// The stars a review has on average, to the nearest tenth.
fn average(rating: Rating) -> Option<String> {
    let doubled = rating.stars.checked_mul(20)?.checked_add(rating.count)?;
    let tenths = doubled.checked_div(rating.count.checked_mul(2)?)?;
    Some(format!("{}.{}", tenths / 10, tenths % 10))
}

/// Review a rental that is over.
///
/// The traveller reviews the vehicle and its shop, the shop its traveller; neither reads the other's before both have
/// written, or the time to do so is over.
#[api_v2_operation(tags(Bookings), operation_id = "reviewBooking")]
pub async fn write(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    body: Body<NewReviewBody>,
) -> Result<Created<ReviewView>, Fail<409, 412>> {
    let NewReviewBody { stars, text } = body.0;
    let new = NewReview { booking: path.0.id.0, stars, text, once: None };
    Ok(Created(rent.write_review(&who.0, &new).await?.into()))
}

/// List what travellers say of a vehicle.
#[api_v2_operation(tags(Rentals), operation_id = "listVehicleReviews")]
pub async fn of_vehicle(
    rent: Data<Rent>,
    path: Path<VehiclePath>,
    query: Query<Paging>,
) -> Result<Json<VehicleReviewsView>, Fail> {
    let (rating, page) = rent.listing_reviews(path.0.id.0, query.0.request()).await?;
    Ok(Json(VehicleReviewsView::of(rating, page)))
}

/// List what shops say of a traveller.
#[api_v2_operation(tags(Bookings), operation_id = "listTravellerReviews")]
pub async fn of_traveller(
    rent: Data<Rent>,
    keeper: Keeper,
    path: Path<TravellerPath>,
    query: Query<Paging>,
) -> Result<Json<PageView<ReviewView>>, Fail> {
    let page = rent.traveller_reviews(&keeper.0, path.0.id.0, query.0.request()).await?;
    Ok(Json(PageView::of(page, ReviewView::from)))
}

/// List what shops say of oneself.
#[api_v2_operation(tags(Bookings), operation_id = "listOwnReviews")]
pub async fn of_oneself(
    rent: Data<Rent>,
    who: Signed,
    query: Query<Paging>,
) -> Result<Json<PageView<ReviewView>>, Fail> {
    let page = rent.traveller_reviews(&who.0, who.0.user, query.0.request()).await?;
    Ok(Json(PageView::of(page, ReviewView::from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_is_to_the_nearest_tenth() {
        let of = |count, stars| average(Rating { count, stars });
        assert_eq!(of(0, 0), None);
        assert_eq!(of(3, 14).as_deref(), Some("4.7"));
        assert_eq!(of(2, 9).as_deref(), Some("4.5"));
        assert_eq!(of(1, 5).as_deref(), Some("5.0"));
    }
}
