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
        write!(line, "\",\"level\":\"{}\"", event.metadata().level())?;
        let mut members = Members::default();
        event.record(&mut members);
        let target = members.origin.take();
        members.add("target", target.as_deref().unwrap_or(event.metadata().target()));
        line.write_str(members.text()?)?;
        if let Some(span) = context.lookup_current() {
            write!(line, ",\"span\":{{\"name\":\"{}\"", span.name())?;
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
        let mut members = Members::default();
        span.record(&mut members);
        line.write_str(members.text()?)
    }
}

/// Members of a JSON object, each with a comma before it.
#[derive(Default)]
struct Members {
    json: Vec<u8>,
    /// The target of an event that another logging crate has passed on.
    origin: Option<String>,
}

impl Members {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.json.push(b',');
        self.serialize(name);
        self.json.push(b':');
        self.serialize(value);
    }

    fn serialize<T: Serialize + ?Sized>(&mut self, value: &T) {
        // Cannot fail: a text, a number, a truth value or null is written to memory.
        drop(serde_json::to_writer(&mut self.json, value));
    }

    fn add_field<T: Serialize + ?Sized>(&mut self, field: &Field, value: &T) {
        if !field.name().starts_with(ORIGIN_FIELDS) {
            self.add(field.name(), value);
        }
    }

    fn text(&self) -> Result<&str, fmt::Error> {
        std::str::from_utf8(&self.json).map_err(|_| fmt::Error)
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // `serde_json` would panic if the value's own `Debug` failed.
        let mut text = String::new();
        let written = write!(text, "{value:?}");
        self.add_field(field, &written.ok().map(|()| text));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == ORIGIN_TARGET {
            self.origin = Some(value.to_owned());
        }
        self.add_field(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add_field(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add_field(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_field(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add_field(field, &value);
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
