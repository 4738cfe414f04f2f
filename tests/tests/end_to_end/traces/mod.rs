//! Tests of the exported traces: the spans, their attributes and their relations, and a collector that fails.

pub(crate) mod collector;

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use polyhost_end_to_end::{Configuration, Metrics};
use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::listener::Listener;
use crate::streamplay::world as streamplay;
use crate::world::{KEY, World, at};
use collector::{Collector, Span, table};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Starts a world whose gateway exports traces.
async fn traced(lines: &str, change: impl FnOnce(Configuration) -> Configuration) -> (Collector, World) {
    let collector = Collector::start().await;
    let world = World::configured(|configuration| change(configuration.table(&collector.table(lines)))).await;
    (collector, world)
}

/// Sends a request with a `traceparent`.
async fn follow(world: &World, method: &str, path: &str, flags: &str) {
    let request = world.caller.request(method, path).header("x-request-id", "find-me");
    world.caller.send(request.header("traceparent", format!("00-{TRACE}-{CALLER}-{flags}"))).await;
}

/// Stops the gateway, which exports the remaining spans, and returns the spans of one kind.
async fn stop(collector: &Collector, world: World, kind: SpanKind) -> Vec<Span> {
    let ended = world.gateway.stop().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let mut spans = collector.spans();
    spans.retain(|span| span.kind == kind);
    spans
}

