//! A burst guard for each client address, before quotas are met and anything is read (actix-governor).

use actix_governor::{
    Governor, GovernorConfig, GovernorConfigBuilder, KeyExtractor, SimpleKeyExtractionError,
    governor::{
        NotUntil,
        clock::{Clock, DefaultClock, QuantaInstant},
        middleware::NoOpMiddleware,
    },
};
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError, dev::ServiceRequest, http::StatusCode,
};
use std::{sync::Arc, time::Duration};

use super::address::{self, Cidr, Household};
use crate::problem::Problem;

/// Counts by the client's household.
#[derive(Clone)]
pub struct ByClient(Arc<[Cidr]>);

impl KeyExtractor for ByClient {
    type Key = Household;
    type KeyExtractionError = SimpleKeyExtractionError<&'static str>;

    fn extract(&self, request: &ServiceRequest) -> Result<Household, Self::KeyExtractionError> {
        Ok(Household::of(address::client(request.request(), &self.0)))
    }

    fn exceed_rate_limit_response(
        &self,
        refusal: &NotUntil<QuantaInstant>,
        _: HttpResponseBuilder,
    ) -> HttpResponse {
        let wait = refusal.wait_time_from(DefaultClock::default().now());
        let detail = "too many requests from this address";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
            .retry_after(wait.max(Duration::from_secs(1)))
            .error_response()
    }
}

/// The guard's state, shared by all workers.
pub type Guard = GovernorConfig<ByClient, NoOpMiddleware<QuantaInstant>>;

/// `per_second` requests on the long run and `burst` at once; `None` when that makes no sense.
pub fn guard(per_second: u32, burst: u32, trusted: Arc<[Cidr]>) -> Option<Guard> {
    let gap = Duration::from_secs(1).checked_div(per_second)?;
    let mut builder = GovernorConfigBuilder::default();
    let mut builder = builder.key_extractor(ByClient(trusted));
    builder.period(gap).burst_size(burst).finish()
}

/// The guard as a layer of the application.
pub type Layer = Governor<ByClient, NoOpMiddleware<QuantaInstant>>;

pub fn layer(guard: &Guard) -> Layer {
    Governor::new(guard)
}

/// Forgets clients that have been quiet; call it from time to time.
pub fn tidy(guard: &Guard) {
    guard.limiter().retain_recent();
}
