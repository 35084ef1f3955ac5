//! One event, one line. The request it belongs to is asked for when something is said, which is seldom; a span would
//! have to be made, entered and left for each request.

use std::fmt::{Debug, Error};

use chrono::SecondsFormat;
use commerce::{Clock, SystemClock};
use serde::ser::{SerializeMap, Serializer};
use serde_json::ser::Serializer as Json;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

/// A JSON object: `timestamp`, `level`, `target`, `request_id`, and what the event itself says.
pub struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let mut line = Vec::with_capacity(512);
        object(&mut line, event).map_err(|_| Error)?;
        writer.write_str(std::str::from_utf8(&line).map_err(|_| Error)?)?;
        writer.write_char('\n')
    }
}

fn object(line: &mut Vec<u8>, event: &Event<'_>) -> serde_json::Result<()> {
    let normal = event.normalized_metadata();
    let about: &Metadata<'_> = normal.as_ref().unwrap_or_else(|| event.metadata());
    let mut json = Json::new(line);
    let mut map = json.serialize_map(None)?;
    let now = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
    map.serialize_entry("timestamp", &now)?;
    map.serialize_entry("level", about.level().as_str())?;
    map.serialize_entry("target", about.target())?;
    if about.target() != api::ACCESS {
        api::with_request_id(|id| map.serialize_entry("request_id", id)).transpose()?;
    }
    let mut fields = Fields { map, failed: None };
    event.record(&mut fields);
    match fields.failed {
        Some(error) => Err(error),
        None => fields.map.end(),
    }
}

/// Writes what an event says as entries of an object.
struct Fields<M: SerializeMap> {
    map: M,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Fields<M> {
    fn entry(&mut self, field: &Field, value: &(impl serde::Serialize + ?Sized)) {
        // Of an event that came from the `log` crate; its target is told above.
        if self.failed.is_none() && !field.name().starts_with("log.") {
            self.failed = self.map.serialize_entry(field.name(), value).err();
        }
    }
}

impl<M: SerializeMap> Visit for Fields<M> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.entry(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.entry(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.entry(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.entry(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.entry(field, &value);
    }
}

/// Another format, with the request's id before what is said.
pub struct Named<F>(pub F);

impl<S, N, F> FormatEvent<S, N> for Named<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        if event.metadata().target() != api::ACCESS {
            api::with_request_id(|id| write!(writer, "{id} ")).transpose()?;
        }
        self.0.format_event(context, writer, event)
    }
}
