//! The log as JSON, one object a line. The fields of a span are serialized once, when it begins.

use std::fmt;
use std::io;

use serde::{Serialize, Serializer};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::{ORIGIN_FIELDS, ORIGIN_TARGET};

/// The format of events, and of the fields of spans.
#[derive(Clone, Copy)]
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        write!(line, "\",\"level\":\"{}\"", event.metadata().level())?;
        let mut fields = Fields::new(line.by_ref());
        event.record(&mut fields);
        let origin = fields.finish()?;
        member(&mut line, "target", origin.as_deref().unwrap_or(event.metadata().target()))?;
        if let Some(span) = context.lookup_current() {
            line.write_str(",\"span\":{\"name\":")?;
            serialize(&mut line, span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
            line.write_char('}')?;
        }
        line.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for Json {
    /// Writes the fields as further members of an object.
    fn format_fields<R: RecordFields>(&self, line: Writer<'w>, span: R) -> fmt::Result {
        let mut fields = Fields::new(line);
        span.record(&mut fields);
        fields.finish().map(drop)
    }
}

/// Writes each field as a further member of an object.
struct Fields<'w> {
    line: Writer<'w>,
    /// The target of an event that another logging crate has passed on.
    origin: Option<String>,
    result: fmt::Result,
}

impl<'w> Fields<'w> {
    fn new(line: Writer<'w>) -> Self {
        Self { line, origin: None, result: Ok(()) }
    }

    /// Returns the target of an event that another logging crate has passed on.
    fn finish(self) -> Result<Option<String>, fmt::Error> {
        self.result.map(|()| self.origin)
    }

    fn add<T: Serialize + ?Sized>(&mut self, field: &Field, value: &T) {
        if self.result.is_ok() && !field.name().starts_with(ORIGIN_FIELDS) {
            self.result = member(&mut self.line, field.name(), value);
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &Debugged(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ORIGIN_TARGET {
            self.origin = Some(value.to_owned());
        }
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &value);
    }
}

/// A value that is serialized as its debug representation.
struct Debugged<'a>(&'a dyn fmt::Debug);

impl Serialize for Debugged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:?}", self.0))
    }
}

/// Writes a further member of an object.
fn member<T: Serialize + ?Sized>(line: &mut Writer<'_>, name: &str, value: &T) -> fmt::Result {
    line.write_char(',')?;
    serialize(line, name)?;
    line.write_char(':')?;
    serialize(line, value)
}

fn serialize<T: Serialize + ?Sized>(line: &mut Writer<'_>, value: &T) -> fmt::Result {
    serde_json::to_writer(Bytes(line), value).map_err(|_| fmt::Error)
}

/// Takes the UTF-8 bytes that serde_json writes.
struct Bytes<'a, 'w>(&'a mut Writer<'w>);

impl io::Write for Bytes<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::telemetry::testing::written;

    fn logged(log: impl FnOnce()) -> Value {
        let text = written(Json, log);
        let (line, rest) = text.split_once('\n').unwrap();
        assert_eq!(rest, "");
        let mut line: Value = serde_json::from_str(line).unwrap();
        let timestamp = line["timestamp"].take();
        timestamp.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        line
    }

    #[test]
    fn event_has_its_fields_and_those_of_the_current_span() {
        let line = logged(|| {
            let _outer = tracing::info_span!("outer", hidden = 1).entered();
            let _in_request = tracing::info_span!("request", id = "7f", method = %"GET", trace_id = "").entered();
            tracing::warn!(target: "access", status = 200_u16, milliseconds = 2.0, good = true, left = -1, "a \"b\"\n");
        });
        let span = json!({"name": "request", "id": "7f", "method": "GET", "trace_id": ""});
        assert_eq!(
            line,
            json!({
                "timestamp": null, "level": "WARN", "status": 200, "milliseconds": 2.0, "good": true, "left": -1,
                "message": "a \"b\"\n", "target": "access", "span": span
            })
        );
    }

    #[test]
    fn event_outside_of_any_span_has_none() {
        let line = logged(|| tracing::info!(what = ?Some("a"), "text"));
        let target = "polyhost::telemetry::json::tests";
        let expected =
            json!({"timestamp": null, "level": "INFO", "what": "Some(\"a\")", "message": "text", "target": target});
        assert_eq!(line, expected);
    }

    #[test]
    fn event_of_another_logging_crate_has_its_own_target() {
        let line = logged(|| tracing::info!("log.target" = "rustls::client", "log.line" = 7, "text"));
        let expected = json!({"timestamp": null, "level": "INFO", "message": "text", "target": "rustls::client"});
        assert_eq!(line, expected);
    }
}
