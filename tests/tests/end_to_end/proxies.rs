//! Tests of the header fields of proxies: the connections on which they are trusted, and their effects.

use polyhost_end_to_end::{Caller, wire};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{World, at};

/// Trusts the tests themselves.
const TRUSTED: &str = "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]";
/// The number of wrong keys of an address that are answered with 401.
const WRONG_KEYS: usize = 100;

async fn behind_trusted_proxy() -> World {
    World::configured(|configuration| configuration.server(TRUSTED)).await
}

/// Sends a wrong key for another caller, and returns the status.
async fn wrong_key(guesser: &Caller, forwarded: &str) -> u16 {
    guesser.send(guesser.request("GET", "/v1/me").header("x-forwarded-for", forwarded)).await.status
}

#[tokio::test]
async fn wrong_keys_count_for_the_address_behind_a_trusted_proxy() {
    let world = behind_trusted_proxy().await;
    let guesser = world.gateway.caller("wrong");
    for attempt in 0..WRONG_KEYS {
        assert_eq!(wrong_key(&guesser, "192.0.2.1").await, 401, "{attempt}");
    }
    assert_eq!(wrong_key(&guesser, "192.0.2.1, 10.0.0.7").await, 429);
    assert_eq!(wrong_key(&guesser, "192.0.2.2, 192.0.2.1").await, 429, "the caller chose the first address");
    assert_eq!(wrong_key(&guesser, "192.0.2.2").await, 401);
    let forwarded = guesser.request("GET", "/v1/me").header("forwarded", "for=192.0.2.1;proto=https");
    assert_eq!(guesser.send(forwarded).await.status, 429);
}

#[tokio::test]
async fn addresses_of_an_untrusted_caller_are_ignored() {
    let world = World::start().await;
    let guesser = world.gateway.caller("wrong");
    for attempt in 0..WRONG_KEYS {
        assert_eq!(wrong_key(&guesser, &format!("192.0.2.{attempt}")).await, 401);
    }
    assert_eq!(wrong_key(&guesser, "198.51.100.1").await, 429);
}

#[tokio::test]
async fn audit_line_has_the_address_of_the_caller() {
    let world = behind_trusted_proxy().await;
    let body = json!({"name": "Films"}).to_string();
    let request = world.caller.request("POST", &at("folders")).header("x-forwarded-for", "203.0.113.9, 192.0.2.1");
    world.caller.send(request.header("content-type", "application/json").body(body)).await.status(201);
    world.caller.post(&at("folders"), &json!({"name": "Series"})).await.status(201);
    let log = world.gateway.stop().await.stderr;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let audit = lines.filter(|line| line["target"] == "audit").map(|line| line["address"].clone());
    assert_eq!(audit.collect::<Vec<_>>(), ["192.0.2.1", "127.0.0.1"]);
}

#[tokio::test]
async fn links_have_the_prefix_that_a_trusted_proxy_removed() {
    let world = behind_trusted_proxy().await;
    let caller = &world.caller;
    let prefixed = |method: &str, path: &str| caller.request(method, path).header("x-forwarded-prefix", "/polyhost/");
    let body = json!({"name": "Films"}).to_string();
    let request = prefixed("POST", &at("folders")).header("content-type", "application/json").body(body);
    let made = caller.send(request).await;
    let id = made.clone().json(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location").unwrap(), format!("/polyhost/v1/accounts/main/folders/{id}"));
    let answer = caller.send(prefixed("GET", &at("files/nothing"))).await.status(404);
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(problem["type"], "/polyhost/problems/file_not_found");
    assert_eq!(problem["instance"], "/polyhost/v1/accounts/main/files/nothing");
    // The path itself is the gateway's, and other links are relative or absolute.
    assert_eq!(caller.send(prefixed("GET", "/docs")).await.header("location"), Some("docs/"));
    let evil = caller.request("GET", &at("files/nothing")).header("x-forwarded-prefix", "//evil.test");
    let problem = caller.send(evil).await.problem(404, "file_not_found");
    assert_eq!(problem["type"], "/problems/file_not_found");
}

#[tokio::test]
async fn prefix_of_an_untrusted_caller_is_ignored() {
    let world = World::start().await;
    let request = world.caller.request("GET", &at("files/nothing")).header("x-forwarded-prefix", "/polyhost");
    let problem = world.caller.send(request).await.problem(404, "file_not_found");
    assert_eq!(problem["instance"], "/v1/accounts/main/files/nothing");
}

#[tokio::test]
async fn connections_of_a_trusted_proxy_are_not_limited_by_address() {
    let lines = format!("{TRUSTED}\nmax_connections_per_address = 1");
    let world = World::configured(|configuration| configuration.server(&lines)).await;
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(world.gateway.address()).await.unwrap();
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
        held.push(stream);
    }
}

#[tokio::test]
async fn keyless_gateway_rejects_a_foreign_host_of_a_proxy() {
    let (site, _clock) = crate::world::site(|_| ()).await;
    let configuration = polyhost_end_to_end::Configuration::new().server(TRUSTED).account(
        "main",
        &site.base_url(),
        crate::world::LOGIN,
        crate::world::SITE_KEY,
    );
    let gateway = polyhost_end_to_end::Gateway::start_with(&configuration, &["--no-auth"], &[]).await;
    let request = |host: &str| {
        format!("GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: {host}\r\nConnection: close\r\n\r\n")
    };
    let status = async |host: &str| wire::send(gateway.address(), request(host).as_bytes()).await.unwrap().status;
    assert_eq!(status("localhost:8080").await, 200);
    assert_eq!(status("polyhost.example.org").await, 403);
    assert_eq!(status("localhost, evil.test").await, 403);
}
