//! Tests of the client at the gateway's limits: it waits instead of being rejected, and says so.

use super::{User, check_code, counts};
use crate::metrics::metrics;
use crate::streamplay::world::World;

const KEY: &str = "key-of-the-limited-client";

/// A user with a key for `requests` requests in `seconds` seconds.
async fn limited(requests: u32, seconds: u32) -> User {
    let limits = format!("rate_limit = {{ requests = {requests}, per_seconds = {seconds} }}");
    let world = World::configured(|configuration| {
        let configuration = configuration.server("admin_listen = \"127.0.0.1:0\"");
        configuration.limited_client("limited", KEY, &limits, &["*"], &["read", "write"])
    });
    User::of(world.await)
}

#[tokio::test]
async fn requests_are_sent_at_the_pace_of_the_limit() {
    let user = limited(20, 1).await;
    for number in 0..12 {
        user.file(&format!("clips/{number}.mp4"), b"hello");
    }
    let clips = user.argument("clips");
    let ended = user.run_with(KEY, &["upload", &clips, "plays:/Films", "--json", "--jobs", "8"]).await;
    check_code(&ended, 0);
    assert_eq!(counts(&ended), [12, 0, 0]);
    assert_eq!(user.world.site.journal().of("file/upload").len(), 12);
    let ended = user.run_with(KEY, &["download", "plays:/Films", &user.argument("films"), "--json"]).await;
    assert_eq!(counts(&ended), [12, 0, 0]);
    // The uploads alone weigh three times the limit. The gateway rejected none of the requests.
    let found = metrics(&user.world.gateway).await;
    let answered = |status| found.sum("polyhost_http_requests_total", &[("status", status)]);
    assert!(answered("201") >= 12.0 && answered("429") == 0.0, "{}, {}", answered("201"), answered("429"));
}

#[tokio::test]
async fn wait_for_the_limit_is_announced_once() {
    let user = limited(6, 6).await;
    for number in 0..3 {
        user.file(&format!("clips/{number}.mp4"), b"hello");
    }
    let ended = user.run_with(KEY, &["upload", &user.argument("clips"), "plays:/"]).await;
    check_code(&ended, 0);
    let announced = ended.stderr.lines().filter(|line| line.contains("waiting")).count();
    assert!(announced == 1 && ended.stderr.contains("limits the requests of this key"), "{}", ended.stderr);
}
