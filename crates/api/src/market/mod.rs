//! Selling for others over HTTP: sellers and their teams, rules of commission, balances, statements and payouts.

mod payout_bodies;
mod payout_views;
mod payouts;
mod rule_bodies;
mod rules;
mod seller_bodies;
mod seller_views;
mod sellers;

use market::Market;
use paperclip::actix::web::{self, Data, ServiceConfig};

use crate::Mount;

/// Every route of selling for others.
pub fn routes(market: Market) -> Mount {
    let market = Data::new(market);
    std::sync::Arc::new(move |config| {
        config.app_data(market.clone());
        sellers(config);
        money(config);
        rules(config);
        payouts(config);
    })
}

fn sellers(config: &mut ServiceConfig) {
    let of = |rest: &str| format!("/v1/market/sellers/{{id}}/{rest}");
    config
        .service(
            web::resource("/v1/market/sellers")
                .route(web::get().to(sellers::list))
                .route(web::post().to(sellers::apply)),
        )
        .service(web::resource("/v1/market/seller").route(web::get().to(sellers::mine)))
        .service(
            web::resource("/v1/market/sellers/{id}")
                .route(web::get().to(sellers::show))
                .route(web::patch().to(sellers::edit)),
        )
        .service(web::resource(&of("profile")).route(web::get().to(sellers::profile)))
        .service(web::resource(&of("approve")).route(web::post().to(sellers::approve)))
        .service(web::resource(&of("reject")).route(web::post().to(sellers::reject)))
        .service(web::resource(&of("suspend")).route(web::post().to(sellers::suspend)))
        .service(web::resource(&of("reinstate")).route(web::post().to(sellers::reinstate)))
        .service(web::resource(&of("join")).route(web::post().to(sellers::join)))
        .service(
            web::resource(&of("team/{user}"))
                .route(web::put().to(sellers::set_member))
                .route(web::delete().to(sellers::remove_member)),
        );
}

fn money(config: &mut ServiceConfig) {
    let of = |rest: &str| format!("/v1/market/sellers/{{id}}/{rest}");
    config
        .service(web::resource(&of("balances")).route(web::get().to(payouts::balances)))
        .service(web::resource(&of("statement")).route(web::get().to(payouts::statement)))
        .service(web::resource(&of("sales")).route(web::get().to(payouts::sales)));
}

fn rules(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/market/commission-rules")
                .route(web::get().to(rules::list))
                .route(web::post().to(rules::create)),
        )
        .service(
            web::resource("/v1/market/commission-rules/{id}")
                .route(web::get().to(rules::show))
                .route(web::patch().to(rules::edit))
                .route(web::delete().to(rules::retire)),
        );
}

fn payouts(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/market/payouts")
                .route(web::get().to(payouts::list))
                .route(web::post().to(payouts::run)),
        )
        .service(web::resource("/v1/market/payouts/{id}").route(web::get().to(payouts::show)))
        .service(
            web::resource("/v1/market/payouts/{id}/report").route(web::post().to(payouts::report)),
        );
}
