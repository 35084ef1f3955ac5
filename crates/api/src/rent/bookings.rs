//! Bookings, from the first request to the deposit's way back.

use commerce::{Answer, PageRequest, Stored};
use garde::Validate;
use paperclip::actix::{api_v2_operation, web::Data};
use rent::{Answering, Book, Booking, BookingFilter, CancelBooking, Rent};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    booking_bodies::{AnswerBody, BookingPath, ChargeBody, NewBookingBody, PhotoPath, RecordBody},
    booking_views::BookingView,
};
use crate::{
    Fail, Problem,
    answer::{Created, Json, Once, Tagged, created},
    extract::{Body, IfMatch, Keyed, PageView, Path, Query, Signed, etag},
    images::ImageLinkView,
};

fn shown(booking: Stored<Booking>) -> Tagged<BookingView> {
    Tagged::new(booking.version, booking.into())
}

fn worded(booking: &Stored<Booking>) -> Answer {
    let location = format!("/v1/rent/bookings/{}", booking.state.id);
    let mut answer = created(location, &BookingView::from(booking.clone()));
    answer.headers.push(("etag".to_owned(), etag(booking.version)));
    answer
}

/// Book a vehicle.
///
/// A unit is set aside until the order is paid, or, where the shop wants to be asked, until it has answered. Refused
/// with 409 where no unit is free any more (`not_free`); `nearest` then tells the nearest periods in which one is.
#[api_v2_operation(tags(Bookings), operation_id = "bookVehicle")]
pub async fn book(
    rent: Data<Rent>,
    who: Signed,
    body: Keyed<NewBookingBody>,
) -> Result<Once<BookingView>, Fail<404, 409>> {
    let traveller = who.0.user;
    let work = async |body: NewBookingBody, request| -> Result<_, Problem> {
        let once = commerce::Once { request, answer: worded };
        let accepted = body.accepted()?;
        let period = body.period.span("#/period").map_err(|fault| Problem::invalid(vec![fault]))?;
        let (listing, extras) = (body.vehicle.0, body.extras.into_iter().map(Into::into).collect());
        let driver = body.driver.into();
        let book = Book { traveller, listing, period, extras, driver, accepted, once };
        Ok(Once::first(worded(&rent.book(&book).await?)))
    };
    Ok(body.once(rent.receipts.as_ref(), work).await?)
}

/// Look at a booking: one's own, or one of one's shop.
#[api_v2_operation(tags(Bookings), operation_id = "getBooking")]
pub async fn show(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
) -> Result<Tagged<BookingView>, Fail> {
    Ok(shown(rent.booking(&who.0, path.0.id.0).await?))
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BookingState", inline)]
pub enum StateParameter {
    Held,
    Confirmed,
    Active,
    Returned,
    Completed,
    Cancelled,
    Expired,
}

impl StateParameter {
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Confirmed => "confirmed",
            Self::Active => "active",
            Self::Returned => "returned",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    #[garde(skip)]
    pub state: Option<StateParameter>,
    /// How many bookings at most; 20 unless told.
    #[garde(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// Where the last page ended: its `page.next_cursor`.
    #[garde(length(chars, max = 500))]
    pub cursor: Option<String>,
}

/// List the bookings one has made, newest first.
#[api_v2_operation(tags(Bookings), operation_id = "listBookings")]
pub async fn list(
    rent: Data<Rent>,
    who: Signed,
    query: Query<Parameters>,
) -> Result<Json<PageView<BookingView>>, Fail> {
    let Parameters { state, limit, cursor } = query.0;
    let state = state.map(|state| state.name().to_owned());
    let filter = BookingFilter { state, ..BookingFilter::default() };
    let page = PageRequest { limit: limit.unwrap_or(20), cursor };
    let page = rent.bookings(&who.0, filter, page).await?;
    Ok(Json(PageView::of(page, BookingView::from)))
}

/// Answer a request: yes lets the traveller pay, no gives the time back.
#[api_v2_operation(tags(Bookings), operation_id = "answerBooking")]
pub async fn answer(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
    body: Body<AnswerBody>,
) -> Result<Tagged<BookingView>, Fail<403, 409>> {
    let (booking, accept) = (path.0.id.0, body.0.accept);
    let answering = Answering { booking, seen: seen.0, accept };
    Ok(shown(rent.answer_request(&who.0, answering).await?))
}

/// Cancel a booking before the vehicle is out.
///
/// A traveller gets back what the booking's deadlines say, and the deposit; when the shop cancels, everything.
#[api_v2_operation(tags(Bookings), operation_id = "cancelBooking")]
pub async fn cancel(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
) -> Result<Tagged<BookingView>, Fail<409>> {
    let cancel = CancelBooking { booking: path.0.id.0, seen: seen.0 };
    Ok(shown(rent.cancel_booking(&who.0, cancel).await?))
}

/// Hand the vehicle over.
#[api_v2_operation(tags(Bookings), operation_id = "handOverVehicle")]
pub async fn hand_over(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
    body: Body<RecordBody>,
) -> Result<Tagged<BookingView>, Fail<403, 409>> {
    let record = body.0.record();
    Ok(shown(rent.hand_over(&who.0, (path.0.id.0, seen.0), record).await?))
}

/// Take the vehicle back.
///
/// What is late is charged at once, out of the deposit.
#[api_v2_operation(tags(Bookings), operation_id = "takeBackVehicle")]
pub async fn take_back(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
    body: Body<RecordBody>,
) -> Result<Tagged<BookingView>, Fail<403, 409>> {
    let record = body.0.record();
    Ok(shown(rent.take_back(&who.0, (path.0.id.0, seen.0), record).await?))
}

/// Charge the deposit for damage or missing fuel, with pictures that show it.
#[api_v2_operation(tags(Bookings), operation_id = "chargeDeposit")]
pub async fn charge(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
    body: Body<ChargeBody>,
) -> Result<Tagged<BookingView>, Fail<403, 409>> {
    let new = body.0.understood()?;
    Ok(shown(rent.charge_deposit(&who.0, (path.0.id.0, seen.0), new).await?))
}

/// Make a link to a photo of a booking.
///
/// To one of its records, or to evidence of a charge; for both sides. It opens the photo for whoever has it, until it
/// expires.
#[api_v2_operation(tags(Bookings), operation_id = "linkBookingPhoto")]
pub async fn link_photo(
    rent: Data<Rent>,
    who: Signed,
    path: Path<PhotoPath>,
) -> Result<Created<ImageLinkView>, Fail> {
    let PhotoPath { id, picture } = path.0;
    Ok(Created(rent.photo_link(&who.0, id.0, picture.0).await?.into()))
}

/// Complete a booking: what was not charged of the deposit goes back.
///
/// It happens by itself once nothing can be charged any more.
#[api_v2_operation(tags(Bookings), operation_id = "completeBooking")]
pub async fn complete(
    rent: Data<Rent>,
    who: Signed,
    path: Path<BookingPath>,
    seen: IfMatch,
) -> Result<Tagged<BookingView>, Fail<403, 409>> {
    Ok(shown(rent.complete_booking(&who.0, (path.0.id.0, seen.0)).await?))
}
