//! [`Collector`]: a collector of traces on a loopback address, which keeps and decodes everything that it receives.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PATH: &str = "/v1/traces";
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A running collector. It ends with the test.
pub(crate) struct Collector {
    address: String,
    received: Arc<Mutex<Vec<Export>>>,
}

/// One request to the collector.
struct Export {
    head: String,
    body: Vec<u8>,
}

/// A span that the collector has received.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) trace_id: String,
    pub(crate) id: String,
    /// Empty for a root span.
    pub(crate) parent_id: String,
    pub(crate) is_failed: bool,
    /// The attributes as texts, sorted by name.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) events: usize,
}

impl Span {
    /// Returns the value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let received = Arc::<Mutex<Vec<Export>>>::default();
        let shared = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { address, received }
    }

    /// Returns the table `[telemetry]` that names the collector, with more lines.
    pub(crate) fn table(&self, lines: &str) -> String {
        table(&self.address, lines)
    }

    /// Returns the spans received so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().iter().flat_map(|export| spans(&export.body)).collect()
    }

    /// Waits until the collector has received a span that fits.
    pub(crate) async fn received(&self, fits: impl Fn(&Span) -> bool) -> Span {
        let found = async {
            loop {
                if let Some(span) = self.spans().into_iter().find(&fits) {
                    return span;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(TIME_LIMIT, found).await.expect("the span is exported")
    }

    /// Returns the heads of the received requests.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|export| export.head.clone()).collect()
    }

    /// Returns all received bodies as one text. Bytes that are not UTF-8 are replaced.
    pub(crate) fn text(&self) -> String {
        let received = self.received.lock().unwrap();
        received.iter().map(|export| String::from_utf8_lossy(&export.body).into_owned()).collect()
    }

    /// Returns the attributes of the service that has sent the spans.
    pub(crate) fn resource(&self) -> Vec<(String, String)> {
        let received = self.received.lock().unwrap();
        let request = ExportTraceServiceRequest::decode(&*received.first().expect("an export").body).unwrap();
        attributes(&request.resource_spans[0].resource.as_ref().expect("a resource").attributes)
    }
}

/// Returns the table `[telemetry]` for a collector at an address, with more lines.
pub(crate) fn table(address: &str, lines: &str) -> String {
    format!("[telemetry]\notlp_endpoint = \"http://{address}{PATH}\"\n{lines}")
}

/// Answers requests until the connection ends.
async fn serve(mut connection: TcpStream, received: Arc<Mutex<Vec<Export>>>) {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
            }
            if connection.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
                return;
            }
        };
        let field = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = field.expect("a length").parse().unwrap();
        while bytes.len() < length {
            if connection.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
                return;
            }
        }
        received.lock().unwrap().push(Export { head, body: bytes.drain(..length).collect() });
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(answer).await.unwrap();
    }
}

fn spans(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    let decoded = scopes.flat_map(|scope| scope.spans).map(|span| Span {
        kind: span.kind(),
        is_failed: span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error),
        attributes: attributes(&span.attributes),
        events: span.events.len(),
        trace_id: hex::encode(&span.trace_id),
        id: hex::encode(&span.span_id),
        parent_id: hex::encode(&span.parent_span_id),
        name: span.name,
    });
    decoded.collect()
}

fn attributes(pairs: &[KeyValue]) -> Vec<(String, String)> {
    let mut attributes: Vec<_> = pairs.iter().map(|pair| (pair.key.clone(), text(pair.value.as_ref()))).collect();
    attributes.sort();
    attributes
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("a value of another type: {other:?}"),
    }
}
