//! The export of traces by OTLP over HTTP, if `[telemetry]` names a collector. The SDK collects spans in a bounded queue
//! and sends them from a thread of its own, so a slow or unreachable collector delays no request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter};
use polyhost_config::TelemetryConfig;
use polyhost_upstream::trace::{self, Propagation};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::metrics;

/// The name and the version of the source of the spans.
const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The time limit of one request to the collector, and of all its retries together.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for the remaining spans at shutdown.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// The interval between two warnings about the collector.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);
/// The longest answer of a collector that is read. It contains at most a message about rejected spans.
const MAX_ANSWER: usize = 64 * 1024;

/// The reason why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The HTTP client cannot be built.
    #[error("the HTTP client cannot be built: {0}")]
    Http(reqwest::Error),
    /// A value of an environment variable `OTEL_EXPORTER_OTLP_…` is invalid.
    #[error("{0}")]
    Exporter(opentelemetry_otlp::ExporterBuildError),
}

/// The export of traces; nothing if it is off.
pub(crate) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Starts the export if the configuration names a collector. Call this in the runtime that sends the spans.
    ///
    /// # Errors
    /// [`StartError`]. An unreachable collector is not an error.
    pub(crate) fn start(config: &TelemetryConfig) -> Result<Self, StartError> {
        let Some(endpoint) = &config.otlp_endpoint else { return Ok(Self(None)) };
        let exporter = OtlpExporter::builder()
            .with_http()
            .with_http_client(Sender::new(config)?)
            .with_endpoint(endpoint.as_str())
            .with_timeout(EXPORT_TIMEOUT)
            .build();
        let exporter = Counted(exporter.map_err(StartError::Exporter)?);
        // The caller decides whether its own trace is exported, and the ratio whether one that begins here is.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample_ratio)));
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attribute(KeyValue::new("service.version", VERSION))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BatchSpanProcessor::builder(exporter).build())
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        let source = InstrumentationScope::builder(NAME).with_version(VERSION).build();
        let tracer = BoxedTracer::new(Box::new(provider.tracer_with_scope(source)));
        trace::install(tracer, if config.propagate_to_sites { Propagation::ToSites } else { Propagation::None });
        Ok(Self(Some(provider)))
    }

    /// Sends the remaining spans, for [`FLUSH_LIMIT`] at most. Later spans are dropped.
    pub(crate) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let finished = spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_LIMIT)).await;
        if !matches!(finished, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be exported in time");
        }
    }
}

/// Counts the spans that the collector has taken, and those that were lost on the way to it.
#[derive(Debug)]
struct Counted(OtlpExporter);

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.0.export(batch).await;
        metrics::spans_exported(if result.is_ok() { "exported" } else { "lost" }, count);
        result
    }

    fn shutdown_with_timeout(&self, limit: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(limit)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// Sends requests to the collector. The SDK calls it from a thread without a runtime, so the requests run in tasks.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
    last_warning: Mutex<Option<Instant>>,
}

impl Sender {
    fn new(config: &TelemetryConfig) -> Result<Self, StartError> {
        // As for sites, no redirect and no proxy of the environment: the header fields may contain a key.
        let http = reqwest::Client::builder()
            .default_headers(config.otlp_headers.clone())
            .timeout(EXPORT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .no_gzip()
            .build()
            .map_err(StartError::Http)?;
        Ok(Self { http, runtime: Handle::current(), last_warning: Mutex::default() })
    }

    /// Logs that the collector does not take spans, at most once in [`WARNING_INTERVAL`].
    fn warn(&self, error: &str) {
        let mut last = self.last_warning.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= WARNING_INTERVAL) {
            *last = Some(Instant::now());
            tracing::warn!(error, "the collector does not take spans; they are lost");
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = self.runtime.spawn(exchange(self.http.clone(), request));
        let answer = sending.await.map_err(HttpError::from).and_then(|answer| answer);
        match &answer {
            Err(error) => self.warn(&chain(&**error)),
            Ok(answer) if !answer.status().is_success() => self.warn(answer.status().as_str()),
            Ok(_) => {}
        }
        answer
    }
}

/// Sends a request and reads the answer. Of a longer answer than [`MAX_ANSWER`], only the head is returned.
async fn exchange(http: reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request.try_into()?).await.map_err(reqwest::Error::without_url)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            body.clear();
            break;
        }
    }
    let mut response = Response::new(body.into());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

/// Returns the texts of an error and its causes.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
