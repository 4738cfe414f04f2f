//! Tests of `access_log`: which requests have a line in the log.

use serde_json::Value;

use crate::world::World;

/// Returns the statuses of the requests in the log of a gateway with this setting.
async fn logged_statuses(setting: &str) -> Vec<u64> {
    let line = format!("access_log = \"{setting}\"");
    let world = World::configured(|configuration| configuration.server(&line)).await;
    world.caller.get("/v1/me").await.status(200);
    world.caller.get("/v1/nothing").await.status(404);
    // Bytes that are not HTTP are logged as a request, too.
    polyhost_end_to_end::wire::send(world.gateway.address(), b"nonsense\r\n\r\n").await.expect("an answer").status(400);
    let log = world.gateway.stop().await.stderr;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "answered").map(|line| line["status"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn access_log_has_all_requests_errors_or_none() {
    assert_eq!(logged_statuses("all").await, [200, 404, 400]);
    assert_eq!(logged_statuses("errors").await, [404, 400]);
    assert_eq!(logged_statuses("off").await, [0; 0]);
}
