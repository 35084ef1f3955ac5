//! The gateway's HTTP shell: routes, errors, and what browsers may do.

mod answer;
mod caller;
mod control;
mod events;
mod intents;
mod pay_page;
mod payouts;
mod refunds;

use std::{fmt, sync::Arc};

use actix_web::{
    App, Error, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
    middleware::{Next, from_fn},
    web,
};
use serde_json::json;

use crate::{error::Refusal, gateway::Gateway};

const LARGEST_BODY: usize = 64 * 1024;

pub fn app(
    gateway: Arc<Gateway>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::Data::from(gateway))
        .app_data(web::PayloadConfig::new(LARGEST_BODY))
        .wrap(from_fn(open_to_browsers))
        .configure(routes)
        .default_service(web::to(nowhere))
}

fn routes(routes: &mut web::ServiceConfig) {
    let at = |path: &str| web::resource(path.to_owned()).default_service(web::to(wrong_method));
    routes
        .service(
            at("/v1/intents")
                .route(web::post().to(intents::create))
                .route(web::get().to(intents::list)),
        )
        .service(at("/v1/intents/{id}").route(web::get().to(intents::fetch)))
        .service(at("/v1/intents/{id}/confirm").route(web::post().to(intents::confirm)))
        .service(at("/v1/intents/{id}/authenticate").route(web::post().to(intents::authenticate)))
        .service(at("/v1/intents/{id}/capture").route(web::post().to(intents::capture)))
        .service(at("/v1/intents/{id}/cancel").route(web::post().to(intents::cancel)))
        .service(at("/v1/refunds").route(web::post().to(refunds::create)))
        .service(at("/v1/refunds/{id}").route(web::get().to(refunds::fetch)))
        .service(at("/v1/payouts").route(web::post().to(payouts::create)))
        .service(at("/v1/payouts/{id}").route(web::get().to(payouts::fetch)))
        .service(at("/test/payouts/{id}/return").route(web::post().to(payouts::give_back)))
        .service(at("/v1/events").route(web::get().to(events::list)))
        .service(at("/v1/events/{id}").route(web::get().to(events::fetch)))
        .service(at("/v1/events/{id}/resend").route(web::post().to(events::resend)))
        .service(at("/v1/statement").route(web::get().to(events::statement)))
        .service(
            at("/pay/{id}")
                .route(web::get().to(pay_page::show))
                .route(web::post().to(pay_page::act)),
        )
        .service(
            at("/test/faults")
                .route(web::get().to(control::faults))
                .route(web::put().to(control::set_faults)),
        )
        .service(at("/test/settlements").route(web::post().to(control::pay_out_all)))
        .service(at("/test/webhook").route(web::put().to(control::set_webhook)))
        .service(at("/test/advance").route(web::post().to(control::advance)))
        .service(at("/test/books").route(web::get().to(control::books)))
        .service(at("/healthz").route(web::get().to(healthz)));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn nowhere() -> Result<HttpResponse, Refusal> {
    Err(Refusal::not_found("route"))
}

async fn wrong_method() -> Result<HttpResponse, Refusal> {
    Err(Refusal::new(405, "method_not_allowed", "this route has other methods"))
}

/// Lets browsers of any origin use the client secret. They cannot send the secret key: `Authorization` is not on the list.
async fn open_to_browsers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let open = request.app_data::<web::Data<Gateway>>().is_some_and(|gateway| gateway.allow_cors);
    if open && request.method() == Method::OPTIONS {
        let mut preflight = HttpResponse::NoContent();
        preflight
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "86400"));
        return Ok(request.into_response(preflight.finish()).map_into_right_body());
    }
    let mut response = next.call(request).await?;
    if open {
        let anyone = HeaderValue::from_static("*");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anyone);
    }
    Ok(response.map_into_left_body())
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.status == 429 {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response.json(json!({"error": self}))
    }
}
