//! Renting over HTTP: shops, vehicles, what a period costs, bookings and reviews.

mod booking_bodies;
mod booking_views;
mod bookings;
mod list;
pub(crate) mod places;
mod quote_views;
mod rate_bodies;
mod rate_views;
mod reviews;
mod shop_bodies;
mod shop_views;
mod shops;
mod times;
mod vehicle_bodies;
mod vehicle_views;
mod vehicles;
mod words;

use actix_web::{http::Method, middleware::from_fn};
use commerce::Currency;
use paperclip::actix::web::{self, Data, ServiceConfig};
use rent::Rent;

use crate::{
    Mount,
    edge::quota::{limited, limited_when},
};

/// Every route of renting. A search that names no currency is in `currency`.
pub fn routes(rent: Rent, currency: Currency) -> Mount {
    let (rent, currency) = (Data::new(rent), Data::new(list::OwnCurrency(currency)));
    std::sync::Arc::new(move |config| {
        config.app_data(rent.clone()).app_data(currency.clone());
        looking(config);
        shops(config);
        vehicles(config);
        bookings(config);
        reviews(config);
    })
}

/// What anyone may ask, and whoever gathers it all is slowed down at.
fn looking(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/rent/vehicles")
                .wrap(from_fn(limited("search")))
                .route(web::get().to(list::search)),
        )
        .service(
            web::resource("/v1/rent/vehicles/{id}/availability")
                .wrap(from_fn(limited("search")))
                .route(web::get().to(times::calendar)),
        )
        .service(
            web::resource("/v1/rent/vehicles/{id}/quote")
                .wrap(from_fn(limited("search")))
                .route(web::post().to(times::quote)),
        );
}

fn shops(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/rent/shops")
                .route(web::get().to(shops::list))
                .route(web::post().to(shops::create)),
        )
        .service(
            web::resource("/v1/rent/shops/{id}")
                .route(web::get().to(shops::show))
                .route(web::patch().to(shops::edit)),
        )
        .service(
            web::resource("/v1/rent/shops/{id}/vehicles").route(web::get().to(shops::vehicles)),
        )
        .service(
            web::resource("/v1/rent/shops/{id}/bookings").route(web::get().to(shops::bookings)),
        );
}

/// A kind of vehicle is a word where else an id stands, so the kinds come first.
fn vehicles(config: &mut ServiceConfig) {
    let of = |rest: &str| format!("/v1/rent/vehicles/{{id}}/{rest}");
    config
        .service(
            web::resource("/v1/rent/vehicles/scooters")
                .route(web::post().to(vehicles::create_scooter)),
        )
        .service(
            web::resource("/v1/rent/vehicles/bikes").route(web::post().to(vehicles::create_bike)),
        )
        .service(
            web::resource("/v1/rent/vehicles/cars").route(web::post().to(vehicles::create_car)),
        )
        .service(
            web::resource("/v1/rent/vehicles/{id}")
                .route(web::get().to(vehicles::show))
                .route(web::patch().to(vehicles::edit)),
        )
        .service(web::resource(&of("scooter")).route(web::put().to(vehicles::describe_scooter)))
        .service(web::resource(&of("bike")).route(web::put().to(vehicles::describe_bike)))
        .service(web::resource(&of("car")).route(web::put().to(vehicles::describe_car)))
        .service(web::resource(&of("publish")).route(web::post().to(vehicles::publish)))
        .service(web::resource(&of("pause")).route(web::post().to(vehicles::pause)))
        .service(web::resource(&of("retire")).route(web::post().to(vehicles::retire)))
        .service(web::resource(&of("units")).route(web::post().to(vehicles::add_unit)))
        .service(web::resource(&of("units/{unit}")).route(web::patch().to(vehicles::edit_unit)))
        .service(web::resource(&of("images")).route(web::post().to(vehicles::add_image)))
        .service(
            web::resource(&of("images/{image}")).route(web::delete().to(vehicles::remove_image)),
        );
}

/// Looking is not limited like booking is.
fn bookings(config: &mut ServiceConfig) {
    let of = |rest: &str| format!("/v1/rent/bookings/{{id}}/{rest}");
    let books = from_fn(limited_when("booking", |request| request.method() == Method::POST));
    config
        .service(
            web::resource("/v1/rent/bookings")
                .wrap(books)
                .route(web::get().to(bookings::list))
                .route(web::post().to(bookings::book)),
        )
        .service(web::resource("/v1/rent/bookings/{id}").route(web::get().to(bookings::show)))
        .service(web::resource(&of("answer")).route(web::post().to(bookings::answer)))
        .service(web::resource(&of("cancel")).route(web::post().to(bookings::cancel)))
        .service(web::resource(&of("hand-over")).route(web::post().to(bookings::hand_over)))
        .service(web::resource(&of("take-back")).route(web::post().to(bookings::take_back)))
        .service(web::resource(&of("charges")).route(web::post().to(bookings::charge)))
        .service(
            web::resource(&of("photos/{picture}/links"))
                .route(web::post().to(bookings::link_photo)),
        )
        .service(web::resource(&of("complete")).route(web::post().to(bookings::complete)));
}

fn reviews(config: &mut ServiceConfig) {
    let of_vehicle = "/v1/rent/vehicles/{id}/reviews";
    let of_traveller = "/v1/rent/travellers/{id}/reviews";
    config
        .service(
            web::resource("/v1/rent/bookings/{id}/reviews").route(web::post().to(reviews::write)),
        )
        .service(web::resource(of_vehicle).route(web::get().to(reviews::of_vehicle)))
        .service(web::resource(of_traveller).route(web::get().to(reviews::of_traveller)))
        .service(web::resource("/v1/rent/reviews").route(web::get().to(reviews::of_oneself)));
}
