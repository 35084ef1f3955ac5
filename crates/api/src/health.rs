//! Whether the process lives, and whether it should get requests.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, ResponseError, http::StatusCode, web::Data};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{problem::Problem, serve::Draining};

/// Looks whether what requests need is there.
#[async_trait]
pub trait Health: Send + Sync {
    async fn check(&self) -> Vec<Check>;
}

/// One thing that requests need, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub trouble: Option<String>,
}

impl Check {
    pub fn passed(name: &'static str) -> Self {
        Self { name, trouble: None }
    }

    pub fn failed(name: &'static str, trouble: impl Into<String>) -> Self {
        Self { name, trouble: Some(trouble.into()) }
    }
}

/// When it was looked, and what was seen.
type Look = (Instant, Vec<Check>);

/// Readiness, looked at once a second at most.
#[derive(Clone)]
pub struct Readiness {
    health: Arc<dyn Health>,
    draining: Draining,
    last: Arc<Mutex<Option<Look>>>,
}

impl Readiness {
    pub fn new(health: Arc<dyn Health>, draining: Draining) -> Self {
        Self { health, draining, last: Arc::default() }
    }

    async fn check(&self) -> Vec<Check> {
        if self.draining.is_draining() {
            return vec![Check::failed("server", "it is on its way out")];
        }
        let known = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, result)) = known
            && at.elapsed() < Duration::from_secs(1)
        {
            return result;
        }
        let result = self.health.check().await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), result.clone()));
        result
    }
}

pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}

pub(crate) async fn ready(readiness: Data<Readiness>) -> HttpResponse {
    let checks = readiness.check().await;
    let told = checks.iter().map(|check| {
        let state = check.trouble.as_deref().unwrap_or("ok");
        (check.name.to_owned(), state.into())
    });
    let told = Value::Object(told.collect());
    let trouble: Vec<&str> = checks.iter().filter_map(|check| check.trouble.as_deref()).collect();
    if trouble.is_empty() {
        return HttpResponse::Ok().json(json!({ "status": "ready", "checks": told }));
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", trouble.join("; "))
        .with_fact("checks", told)
        .retry_after(Duration::from_secs(1))
        .error_response()
}
