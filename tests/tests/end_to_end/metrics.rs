//! Tests of the metrics: their values after known requests, and the listener that serves them.

use std::time::Duration;

use polyhost::metrics::METRICS;
use polyhost_end_to_end::{Configuration, Gateway, Metrics};
use polyhost_sandbox::{Fault, Rule};
use serde_json::json;

use crate::streamplay::world::{self as streamplay, KEY1, KEY2, PASSWORD, USERNAME};
use crate::world::{KEY, LOGIN, SITE_KEY, World, at, configuration, site};

const ITEMS: &str = "/v1/accounts/{account}/folders/{id}/items";

fn with_admin_listener(configuration: Configuration) -> Configuration {
    configuration.server("admin_listen = \"127.0.0.1:0\"")
}

pub(crate) async fn metrics(gateway: &Gateway) -> Metrics {
    let answer = gateway.admin().get("/metrics").await.status(200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    Metrics::parse(&answer.text())
}

#[tokio::test]
async fn metrics_match_the_requests_and_calls() {
    let world = streamplay::World::configured(with_admin_listener).await;
    let file = world.site.add_file("0", "a.mp4", b"abc");
    world.inject("folder/listing", Fault::Delay { millis: 200 });
    for _ in 0..2 {
        world.caller.get("/v1/me").await.status(200);
        world.caller.get(&streamplay::at("folders/root/items")).await.status(200);
    }
    world.caller.get(&streamplay::at(&format!("files/{file}"))).await.status(200);
    world.caller.get(&streamplay::at("files/99999")).await.problem(404, "file_not_found");
    world.caller.get(&streamplay::at("folders/99999")).await.problem(404, "folder_not_found");
    world.gateway.keyless().get("/v1/me").await.status(401);
    world.caller.get("/v1/nothing").await.problem(404, "route_not_found");

    let found = metrics(&world.gateway).await;
    let requests = |route, status| {
        found.sum("polyhost_http_requests_total", &[("route", route), ("method", "GET"), ("status", status)])
    };
    assert_eq!((requests("/v1/me", "200"), requests("/v1/me", "401"), requests(ITEMS, "200")), (2.0, 1.0, 2.0));
    let one_file = "/v1/accounts/{account}/files/{id}";
    assert_eq!((requests(one_file, "200"), requests(one_file, "404")), (1.0, 1.0));
    assert_eq!(requests("unmatched", "404"), 1.0);
    assert_eq!(found.sum("polyhost_http_requests_total", &[]), 9.0);

    let journal = world.site.journal().all();
    for operation in ["authorize", "folder/listing", "folder/info", "file/info"] {
        let arrived = journal.iter().filter(|received| received.operation == operation).count();
        let labels = [("provider", "streamplay"), ("operation", operation)];
        assert_eq!(found.sum("polyhost_upstream_calls_total", &labels), arrived as f64, "{operation}");
        assert_eq!(found.sum("polyhost_upstream_call_duration_seconds_count", &labels), arrived as f64);
    }
    // The meaning of an answer counts, not its HTTP status 200.
    let outcomes = |operation| {
        let mut found = found.by("polyhost_upstream_calls_total", &[("operation", operation)], "outcome");
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    };
    assert_eq!(outcomes("file/info"), [("file_not_found".to_owned(), 1.0), ("ok".to_owned(), 1.0)]);
    assert_eq!(outcomes("folder/info"), [("folder_not_found".to_owned(), 1.0)]);
    assert_eq!(found.sum("polyhost_upstream_calls_total", &[]), journal.len() as f64);
    let error = [("provider", "streamplay"), ("operation", "folder/info"), ("kind", "folder_not_found")];
    assert_eq!(found.sum("polyhost_upstream_errors_total", &error), 1.0);
    assert_eq!(found.sum("polyhost_upstream_errors_total", &[]), 1.0);
    assert_eq!(found.by("polyhost_logins_total", &[("provider", "streamplay")], "result"), [("ok".to_owned(), 1.0)]);
    let mut cache = found.by("polyhost_cache_requests_total", &[("kind", "listing")], "result");
    cache.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(cache, [("hit".to_owned(), 1.0), ("miss".to_owned(), 1.0)]);
    assert_eq!(found.sum("polyhost_upstream_in_flight", &[]), 0.0);
    assert_eq!(found.sum("polyhost_upstream_waiting", &[]), 0.0);
    // The simulated sites answer as documented, so there is no drift.
    assert!(!found.text.contains("polyhost_upstream_drift_total"), "{}", found.text);
}

#[tokio::test]
async fn own_duration_excludes_the_time_of_the_sites() {
    let world = World::configured(with_admin_listener).await;
    world.inject("file/listfolder", Fault::Delay { millis: 300 });
    world.caller.get(&at("folders/root/items")).await.status(200);
    let found = metrics(&world.gateway).await;
    let labels = [("route", ITEMS), ("method", "GET")];
    let whole = found.sum("polyhost_http_request_duration_seconds_sum", &labels);
    let own = found.sum("polyhost_gateway_own_duration_seconds_sum", &labels);
    assert!(whole >= 0.3 && own > 0.0 && own <= whole - 0.295, "{own} of {whole}");

    let buckets = found.by("polyhost_gateway_own_duration_seconds_bucket", &labels, "le");
    let bounds: Vec<f64> = buckets.iter().map(|(bound, _)| bound.parse().unwrap()).collect();
    assert_eq!((bounds.first(), bounds.last()), (Some(&0.00005), Some(&f64::INFINITY)));
    assert!(bounds.is_sorted() && buckets.iter().map(|(_, count)| *count).is_sorted());
    assert_eq!(buckets.last().map(|(_, count)| *count), Some(1.0));
}

#[tokio::test]
async fn file_bytes_and_calls_in_flight_are_counted() {
    let world = streamplay::World::configured(with_admin_listener).await;
    let bytes = streamplay::bytes(100_000);
    let answer = world.upload("a.mp4", "", &bytes).await.json(201);
    let content = streamplay::at(&format!("files/{}/content", streamplay::id(&answer)));
    assert_eq!(world.caller.get(&content).await.status(200).body.len(), bytes.len());
    let found = metrics(&world.gateway).await;
    for direction in ["sent", "received"] {
        let labels = [("provider", "streamplay"), ("direction", direction)];
        assert_eq!(found.sum("polyhost_upstream_bytes_total", &labels), 100_000.0, "{direction}");
    }
    assert_eq!(found.sum("polyhost_spool_bytes", &[]), 0.0);

    world.inject("folder/listing", Fault::Hang);
    let (caller, path) = (world.caller.clone(), streamplay::at("folders/root/items"));
    let hanging = tokio::spawn(async move { caller.request("GET", &path).send().await.is_err() });
    world.sent("folder/listing", 1).await;
    let provider = [("provider", "streamplay")];
    assert_eq!(metrics(&world.gateway).await.sum("polyhost_upstream_in_flight", &provider), 1.0);
    hanging.abort();
}

#[tokio::test]
async fn call_metrics_show_the_kind_of_each_failure() {
    let world = World::configured(|configuration| {
        with_admin_listener(configuration).upstream("attempt_timeout = \"2s\"\nmax_concurrency = 1")
    })
    .await;
    let outcomes = [
        (Fault::http(503), "site_failed"),
        (Fault::rate_limit(1), "rate_limited"),
        (Fault::Hang, "timeout"),
        (Fault::envelope(500), "site_failed"),
    ];
    for (fault, kind) in outcomes {
        world.site.faults().clear();
        world.site.faults().add(Rule::new("account/info", fault));
        let before = metrics(&world.gateway).await;
        world.caller.get("/v1/accounts/main").await;
        let after = metrics(&world.gateway).await;
        let more = |name: &str, label: (&str, &str)| {
            let labels = [("provider", "pstream"), ("operation", "account/info"), label];
            after.sum(name, &labels) - before.sum(name, &labels)
        };
        assert_eq!(more("polyhost_upstream_calls_total", ("outcome", kind)), 1.0, "{kind}");
        assert_eq!(more("polyhost_upstream_errors_total", ("kind", kind)), 1.0, "{kind}");
    }
}

#[tokio::test]
async fn retries_and_open_circuits_are_counted() {
    let world = World::configured(|configuration| {
        with_admin_listener(configuration)
            .with_retries_and_circuits()
            .upstream("circuit_failures = 4\nrequests_per_second = 0")
    })
    .await;
    world.inject("account/info", Fault::http(503));
    for _ in 0..2 {
        world.caller.get("/v1/accounts/main").await.status(502);
    }
    let found = metrics(&world.gateway).await;
    let sent = [("provider", "pstream"), ("operation", "account/info"), ("result", "sent")];
    assert_eq!(found.sum("polyhost_upstream_retries_total", &sent), 3.0);
    assert_eq!(found.sum("polyhost_upstream_circuits_open", &[("provider", "pstream")]), 1.0);
    assert_eq!(found.sum("polyhost_upstream_circuit_openings_total", &[("provider", "pstream")]), 1.0);
}

#[tokio::test]
async fn drift_is_counted_and_logged_once() {
    let mut world = World::configured(with_admin_listener).await;
    let file = json!({"linkextid": "abcdefghijkl", "name": ["odd"], "link": null, "smell": "Plnt-Word"});
    let result = json!({"folders": [], "files": [file, "odd"]});
    let body = json!({"status": 200, "msg": "OK", "result": result}).to_string();
    let fault = Fault::Status { http: 200, body_status: None, headers: Vec::new(), body: Some(body) };
    world.inject("file/listfolder", fault);
    for _ in 0..2 {
        let request = world.caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
        assert_eq!(world.caller.send(request).await.items().len(), 1);
    }
    let found = metrics(&world.gateway).await;
    let labels = [("dialect", "openload"), ("operation", "file/listfolder")];
    let mut drift = found.by("polyhost_upstream_drift_total", &labels, "field");
    drift.sort_by(|a, b| a.0.cmp(&b.0));
    // The size is missing, the name is no text, one field is unknown, and one entry is no object.
    let expected = ["files", "name", "size", "unknown"].map(|field| (field.to_owned(), 2.0));
    assert_eq!(drift, expected);
    assert!(!found.text.contains("Plnt") && !found.text.contains("smell"), "{}", found.text);
    let log = world.gateway.program().stderr();
    assert_eq!(log.matches("drift: the site does not answer as documented").count(), 4, "{log}");
    assert!(!log.contains("Plnt-Word"), "{log}");
}

#[tokio::test]
async fn metrics_are_served_only_by_the_admin_listener() {
    let world = World::configured(with_admin_listener).await;
    world.caller.get("/metrics").await.problem(404, "route_not_found");
    world.gateway.keyless().get("/metrics").await.problem(401, "unauthenticated");
    let admin = world.gateway.admin();
    for path in ["/v1/me", "/", "/docs", "/openapi.json", "/metrics/"] {
        admin.get(path).await.problem(404, "route_not_found");
    }
    admin.get("/livez").await.status(200);
    admin.get("/readyz").await.status(200);
    // A scraper may use any host name, and needs no key.
    let named = admin.request("GET", "/metrics").header("host", "polyhost.example").header("origin", "null");
    admin.send(named).await.status(200);
    // Requests to the admin listener are not counted.
    assert_eq!(metrics(&world.gateway).await.sum("polyhost_http_requests_total", &[]), 2.0);
}

#[tokio::test]
async fn metrics_are_served_during_shutdown() {
    let mut world = World::configured(with_admin_listener).await;
    world.inject("account/info", Fault::Delay { millis: 4_000 });
    let caller = world.caller.clone();
    let slow = tokio::spawn(async move { caller.get("/v1/accounts/main").await });
    let (gateway, site) = (&mut world.gateway, &world.site);
    let sent = async {
        while site.journal().of("account/info").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), sent).await.unwrap();
    let admin = gateway.admin();
    gateway.program().terminate();
    gateway.program().logged(|log| log.contains("shutting down").then_some(())).await;
    admin.get("/readyz").await.problem(503, "draining");
    admin.get("/livez").await.status(200);
    assert_eq!(metrics(gateway).await.sum("polyhost_upstream_in_flight", &[]), 1.0);
    slow.await.unwrap().status(200);
    let ended = world.gateway.ended().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[tokio::test]
async fn metrics_contain_no_caller_input_and_no_secrets() {
    let world = streamplay::World::configured(with_admin_listener).await;
    let file = world.site.add_file("0", "Plnt-Name.mp4", b"abc");
    world.caller.get(&streamplay::at(&format!("files/{file}"))).await.status(200);
    world.caller.get(&at("folders/root/items")).await.status(200);
    let odd = |number: usize| {
        let caller = world.caller.clone();
        async move {
            caller.get(&format!("/v1/Plnt-{number}?Plnt={number}")).await.status(404);
            let method = format!("PLNT{number}");
            caller.send(caller.request(&method, "/v1/me")).await.status(405);
            caller.get(&format!("/v1/accounts/plnt-{number}")).await.status(404);
        }
    };
    odd(0).await;
    let before = metrics(&world.gateway).await;
    for number in 1..=1000 {
        odd(number).await;
    }
    let after = metrics(&world.gateway).await;
    assert_eq!(after.count(), before.count(), "{}", after.text);
    let labels = [("route", "unmatched"), ("method", "GET"), ("status", "404")];
    assert_eq!(after.sum("polyhost_http_requests_total", &labels), 1001.0);
    let text = after.text.to_lowercase();
    for secret in ["plnt", KEY, LOGIN, SITE_KEY, KEY1, KEY2, USERNAME, PASSWORD, "127.0.0.1", "http:"] {
        assert!(!text.contains(&secret.to_lowercase()), "{secret}\n{text}");
    }
}

#[tokio::test]
async fn every_exported_metric_is_described() {
    let world = streamplay::World::configured(with_admin_listener).await;
    world.caller.get(&streamplay::at("folders/root/items")).await.status(200);
    let found = metrics(&world.gateway).await;
    for standard in ["process_resident_memory_bytes", "process_start_time_seconds", "process_open_fds"] {
        assert!(found.sum(standard, &[]) > 0.0, "{standard}");
    }
    for (name, _) in found.types().into_iter().filter(|(name, _)| !name.starts_with("process_")) {
        let described = METRICS.iter().find(|metric| metric.name == name);
        let described = described.unwrap_or_else(|| panic!("{name} is not described"));
        let help = format!("# HELP {name} {}", described.help);
        assert!(found.text.lines().any(|line| line == help), "{help}\n{}", found.text);
    }
    assert!(found.types().len() >= 9, "{:?}", found.types());
}

#[tokio::test]
async fn gateway_without_admin_listener_serves_no_metrics() {
    let (site, _clock) = site(|_| ()).await;
    let mut gateway = Gateway::start(&configuration(&site)).await;
    gateway.caller(KEY).get("/metrics").await.problem(404, "route_not_found");
    assert!(!gateway.program().stderr().contains("watches over"));
}
