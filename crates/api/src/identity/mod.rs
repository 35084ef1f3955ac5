//! Signing up, signing in and what belongs to it, over HTTP.

mod after_sign_in;
mod bodies;
mod me;
mod password;
mod sign_in;
mod sign_up;
mod users;
mod views;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use identity::Identity;
use paperclip::actix::web::{self, Data, ServiceConfig};

use self::after_sign_in::Afterwards;
use crate::{Mount, edge::quota::limited, extract};

pub use self::after_sign_in::{AfterSignIn, LeftBehind};

/// Every route of identity; `after` is told of every guest who signs in.
pub fn routes(identity: Identity, after: Arc<dyn AfterSignIn>) -> Mount {
    let (identity, after) = (Data::new(identity), Data::new(Afterwards(after)));
    Arc::new(move |config| {
        config.app_data(identity.clone()).app_data(after.clone());
        sign_up(config);
        sign_in(config);
        passwords(config);
        me(config);
        users(config);
    })
}

fn sign_up(config: &mut ServiceConfig) {
    let mails = || from_fn(limited("password"));
    config
        .service(
            web::resource("/v1/auth/register")
                .wrap(from_fn(limited("register")))
                .route(web::post().to(sign_up::register)),
        )
        .service(
            web::resource("/v1/auth/email/verify")
                .wrap(mails())
                .route(web::post().to(sign_up::verify_email)),
        )
        .service(
            web::resource("/v1/auth/email/resend")
                .wrap(mails())
                .route(web::post().to(sign_up::resend_verification)),
        );
}

fn sign_in(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/auth/login")
                .wrap(from_fn(limited("login")))
                .route(web::post().to(sign_in::log_in)),
        )
        .service(
            web::resource("/v1/auth/refresh")
                .wrap(from_fn(limited("refresh")))
                .route(web::post().to(sign_in::refresh)),
        )
        .service(web::resource("/v1/auth/logout").route(web::post().to(sign_in::log_out)))
        .service(
            web::resource("/v1/auth/logout-all").route(web::post().to(sign_in::log_out_everywhere)),
        );
}

fn passwords(config: &mut ServiceConfig) {
    let careful = || from_fn(limited("password"));
    config
        .service(
            web::resource("/v1/auth/password/forgot")
                .wrap(careful())
                .route(web::post().to(password::forgot)),
        )
        .service(
            web::resource("/v1/auth/password/reset")
                .wrap(careful())
                .route(web::post().to(password::reset)),
        )
        .service(
            web::resource("/v1/auth/password/change")
                .wrap(careful())
                .route(web::post().to(password::change)),
        );
}

fn me(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/me")
                .route(web::get().to(me::show))
                .route(web::patch().to(me::update)),
        )
        .service(web::resource("/v1/me/sessions").route(web::get().to(me::sessions)))
        .service(web::resource("/v1/me/sessions/{id}").route(web::delete().to(me::end_session)));
}

fn users(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/users").route(web::get().to(users::list)))
        .service(web::resource("/v1/users/{id}").route(web::get().to(users::show)))
        .service(web::resource("/v1/users/{id}/role").route(web::put().to(users::change_role)))
        .service(web::resource("/v1/users/{id}/disable").route(web::post().to(users::disable)))
        .service(web::resource("/v1/users/{id}/enable").route(web::post().to(users::enable)));
}

/// The client as identity wants to know it.
fn visitor(client: &extract::Client) -> identity::Client {
    identity::Client::new(
        client.address.parse().ok(),
        client.user_agent.as_deref(),
        Some(client.request_id.clone()),
    )
}
