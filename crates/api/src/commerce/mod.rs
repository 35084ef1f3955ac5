//! Orders, payments, refunds, what happened, and the books, over HTTP.

mod audit;
mod bodies;
mod dead_letters;
mod disputes;
mod events;
mod ledger;
mod orders;
mod payments;
mod refunds;
#[cfg(test)]
mod tests;
pub mod views;
mod wallets;
mod webhooks;

use std::sync::Arc;

use actix_web::{http::Method, middleware::from_fn};
use commerce::{
    audit::AuditLog,
    event::{Feed, Outbox},
    ledger::Journal,
    sales::Sales,
};
use paperclip::actix::web::{self, Data, ServiceConfig};

use crate::{
    Mount,
    edge::quota::{limited, limited_when},
};

/// What these routes stand on.
#[derive(Clone)]
pub struct Commerce {
    pub sales: Sales,
    pub feed: Arc<dyn Feed>,
    pub journal: Arc<dyn Journal>,
    pub outbox: Arc<dyn Outbox>,
    pub audits: Arc<dyn AuditLog>,
}

/// Every route of the core.
pub fn routes(commerce: Commerce) -> Mount {
    let commerce = Data::new(commerce);
    Arc::new(move |config| {
        config.app_data(commerce.clone());
        orders(config);
        payments(config);
        wallets(config);
        events(config);
        books(config);
    })
}

fn orders(config: &mut ServiceConfig) {
    let requests = "/v1/orders/{id}/cancellation-requests";
    let decision = "/v1/orders/{id}/cancellation-requests/decision";
    config
        .service(web::resource("/v1/orders").route(web::get().to(orders::list)))
        .service(web::resource("/v1/orders/{id}").route(web::get().to(orders::show)))
        .service(web::resource(requests).route(web::post().to(orders::request_cancellation)))
        .service(web::resource(decision).route(web::post().to(orders::decide_cancellation)));
}

/// Looking is not limited like paying is.
fn payments(config: &mut ServiceConfig) {
    let decision = "/v1/payments/{id}/disputes/{dispute}/decision";
    let pays = || from_fn(limited_when("payment", |request| request.method() == Method::POST));
    config
        .service(
            web::resource("/v1/payments")
                .wrap(pays())
                .route(web::post().to(payments::start))
                .route(web::get().to(payments::list)),
        )
        .service(web::resource("/v1/payments/{id}").route(web::get().to(payments::show)))
        .service(web::resource("/v1/payments/{id}/disputes").route(web::post().to(disputes::open)))
        .service(web::resource(decision).route(web::post().to(disputes::decide)))
        .service(
            web::resource("/v1/payments/{id}/return")
                .wrap(pays())
                .route(web::post().to(payments::returned)),
        )
        .service(
            web::resource("/v1/refunds")
                .wrap(pays())
                .route(web::post().to(refunds::create))
                .route(web::get().to(refunds::list)),
        )
        .service(
            web::resource("/v1/webhooks/{provider}")
                .wrap(from_fn(limited("webhook")))
                .route(web::post().to(webhooks::receive)),
        );
}

fn wallets(config: &mut ServiceConfig) {
    let pays = from_fn(limited_when("payment", |request| request.method() == Method::POST));
    let entries = "/v1/users/{id}/wallet/entries";
    config
        .service(web::resource("/v1/me/wallet").route(web::get().to(wallets::own)))
        .service(web::resource("/v1/me/wallet/entries").route(web::get().to(wallets::own_entries)))
        .service(
            web::resource("/v1/me/wallet/top-ups")
                .wrap(pays)
                .route(web::post().to(wallets::top_up)),
        )
        .service(web::resource("/v1/users/{id}/wallet").route(web::get().to(wallets::show)))
        .service(web::resource(entries).route(web::get().to(wallets::entries)));
}

fn events(config: &mut ServiceConfig) {
    let replay = "/v1/events/dead-letters/{id}/replay";
    config
        .service(web::resource("/v1/events").route(web::get().to(events::read)))
        .service(web::resource("/v1/events/dead-letters").route(web::get().to(dead_letters::list)))
        .service(web::resource(replay).route(web::post().to(dead_letters::replay)));
}

fn books(config: &mut ServiceConfig) {
    let entries = "/v1/ledger/accounts/{code}/entries";
    config
        .service(web::resource("/v1/ledger/accounts").route(web::get().to(ledger::accounts)))
        .service(web::resource(entries).route(web::get().to(ledger::entries)))
        .service(
            web::resource("/v1/ledger/trial-balance").route(web::get().to(ledger::trial_balance)),
        )
        .service(web::resource("/v1/audit").route(web::get().to(audit::list)));
}
