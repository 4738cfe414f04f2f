//! The log as lines for people. A line of the access log is short and has a fixed order. All other events are a message
//! with `field=value` pairs, those of the request last.

use std::fmt::{self, Write as _};

use polyhost_config::escaped;
use polyhost_gateway::access_log;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::{ORIGIN_FIELDS, ORIGIN_TARGET};

/// The field of an event that is its message.
const MESSAGE: &str = "message";
/// The fields of an access line in their order, each with the text before and after its value.
const ACCESS: [(&str, &str, &str); 8] = [
    ("method", "", ""),
    ("path", " ", ""),
    ("status", " ", ""),
    ("milliseconds", " ", " ms"),
    ("client", " client=", ""),
    ("account", " account=", ""),
    ("code", " code=", ""),
    ("request_id", " id=", ""),
];

/// The beginning of the targets whose events need no origin in the line.
const OWN_TARGETS: &str = "polyhost";

/// The format of events, and of the fields of spans.
#[derive(Clone, Copy)]
pub(crate) struct Text;

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let level = *event.metadata().level();
        write!(line, "{:.3} {} ", jiff::Timestamp::now(), Coloured(level, line.has_ansi_escapes()))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let target = event.metadata().target();
        if target == access_log::TARGET {
            fields.write_access(&mut line)?;
            return writeln!(line);
        }
        if !target.starts_with(OWN_TARGETS) {
            write!(line, "{}: ", fields.value(ORIGIN_TARGET).unwrap_or(target))?;
        }
        line.write_str(&escaped(fields.value(MESSAGE).unwrap_or_default()))?;
        fields.write(&mut line)?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
        }
        writeln!(line)
    }
}

impl<'w> FormatFields<'w> for Text {
    fn format_fields<R: RecordFields>(&self, mut line: Writer<'w>, span: R) -> fmt::Result {
        let mut fields = Fields::default();
        span.record(&mut fields);
        fields.write(&mut line)
    }
}

/// The fields of an event, each with its value as text.
#[derive(Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    /// Writes an access line.
    fn write_access(&self, line: &mut Writer<'_>) -> fmt::Result {
        ACCESS.into_iter().try_for_each(|(name, before, after)| match self.value(name) {
            Some(value) => write!(line, "{before}{}{after}", quoted(value)),
            None => Ok(()),
        })
    }

    /// Writes all fields but the message.
    fn write(&self, line: &mut Writer<'_>) -> fmt::Result {
        let shown = self.0.iter().filter(|(name, _)| *name != MESSAGE && !name.starts_with(ORIGIN_FIELDS));
        shown.into_iter().try_for_each(|(name, value)| write!(line, " {name}={}", quoted(value)))
    }

    /// Adds a field, unless it is empty.
    fn add(&mut self, field: &Field, value: &str) {
        if !value.is_empty() {
            self.0.push((field.name(), value.to_owned()));
        }
    }
}

/// Returns a value as it is shown. Quotation marks prevent that a value looks like another field. Characters that could
/// fake a line or change the terminal are escaped.
fn quoted(value: &str) -> String {
    match value.contains([' ', '=', '"', '\\']) {
        true => format!("\"{}\"", escaped(&value.replace('\\', r"\\").replace('"', "\\\""))),
        false => escaped(value),
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // `format!` would panic if the value's own `Debug` failed.
        let mut text = String::new();
        if write!(text, "{value:?}").is_ok() {
            self.add(field, &text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &format!("{value:.1}"));
    }
}

/// A level, padded, with its colour if colours are on.
struct Coloured(Level, bool);

impl fmt::Display for Coloured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colour = match self.0 {
            Level::ERROR => 31,
            Level::WARN => 33,
            Level::INFO => 32,
            Level::DEBUG => 34,
            _ => 35,
        };
        if self.1 { write!(f, "\x1b[{colour}m{:>5}\x1b[0m", self.0) } else { write!(f, "{:>5}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::written;

    /// Returns what `write` logs, without the time.
    fn logged(log: impl FnOnce()) -> String {
        let text = written(Text, log);
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.len() == "2026-01-31T00:00:00.000Z".len() && time.ends_with('Z'), "{time}");
        rest.to_owned()
    }

    #[test]
    fn access_line_is_short_and_leaves_empty_fields_out() {
        let line = logged(|| {
            tracing::info!(
                target: access_log::TARGET,
                method = "GET", path = "/v1/me", status = 401_u16, milliseconds = 12.0, client = "", account = "",
                code = "unauthenticated", request_id = "7f", "answered"
            );
        });
        assert_eq!(line, " INFO GET /v1/me 401 12.0 ms code=unauthenticated id=7f\n");
    }

    #[test]
    fn value_cannot_start_a_new_line() {
        let line = logged(|| tracing::warn!(what = "a\nb\u{1b}[0m", count = 2, empty = "", "text\r"));
        assert_eq!(line, " WARN text\\r what=a\\nb\\u{1b}[0m count=2\n");
    }

    #[test]
    fn value_cannot_look_like_another_field() {
        let line = logged(|| {
            tracing::info!(
                target: access_log::TARGET, method = "GET", path = "/v1/me", client = "a account=x", account = "b\u{202e}",
                "answered"
            );
        });
        assert_eq!(line, " INFO GET /v1/me client=\"a account=x\" account=b\\u{202e}\n");
        for (value, shown) in
            [(r"a\", r#""a\\""#), (r#"a"b"#, r#""a\"b""#), ("a b\n", r#""a b\n""#), ("a\u{2028}", r"a\u{2028}")]
        {
            assert_eq!(quoted(value), shown);
        }
    }

    #[test]
    fn fields_of_the_request_come_last() {
        let line = logged(|| {
            let _in_request = tracing::info_span!("request", id = "7f", trace_id = "").entered();
            tracing::info!(target: "audit", outcome = "a b", "write");
        });
        assert_eq!(line, " INFO audit: write outcome=\"a b\" id=7f\n");
    }
}
