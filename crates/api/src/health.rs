//! Whether the process lives, and whether it should get requests.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::{HttpResponse, web::Data};
use async_trait::async_trait;
use serde_json::json;

use crate::serve::Draining;

/// Looks whether what requests need is there; an error names what is not.
#[async_trait]
pub trait Health: Send + Sync {
    async fn check(&self) -> Result<(), String>;
}

/// When it was looked, and what was seen.
type Look = (Instant, Result<(), String>);

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

    async fn check(&self) -> Result<(), String> {
        if self.draining.is_draining() {
            return Err("draining".into());
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
    match readiness.check().await {
        Ok(()) => HttpResponse::Ok().json(json!({ "status": "ready" })),
        Err(why) => {
            HttpResponse::ServiceUnavailable().json(json!({ "status": "not ready", "why": why }))
        }
    }
}
