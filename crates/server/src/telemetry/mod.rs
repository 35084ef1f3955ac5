//! Logs: JSON lines for machines, or lines for people. What is said while a request is handled carries its id.

mod line;

use tracing_subscriber::{
    EnvFilter,
    filter::LevelFilter,
    fmt,
    fmt::format::{Compact, Format, JsonFields},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use self::line::{JsonLine, Named};
use crate::config::{Log, LogFormat};

/// Starts logging to standard error; a second start changes nothing.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = filter(&log.level)?;
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
    Ok(())
}

/// What of the log is told; the error says what is wrong with the level.
pub fn filter(level: &str) -> Result<EnvFilter, String> {
    if let Some(word) = level.split(',').map(str::trim).find(|part| is_no_level(part)) {
        return Err(format!("`{word}` is not a level: off, error, warn, info, debug or trace"));
    }
    // What actix calls an error is a client that does not speak HTTP; it was answered 400.
    let all = format!("actix_http=off,{level}");
    EnvFilter::try_new(all).map_err(|error| format!("`{level}` is not a filter: {error}"))
}

/// A word by itself, which tracing would take for a target of which everything is told.
fn is_no_level(part: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
    part.chars().all(plain) && (part.is_empty() || part.parse::<LevelFilter>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_or_a_filter_is_taken() {
        for level in ["info", "WARN", "off", "info,buy=debug", "warn,access=info", "[sale]=trace"] {
            assert!(filter(level).is_ok(), "{level}");
        }
    }

    #[test]
    fn what_is_neither_is_named() {
        for (level, named) in [
            ("loud", "`loud`"),
            ("info,loud", "`loud`"),
            ("info,buy=loud", "`info,buy=loud`"),
            ("", "``"),
            ("info,", "``"),
            ("warn, access=info", "`warn, access=info`"),
        ] {
            let refused = filter(level).unwrap_err();
            assert!(refused.contains(named), "{level}: {refused}");
        }
    }
}
