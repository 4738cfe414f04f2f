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
        let mut members = Members { json: String::with_capacity(LINE), origin: None };
        members.json.push_str("{\"timestamp\":\"");
        SystemTime.format_time(&mut Writer::new(&mut members.json))?;
        members.json.push('"');
        members.add_str("level", event.metadata().level().as_str());
        event.record(&mut members);
        let target = members.origin.take();
        members.add_str("target", target.as_deref().unwrap_or(event.metadata().target()));
        if let Some(span) = context.lookup_current() {
            members.json.push_str(",\"span\":{\"name\":");
            members.push_str(span.name());
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                members.json.push_str(fields);
            }
            members.json.push('}');
        }
        members.json.push_str("}\n");
        line.write_str(&members.json)
    }
}

impl<'w> FormatFields<'w> for Json {
    /// Writes the fields as further members of an object.
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'w>, span: R) -> fmt::Result {
        let mut members = Members::default();
        span.record(&mut members);
        line.write_str(&members.json)
    }
}

/// The usual length of a line, at most.
const LINE: usize = 512;

/// Members of a JSON object, each with a comma before it.
#[derive(Default)]
struct Members {
    json: String,
    /// The target of an event that another logging crate has passed on.
    origin: Option<String>,
}

impl Members {
    fn add(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        self.json.push(',');
        self.push_str(name);
        self.json.push(':');
        value(self);
    }

    fn add_str(&mut self, name: &str, value: &str) {
        self.add(name, |members| members.push_str(value));
    }

    /// Adds a field, unless it repeats the origin of the event.
    fn add_field(&mut self, field: &Field, value: impl FnOnce(&mut Self)) {
        if !field.name().starts_with(ORIGIN_FIELDS) {
            self.add(field.name(), value);
        }
    }

    /// Writes a text. Most texts need no escapes, and are copied.
    fn push_str(&mut self, text: &str) {
        // `fold` looks at every byte, so that the compiler can look at many at once.
        if text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\')) {
            return self.push_serialized(text);
        }
        self.json.push('"');
        self.json.push_str(text);
        self.json.push('"');
    }

    fn push_serialized<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Cannot fail: the values are texts and numbers.
        self.json.push_str(&serde_json::to_string(value).unwrap_or_default());
    }

    fn push_integer(&mut self, value: impl itoa::Integer) {
        self.json.push_str(itoa::Buffer::new().format(value));
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // If the value's own `Debug` fails, the rest of the line must be written nevertheless.
        let mut text = String::new();
        match write!(text, "{value:?}") {
            Ok(()) => self.add_field(field, |members| members.push_str(&text)),
            Err(fmt::Error) => self.add_field(field, |members| members.json.push_str("null")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ORIGIN_TARGET {
            self.origin = Some(value.to_owned());
        }
        self.add_field(field, |members| members.push_str(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add_field(field, |members| members.push_serialized(&value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_field(field, |members| members.push_integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_field(field, |members| members.push_integer(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_field(field, |members| members.json.push_str(if value { "true" } else { "false" }));
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