fn pairs(attributes: &[(&str, &str)]) -> Vec<(String, String)> {
    attributes.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[tokio::test]
async fn spans_of_a_request_continue_the_callers_trace() {
    let (collector, world) = traced("service_name = \"gateway\"\notlp_headers = { X-Token = \"abc\" }", |c| c).await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let base = world.site.base_url();
    let port = base.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    follow(&world, "GET", &at(&format!("files/{file}")), "01").await;
    world.gateway.stop().await;

    let spans = collector.spans();
    let [client, server] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!((server.trace_id.as_str(), client.trace_id.as_str()), (TRACE, TRACE));
    assert_eq!((&*server.parent_id, &client.parent_id), (CALLER, &server.id));
    assert_eq!((server.kind, client.kind), (SpanKind::Server, SpanKind::Client));
    assert!(!server.is_failed && !client.is_failed && server.events + client.events == 0);
    assert_eq!(server.name, "GET /v1/accounts/{account}/files/{id}");
    let expected = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("http.route", "/v1/accounts/{account}/files/{id}"),
        ("polyhost.account", "main"),
        ("polyhost.operation", "get_file"),
        ("polyhost.provider", "pstream"),
        ("polyhost.request_id", "find-me"),
        ("url.scheme", "http"),
    ];
    assert_eq!(server.attributes, pairs(&expected));
    assert_eq!(client.name, "GET file/info");
    let expected = [
        ("http.request.method", "GET"),
        ("http.response.status_code", "200"),
        ("polyhost.account", "main"),
        ("polyhost.operation", "file/info"),
        ("polyhost.provider", "pstream"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("url.scheme", "http"),
    ];
    assert_eq!(client.attributes, pairs(&expected));
    let resource = collector.resource();
    assert!(resource.contains(&("service.name".to_owned(), "gateway".to_owned())), "{resource:?}");
    let heads = collector.heads();
    assert!(
        heads.iter().all(|head| head.starts_with("POST /v1/traces ") && head.contains("x-token: abc")),
        "{heads:?}"
    );
}

#[tokio::test]
async fn each_attempt_is_a_span_with_its_resend_count() {
    let (collector, world) = traced("", Configuration::with_retries_and_circuits).await;
    world.site.faults().add(Rule::new("file/info", Fault::http(500)).times(1));
    let file = world.site.add_file("0", "a.mp4", b"a");
    world.caller.get(&at(&format!("files/{file}"))).await.status(200);
    let spans = stop(&collector, world, SpanKind::Client).await;
    let [first, second] = &spans[..] else { panic!("{spans:#?}") };
    assert_eq!(first.parent_id, second.parent_id);
    let shown = |span: &Span| {
        let of = |name| span.attribute(name).map(str::to_owned);
        (span.is_failed, of("http.response.status_code"), of("error.type"), of("http.request.resend_count"))
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(shown(first), (true, text("500"), text("site_failed"), None));
    assert_eq!(shown(second), (false, text("200"), None, text("1")));
}

#[tokio::test]
async fn problem_code_is_the_error_of_the_server_span() {
    let (collector, world) = traced("", |c| c).await;
    world.caller.get(&at("files/nothing-here")).await.problem(404, "file_not_found");
    world.inject("file/info", Fault::http(500));
    let file = world.site.add_file("0", "a.mp4", b"a");
    world.caller.get(&at(&format!("files/{file}"))).await.problem(502, "upstream_error");
    world.caller.get("/nothing?with=a-query").await.status(404);
    let spans = stop(&collector, world, SpanKind::Server).await;
    let shown: Vec<_> = spans.iter().map(|span| (&*span.name, span.attribute("error.type"), span.is_failed)).collect();
    let file = "GET /v1/accounts/{account}/files/{id}";
    assert_eq!(
        shown,
        [
            (file, Some("file_not_found"), false),
            (file, Some("upstream_error"), true),
            ("GET", Some("route_not_found"), false)
        ]
    );
    assert_eq!(spans[2].attribute("http.route"), None);
}

#[tokio::test]
async fn request_of_a_caller_that_leaves_has_a_span() {
    let (collector, world) = traced("", |c| c.upstream("attempt_timeout = \"3s\"")).await;
    world.inject("file/info", Fault::Hang);
    let file = world.site.add_file("0", "a.mp4", b"a");
    // The gateway notices that a caller leaves by the reset of its HTTP/2 stream.
    let http = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let url = format!("{}{}", world.caller.base(), at(&format!("files/{file}")));
    let leaving = tokio::spawn(http.get(url).bearer_auth(KEY).send());
    let sent = async {
        while world.site.journal().of("file/info").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sent).await.expect("the request reaches the site");
    leaving.abort();
    let server = stop(&collector, world, SpanKind::Server).await;
    let shown: Vec<_> = server.iter().map(|span| (span.attribute("error.type"), span.is_failed)).collect();
    assert_eq!(shown, [(Some("abandoned"), true)]);
}

#[tokio::test]
async fn log_has_the_trace_id_of_the_exported_trace() {
    let (collector, world) = traced("", |c| c).await;
    world.caller.get("/v1/me").await.status(200);
    let ended = world.gateway.stop().await;
    let trace_id = collector.spans()[0].trace_id.clone();
    let lines = ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let answered: Vec<Value> = lines.filter(|line| line["message"] == "answered").collect();
    let [line] = &answered[..] else { panic!("{answered:?}") };
    assert_eq!((&line["trace_id"], &line["route"]), (&json!(trace_id), &json!("/v1/me")));
}

#[tokio::test]
async fn caller_decides_about_its_own_trace() {
    let (collector, world) = traced("sample_ratio = 0", |c| c).await;
    world.caller.get("/v1/me").await.status(200);
    follow(&world, "GET", "/v1/me", "00").await;
    follow(&world, "GET", "/v1/accounts", "01").await;
    let spans = stop(&collector, world, SpanKind::Server).await;
    assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["GET /v1/accounts"]);
}

#[tokio::test]
async fn traceparent_reaches_sites_only_if_configured() {
    for propagates in [false, true] {
        let lines = if propagates { "propagate_to_sites = true" } else { "" };
        let (collector, world) = traced(lines, |c| c).await;
        let file = world.site.add_file("0", "a.mp4", b"a");
        follow(&world, "GET", &at(&format!("files/{file}")), "01").await;
        world.caller.typed("POST", &at("files?name=b.mp4"), "video/mp4", "hello").await.status(201);
        let arrived = world.arrived();
        let spans = stop(&collector, world, SpanKind::Client).await;
        assert_eq!(arrived.len(), spans.len());
        for (received, span) in arrived.iter().zip(&spans) {
            let expected = propagates.then(|| format!("00-{}-{}-01", span.trace_id, span.id));
            assert_eq!(received.header("traceparent"), expected.as_deref(), "{}", received.operation);
            assert_eq!(received.header("tracestate"), None);
        }
    }
}

#[tokio::test]
async fn logins_uploads_and_downloads_have_spans() {
    let collector = Collector::start().await;
    let change = |configuration: Configuration| configuration.table(&collector.table(""));
    let world = streamplay::World::configured(change).await;
    let path = streamplay::at("files?name=a.mp4");
    let id = world.caller.typed("POST", &path, "video/mp4", "hello").await.json(201)["id"].as_str().unwrap().to_owned();
    world.caller.get(&streamplay::at(&format!("files/{id}/content"))).await.status(200);
    let ended = world.gateway.stop().await;
    assert_eq!(ended.code(), Some(0));
    let spans = collector.spans();
    let servers: Vec<&Span> = spans.iter().filter(|span| span.kind == SpanKind::Server).collect();
    let below = |server: &Span| -> Vec<&str> {
        spans.iter().filter(|span| span.parent_id == server.id).map(|span| &*span.name).collect()
    };
    let [upload, download] = [below(servers[0]), below(servers[1])];
    assert!(
        upload[0].ends_with(" authorize") && upload.iter().any(|name| name.ends_with(" file/upload")),
        "{upload:?}"
    );
    assert!(download.iter().any(|name| name.starts_with("GET ")), "{download:?}");
    // The logout at shutdown belongs to no request.
    let logout = spans.iter().find(|span| span.name.ends_with(" disable_access_token")).expect("a logout");
    assert_eq!(logout.parent_id, "");
}

#[tokio::test]
async fn poll_for_events_has_its_own_trace() {
    let (collector, world) = traced("", |c| c).await;
    let added = world.caller.post(&at("remote-uploads"), &json!({"url": "https://example.org/a.mp4"})).await.json(202);
    let id = added["id"].as_str().unwrap();
    let mut stream = Listener::open(&world.caller, &at(&format!("events?remote_upload={id}"))).await;
    stream.object("remote_upload.updated").await;
    drop(stream);
    world.gateway.stop().await;
    let poll = collector.received(|span| span.name == "poll for events").await;
    assert_eq!((poll.kind, &*poll.parent_id, poll.is_failed), (SpanKind::Internal, "", false));
    let call = collector.received(|span| span.parent_id == poll.id).await;
    assert_eq!((call.name.as_str(), call.kind), ("GET remotedl/status", SpanKind::Client));
}

#[tokio::test]
async fn unreachable_collector_fails_no_request() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    // The operating system accepts connections to this one, but nothing answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for address in [closed, silent.local_addr().unwrap().to_string()] {
        let change = |configuration: Configuration| {
            configuration.table(&table(&address, "")).server("admin_listen = \"127.0.0.1:0\"")
        };
        let world = World::configured(change).await;
        let began = Instant::now();
        for _ in 0..3000 {
            world.caller.get("/livez").await.status(200);
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(20), "{took:?}");
        let metrics = world.gateway.admin().get("/metrics").await.text();
        assert!(Metrics::parse(&metrics).sum("polyhost_telemetry_spans_total", &[("result", "exported")]) == 0.0);
        let began = Instant::now();
        let ended = world.gateway.stop().await;
        assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let warnings = ended.stderr.matches("the collector does not take spans").count();
        assert!(warnings <= 1, "{}", ended.stderr);
    }
}
