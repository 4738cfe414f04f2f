//! The log as JSON, one object a line. The fields of a span are serialized once, when it begins.

use std::fmt::{self, Write as _};

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::{ORIGIN_FIELDS, ORIGIN_TARGET};

/// The format of events, and of the fields of spans.
#[derive(Clone, Copy)]
pub(crate) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        line.write_str("\",\"level\":\"")?;
        line.write_str(event.metadata().level().as_str())?;
        line.write_char('"')?;
        let mut members = Members::new(&mut line);
        event.record(&mut members);
        let target = members.origin.take();
        members.add_str("target", target.as_deref().unwrap_or(event.metadata().target()));
        members.written?;
        if let Some(span) = context.lookup_current() {
            line.write_str(",\"span\":{\"name\":\"")?;
            line.write_str(span.name())?;
            line.write_char('"')?;
            if let Some(members) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(members)?;
            }
            line.write_char('}')?;
        }
        line.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for Json {
    /// Writes the fields as further members of an object.
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'w>, span: R) -> fmt::Result {
        let mut members = Members::new(&mut line);
        span.record(&mut members);
        members.written
    }
}

/// Writes members of a JSON object, each with a comma before it.
struct Members<'a, 'w> {
    line: &'a mut Writer<'w>,
    written: fmt::Result,
    /// The target of an event that another logging crate has passed on.
    origin: Option<String>,
}

impl<'a, 'w> Members<'a, 'w> {
    fn new(line: &'a mut Writer<'w>) -> Self {
        Self { line, written: Ok(()), origin: None }
    }

    /// Adds a member, unless an earlier one could not be written. `value` writes its value.
    fn add(&mut self, name: &str, value: impl FnOnce(&mut Writer<'w>) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = self.try_add(name, value);
        }
    }

    fn try_add(&mut self, name: &str, value: impl FnOnce(&mut Writer<'w>) -> fmt::Result) -> fmt::Result {
        self.line.write_char(',')?;
        write_str(self.line, name)?;
        self.line.write_char(':')?;
        value(self.line)
    }

    fn add_str(&mut self, name: &str, value: &str) {
        self.add(name, |line| write_str(line, value));
    }

    /// Adds a field, unless it repeats the origin of the event.
    fn add_field(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'w>) -> fmt::Result) {
        if !field.name().starts_with(ORIGIN_FIELDS) {
            self.add(field.name(), value);
        }
    }
}

/// Writes a text with its quotation marks. Most texts need no escapes, and are copied.
fn write_str(line: &mut Writer<'_>, text: &str) -> fmt::Result {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return write_serialized(line, text);
    }
    line.write_char('"')?;
    line.write_str(text)?;
    line.write_char('"')
}

fn write_serialized<T: Serialize + ?Sized>(line: &mut Writer<'_>, value: &T) -> fmt::Result {
    line.write_str(&serde_json::to_string(value).map_err(|_| fmt::Error)?)
}

impl Visit for Members<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // If the value's own `Debug` fails, the rest of the line must be written nevertheless.
        let mut text = String::new();
        match write!(text, "{value:?}") {
            Ok(()) => self.add_field(field, |line| write_str(line, &text)),
            Err(fmt::Error) => self.add_field(field, |line| line.write_str("null")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ORIGIN_TARGET {
            self.origin = Some(value.to_owned());
        }
        self.add_field(field, |line| write_str(line, value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add_field(field, |line| write_serialized(line, &value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_field(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_field(field, |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_field(field, |line| line.write_str(if value { "true" } else { "false" }));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::written;

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
        let target = "polyhost_log::json::tests";
        let expected =
            json!({"timestamp": null, "level": "INFO", "what": "Some(\"a\")", "message": "text", "target": target});
        assert_eq!(line, expected);
    }

    #[test]
    fn value_that_cannot_be_written_is_null() {
        struct Faulty;
        impl fmt::Debug for Faulty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("begun")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(logged(|| tracing::info!(what = ?Faulty, "text"))["what"], Value::Null);
    }

    #[test]
    fn event_of_another_logging_crate_has_its_own_target() {
        let line = logged(|| tracing::info!("log.target" = "rustls::client", "log.line" = 7, "text"));
        let expected = json!({"timestamp": null, "level": "INFO", "message": "text", "target": "rustls::client"});
        assert_eq!(line, expected);
    }
}
