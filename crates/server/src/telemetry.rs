//! Logs: JSON lines for machines, or lines for people. What is said while a request is handled carries its id.

mod line;

use tracing_subscriber::{
    EnvFilter, fmt,
    fmt::format::{Compact, Format, JsonFields},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::line::{JsonLine, Named};
use crate::config::{Log, LogFormat};

/// Starts logging to standard error; a second start changes nothing.
pub fn start(log: &Log) {
    // What actix calls an error is a client that does not speak HTTP; it was answered 400.
    let level = format!("actix_http=off,{}", log.level);
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => {
            let lines = lines.fmt_fields(JsonFields::new()).event_format(JsonLine);
            registry.with(lines).try_init()
        }
        LogFormat::Pretty => {
            let format: Format<Compact> = fmt::format().with_target(false).compact();
            registry.with(lines.event_format(Named(format))).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a thread panicked")));
}
