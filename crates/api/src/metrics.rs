//! Prometheus metrics: requests by route, and whatever gauges the server registers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::Method, http::StatusCode, web::Data};
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::{
    edge::{address::Cidr, context},
    problem::Problem,
};

/// A figure as it is now. All of one name have the same labels, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: i64,
}

impl Gauge {
    pub fn new(name: &'static str, help: &'static str, value: i64) -> Self {
        Self { name, help, labels: Vec::new(), value }
    }

    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }
}

/// Called before each scrape, to bring gauges up to date.
#[async_trait::async_trait]
pub trait Gauges: Send + Sync {
    async fn read(&self) -> Vec<Gauge>;
}

/// The methods that have a name of their own in metrics and in the log.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The name of a method. A client may invent as many as it likes, so all others share one.
pub(crate) fn name_of(method: &Method) -> &'static str {
    METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
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
        method: &'static str,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = [method, route.unwrap_or("other"), status.as_str()];
        self.requests.with_label_values(&labels).observe(took.as_secs_f64());
    }

    async fn scrape(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut families = self.registry.gather();
        let current = match &self.gauges {
            Some(gauges) => gauges.read().await,
            None => Vec::new(),
        };
        families.extend(registered(current)?.gather());
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

fn registered(gauges: Vec<Gauge>) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    let mut known: BTreeMap<&'static str, IntGaugeVec> = BTreeMap::new();
    for gauge in gauges {
        let (labels, values): (Vec<_>, Vec<_>) = gauge.labels.into_iter().unzip();
        let family = match known.get(gauge.name) {
            Some(family) => family.clone(),
            None => {
                let family = IntGaugeVec::new(Opts::new(gauge.name, gauge.help), &labels)?;
                registry.register(Box::new(family.clone()))?;
                known.insert(gauge.name, family.clone());
                family
            }
        };
        family.get_metric_with_label_values(&values)?.set(gauge.value);
    }
    Ok(registry)
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
