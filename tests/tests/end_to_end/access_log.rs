//! Tests of the access log: which requests have a line, and what the line contains in each format.

use polyhost_end_to_end::{Caller, Gateway, Program, Record, wire};
use serde_json::Value;

use crate::world::{KEY, World, at, configuration};

/// Returns the access lines of a log in JSON.
fn access_lines(log: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == "access").collect()
}

/// Returns the statuses of the requests in the log of a gateway with this setting.
async fn logged_statuses(setting: &str) -> Vec<u64> {
    let line = format!("access_log = \"{setting}\"");
    let world = World::configured(|configuration| configuration.server(&line)).await;
    world.caller.get("/v1/me").await.status(200);
    world.caller.get("/v1/nothing").await.status(404);
    // Bytes that are not HTTP are logged as a request, too.
    wire::send(world.gateway.address(), b"nonsense\r\n\r\n").await.expect("an answer").status(400);
    let log = world.gateway.stop().await.stderr;
    access_lines(&log).iter().map(|line| line["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn access_log_has_all_requests_errors_or_none() {
    assert_eq!(logged_statuses("all").await, [200, 404, 400]);
    assert_eq!(logged_statuses("errors").await, [404, 400]);
    assert_eq!(logged_statuses("off").await, [0; 0]);
}

#[tokio::test]
async fn line_names_the_path_and_account_but_no_query() {
    let world = World::start().await;
    let answer = world.caller.get(&at("folders/root/items?name=planted-name")).await.status(200);
    let id = answer.header("x-request-id").unwrap().to_owned();
    world.caller.get("/v1/accounts/Unknown/limits").await.status(404);
    let log = world.gateway.stop().await.stderr;
    let lines = access_lines(&log);
    let [line, unknown] = &lines[..] else { panic!("{log}") };
    assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &at("folders/root/items").into()));
    assert_eq!((&line["account"], &line["client"], &line["request_id"]), (&"main".into(), &"web".into(), &id.into()));
    let milliseconds = line["milliseconds"].to_string();
    assert!(milliseconds.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 1), "{milliseconds}");
    assert_eq!((&unknown["account"], &unknown["code"]), (&"".into(), &"account_not_found".into()));
    assert!(!log.contains("planted-name") && !log.contains(KEY), "{log}");
}

#[tokio::test]
async fn successful_probe_is_logged_at_debug_only() {
    let world = World::start().await;
    world.gateway.keyless().get("/livez").await.status(200);
    world.gateway.keyless().get("/readyz").await.status(200);
    world.gateway.keyless().delete("/readyz").await.status(405);
    world.caller.get("/v1/me").await.status(200);
    let paths = |log: &str| access_lines(log).iter().map(|line| line["path"].clone()).collect::<Vec<_>>();
    assert_eq!(paths(&world.gateway.stop().await.stderr), ["/readyz", "/v1/me"]);
    let debug = [("RUST_LOG".to_owned(), "access=debug,polyhost=info".to_owned())];
    let gateway = Gateway::start_with(&configuration(&world.site), &[], &debug).await;
    gateway.keyless().get("/readyz").await.status(200);
    let log = gateway.stop().await.stderr;
    assert_eq!(paths(&log), ["/readyz"]);
}

#[tokio::test]
async fn text_has_one_short_line_for_each_request() {
    let world = World::start().await;
    let file = world.gateway.configuration_path();
    let text = [("POLYHOST_LOG_FORMAT".to_owned(), "text".to_owned())];
    let mut program = Program::start_with(["serve", "--config", file], &text);
    let address = program.logged(|log| log.split("address=").nth(1)?.split_once(' ').map(|it| it.0.to_owned())).await;
    let caller = Caller::new(&address, Some(KEY), &Record::default());
    let answer = caller.get(&at("folders/root/items?name=planted")).await.status(200);
    let id = answer.header("x-request-id").unwrap().to_owned();
    Caller::new(&address, None, &Record::default()).get("/v1/me").await.problem(401, "unauthenticated");
    program.terminate();
    let log = program.ended().await.stderr;
    let version = format!(" version={}", env!("CARGO_PKG_VERSION"));
    assert!(log.lines().any(|line| line.contains(" INFO listening address=") && line.ends_with(&version)), "{log}");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" GET ")).collect();
    let [listing, rejected] = &lines[..] else { panic!("{log}") };
    let parts: Vec<&str> = listing.split_whitespace().collect();
    assert!(parts[0].parse::<jiff::Timestamp>().is_ok(), "{listing}");
    assert_eq!((parts[1], parts[2], parts[3], parts[4]), ("INFO", "GET", &*at("folders/root/items"), "200"));
    assert!(parts[5].parse::<f64>().is_ok() && parts[5].split('.').nth(1).map(str::len) == Some(1), "{listing}");
    assert_eq!(parts[6..], ["ms", "client=web", "account=main", &format!("id={id}")]);
    assert!(rejected.contains(" GET /v1/me 401 ") && rejected.contains(" ms code=unauthenticated id="), "{rejected}");
    assert!(!log.contains("planted") && !log.contains(KEY) && !log.contains('\u{1b}'), "{log}");
}

#[tokio::test]
async fn sandbox_shows_requests_and_nothing_else() {
    let mut program = Program::start(["sandbox", "--listen", "127.0.0.1:0", "--log-format", "text"]);
    let printed = program.printed(|out| out.split("http://").nth(1)?.split_once('/').map(|it| it.0.to_owned())).await;
    Caller::new(&printed, None, &Record::default()).get("/v1/accounts").await.status(200);
    program.terminate();
    let log = program.ended().await.stderr;
    assert!(log.lines().count() == 1 && log.contains(" INFO GET /v1/accounts 200 "), "{log}");
}
