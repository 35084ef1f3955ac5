//! Logs: JSON lines for machines, or lines for people.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// Starts logging to standard error; a second start changes nothing.
pub fn start(log: &Log) {
    // What actix calls an error is a client that does not speak HTTP; it was answered 400.
    let level = format!("actix_http=off,{}", log.level);
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(lines).try_init()
        }
        LogFormat::Pretty => {
            let lines = fmt::layer().compact().with_target(false).with_writer(std::io::stderr);
            registry.with(lines).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a thread panicked")));
}
