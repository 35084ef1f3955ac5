//! Buying over HTTP: the catalogue, the cart and the checkout.

mod bodies;
mod cart;
mod cart_views;
mod categories;
mod category_views;
mod checkout;
mod coupon_bodies;
mod coupon_views;
mod coupons;
mod list;
mod list_query;
mod product_views;
mod products;
mod remembered;
mod shopper;
mod stock;
mod variants;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use buy::Buy;
use paperclip::actix::web::{self, Data, ServiceConfig};

use self::remembered::{Memory, Remembering};
use crate::{
    Mount,
    edge::quota::{limited, limited_when},
    stamped,
};

/// Every route of buying. Answers of the catalogue are kept in `cache_bytes` of memory.
pub fn routes(buy: Buy, cache_bytes: usize) -> Mount {
    let memory = Arc::new(Memory::new(cache_bytes));
    let reading = buy.catalogue.clone();
    let buy = Data::new(buy);
    Arc::new(move |config| {
        config.app_data(buy.clone());
        catalogue(config, &Remembering::new(memory.clone(), reading.clone()));
        keeping(config);
        carts(config);
        discounts(config);
    })
}

fn catalogue(config: &mut ServiceConfig, kept: &Remembering) {
    config
        .service(
            web::resource("/v1/categories")
                .wrap(from_fn(kept.wrap()))
                .route(web::get().to(categories::tree))
                .route(web::post().to(categories::create)),
        )
        .service(
            web::resource("/v1/categories/{id}")
                .wrap(from_fn(kept.wrap()))
                .route(web::get().to(categories::show))
                .route(web::patch().to(categories::edit))
                .route(web::delete().to(categories::retire)),
        )
        .service(
            web::resource("/v1/products")
                .wrap(from_fn(kept.wrap()))
                .wrap(from_fn(limited_when("search", list_query::has_words)))
                .route(web::get().to(list::list))
                .route(web::post().to(products::create)),
        )
        .service(
            web::resource("/v1/products/{id}")
                .wrap(from_fn(kept.wrap_for_strangers()))
                .route(web::get().to(products::show))
                .route(web::patch().to(products::edit)),
        );
}

fn keeping(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/keeper/products").route(web::get().to(list::kept)))
        .service(
            web::resource("/v1/products/{id}/publish").route(web::post().to(products::publish)),
        )
        .service(
            web::resource("/v1/products/{id}/archive").route(web::post().to(products::archive)),
        )
        .service(web::resource("/v1/products/{id}/variants").route(web::post().to(variants::add)))
        .service(
            web::resource("/v1/products/{id}/variants/{variant}")
                .route(web::patch().to(variants::edit))
                .route(web::delete().to(variants::remove)),
        )
        .service(
            web::resource("/v1/products/{id}/images").route(web::post().to(products::add_image)),
        )
        .service(
            web::resource("/v1/products/{id}/images/{image}")
                .route(web::delete().to(products::remove_image)),
        )
        .service(
            web::resource("/v1/products/{id}/stock")
                .route(web::get().to(stock::show))
                .route(web::post().to(stock::change)),
        );
}

fn carts(config: &mut ServiceConfig) {
    let often = || from_fn(limited("cart"));
    config
        .service(
            web::resource("/v1/cart")
                .wrap(often())
                .route(web::get().to(cart::show))
                .route(web::delete().to(cart::clear)),
        )
        .service(web::resource("/v1/cart/items").wrap(often()).route(web::post().to(cart::add)))
        .service(
            web::resource("/v1/cart/items/{id}")
                .wrap(often())
                .route(web::patch().to(cart::edit))
                .route(web::delete().to(cart::remove)),
        )
        .service(
            web::resource("/v1/cart/prices:accept")
                .wrap(often())
                .route(web::post().to(cart::accept_prices)),
        )
        .service(
            web::resource("/v1/cart/coupon")
                .wrap(often())
                .route(web::put().to(cart::apply_coupon))
                .route(web::delete().to(cart::remove_coupon)),
        )
        .service(
            web::resource("/v1/cart/destination").wrap(often()).route(web::put().to(cart::send_to)),
        )
        .service(web::resource("/v1/cart/merge").wrap(often()).route(web::post().to(cart::merge)))
        .service(
            web::resource("/v1/checkout")
                .wrap(from_fn(limited("checkout")))
                .route(web::post().to(checkout::check_out)),
        );
}

fn discounts(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/coupons")
                .route(web::get().to(coupons::list))
                .route(web::post().to(coupons::create)),
        )
        .service(
            web::resource("/v1/coupons/{id}")
                .route(web::get().to(coupons::show))
                .route(web::delete().to(coupons::retire)),
        );
}
