//! Tests of a gateway without keys: only on a loopback address, and never for foreign web pages.

use polyhost_end_to_end::{Configuration, Gateway, Program, wire};

use crate::world::{LOGIN, SITE_KEY, site};

fn configuration(base_url: &str) -> Configuration {
    Configuration::new().account("main", base_url, LOGIN, SITE_KEY)
}

/// Runs `serve` with a configuration that it must refuse, and returns its standard error.
async fn refused(configuration: &Configuration, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    std::fs::write(&path, configuration.text()).unwrap();
    let mut all = vec!["serve", "--config", path.to_str().unwrap()];
    all.extend_from_slice(arguments);
    let ended = Program::run(all).await;
    assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
    assert!(!ended.stderr.contains("listening"));
    ended.stderr
}

#[tokio::test]
async fn serve_without_clients_requires_no_auth() {
    let printed = refused(&configuration("http://127.0.0.1:9/v1"), &[]).await;
    assert!(printed.contains("clients") && printed.contains("--no-auth"), "{printed}");
}

#[tokio::test]
async fn no_auth_is_refused_on_public_addresses() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let configuration = configuration("http://127.0.0.1:9/v1").server(&format!("listen = \"{listen}\""));
        let printed = refused(&configuration, &["--no-auth"]).await;
        assert!(printed.contains("[server] listen") && printed.contains("loopback"), "{printed}");
    }
}

#[tokio::test]
async fn clients_and_no_auth_exclude_each_other() {
    let configuration = configuration("http://127.0.0.1:9/v1").client("web", "key", &["*"], &["read"]);
    assert!(refused(&configuration, &["--no-auth"]).await.contains("--no-auth"));
}

#[tokio::test]
async fn local_programs_need_no_key() {
    let (site, _) = site(|_| ()).await;
    let gateway = Gateway::start_with(&configuration(&site.base_url()), &["--no-auth"], &[]).await;
    let caller = gateway.keyless();
    let me = caller.get("/v1/me").await.json(200);
    assert_eq!(me["accounts"], serde_json::json!(["main"]));
    caller.get("/v1/accounts/main/folders/root/items").await.status(200);
    let own = caller.base().to_owned();
    for (name, value) in [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")] {
        caller.send(caller.request("GET", "/v1/me").header(name, value)).await.status(200);
    }
}

#[tokio::test]
async fn foreign_web_pages_are_refused() {
    let (site, _) = site(|_| ()).await;
    let gateway = Gateway::start_with(&configuration(&site.base_url()), &["--no-auth"], &[]).await;
    let caller = gateway.keyless();
    let foreign = [
        ("origin", "https://example.org"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1.example.org"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "Cross-Site"),
        ("host", "example.org"),
        ("host", "127.0.0.1.example.org"),
        ("host", "10.0.0.1:80"),
    ];
    for (name, value) in foreign {
        for (method, path) in [
            ("GET", "/v1/accounts/main/folders/root/items"),
            ("DELETE", "/v1/accounts/main/folders/1"),
            ("GET", "/docs/"),
        ] {
            let request = caller.request(method, path).header(name, value);
            caller.send(request).await.problem(403, "forbidden");
        }
    }
    let address = gateway.address();
    let hostless = wire::send(address, b"GET /v1/me HTTP/1.0\r\n\r\n").await.expect("an answer");
    hostless.problem(403, "forbidden");
    let named = format!(
        "GET /v1/me HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        address.rsplit(':').next().unwrap()
    );
    assert_eq!(wire::send(address, named.as_bytes()).await.expect("an answer").status, 200);
    assert_eq!(site.journal().count(), 0);
}

#[tokio::test]
async fn any_host_and_origin_may_call_with_a_key() {
    let (site, _) = site(|_| ()).await;
    let gateway = Gateway::start(&configuration(&site.base_url()).client("web", "key", &["*"], &["read"])).await;
    let caller = gateway.caller("key");
    let request =
        caller.request("GET", "/v1/me").header("host", "api.example.org").header("origin", "https://example.org");
    caller.send(request).await.status(200);
}
