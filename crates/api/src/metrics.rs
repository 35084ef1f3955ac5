//! Prometheus metrics: requests by route, and whatever gauges the server registers.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::Method, http::StatusCode, web::Data};
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntGauge, Opts, Registry, TextEncoder};

use crate::{
    edge::{address::Cidr, context},
    problem::Problem,
};

/// Called before each scrape, to bring gauges up to date.
#[async_trait::async_trait]
pub trait Gauges: Send + Sync {
    async fn read(&self) -> Vec<(&'static str, &'static str, i64)>;
}

/// The registry and what the shell counts itself.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    gauges: Option<Arc<dyn Gauges>>,
}

impl Metrics {
    pub fn new(gauges: Option<Arc<dyn Gauges>>) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let options =
            HistogramOpts::new("http_request_duration_seconds", "Time to answer, by route.")
                .buckets(vec![
                    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
                ]);
        let requests = HistogramVec::new(options, &["method", "route", "status"])?;
        registry.register(Box::new(requests.clone()))?;
        Ok(Self { registry, requests, gauges })
    }

    pub(crate) fn request(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = [method.as_str(), route.unwrap_or("other"), status.as_str()];
        self.requests.with_label_values(&labels).observe(took.as_secs_f64());
    }

    async fn scrape(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut families = self.registry.gather();
        let current = match &self.gauges {
            Some(gauges) => gauges.read().await,
            None => Vec::new(),
        };
        let extra = Registry::new();
        for (name, help, value) in current {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            gauge.set(value);
            extra.register(Box::new(gauge))?;
        }
        families.extend(extra.gather());
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

/// The addresses that may read the metrics.
pub(crate) struct Readers(pub Vec<Cidr>);

pub(crate) async fn metrics(metrics: Data<Metrics>, readers: Data<Readers>) -> HttpResponse {
    let address = context::current().map(|seen| seen.address);
    let is_reader = |range: &Cidr| address.is_some_and(|address| range.contains(address));
    if !readers.0.iter().any(is_reader) {
        return Problem::not_found().error_response();
    }
    match metrics.scrape().await {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text),
        Err(error) => {
            tracing::error!(%error, "metrics could not be gathered");
            HttpResponse::InternalServerError().finish()
        }
    }
}
