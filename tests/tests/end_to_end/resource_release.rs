//! Tests that the gateway releases file descriptors and memory after a load.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use polyhost_end_to_end::{Caller, Gateway};
use serde_json::{Value, json};

use crate::stalled::{descriptors, wait_for_descriptors};
use crate::world::{World, at};

/// The memory that the gateway may keep besides its caches, which are empty here.
const SLACK: u64 = 48 << 20;

/// Returns the resident memory of the gateway's process, in bytes.
fn resident(gateway: &mut Gateway) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.program().id())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the line VmRSS");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// Returns a large body that is read completely, and refused for its last field.
fn large() -> Value {
    let ids: Vec<String> = (0..9_000).map(|number| format!("{number:0100}")).collect();
    json!({"ids": ids, "unknown": 1})
}

async fn round(caller: &Caller, body: &str, count: usize) {
    let send = |_| async {
        let request = caller.request("POST", &at("files/lookup")).header("content-type", "application/json");
        // A reused connection may be about to reach its idle timeout.
        let answer = caller.send(request.header("connection", "close").body(body.to_owned())).await;
        answer.problem(400, "invalid_request");
    };
    stream::iter(0..count).map(send).buffer_unordered(count).collect::<Vec<()>>().await;
}

#[tokio::test]
async fn memory_and_descriptors_are_released_after_large_bodies() {
    let lines = "max_connections_per_address = 5000";
    let mut world = World::configured(|configuration| configuration.server(lines)).await;
    let count: usize = std::env::var("POLYHOST_REST_BODIES").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let body = large().to_string();
    assert!(body.len() > 800_000, "{}", body.len());
    round(&world.caller, &body, 1).await;
    let (memory, open) = (resident(&mut world.gateway), descriptors(&mut world.gateway));
    for _ in 0..10 {
        round(&world.caller, &body, count).await;
    }
    let peak = resident(&mut world.gateway);
    let began = Instant::now();
    while resident(&mut world.gateway) > 2 * memory + SLACK && began.elapsed() < Duration::from_secs(15) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let after = resident(&mut world.gateway);
    let mib = |bytes: u64| bytes >> 20;
    println!("before {} MiB, then {} MiB, at rest {} MiB", mib(memory), mib(peak), mib(after));
    assert!(after <= 2 * memory + SLACK, "{} MiB remain, from {} MiB", mib(after), mib(memory));
    wait_for_descriptors(&mut world.gateway, open).await;
}
