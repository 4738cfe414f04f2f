//! Tests of browser security: content types, the sources that pages may load, and the origins that may call.

use polyhost_end_to_end::{Answer, Configuration, Gateway};

use crate::world::{KEY, LOGIN, SITE_KEY, World, site};

const ORIGIN: &str = "https://app.example.com";

/// Starts a gateway that allows calls from pages of some origins.
async fn with_origins(origins: &str) -> World {
    World::configured(|configuration| configuration.server(&format!("cors_origins = {origins}"))).await
}

/// Sends the preflight request of a browser for a request with a key.
async fn preflight(world: &World, origin: &str) -> Answer {
    let keyless = world.gateway.keyless();
    let request = keyless.request("OPTIONS", "/v1/accounts/main/files/abc").header("origin", origin);
    let request = request.header("access-control-request-method", "PATCH");
    keyless.send(request.header("access-control-request-headers", "authorization,content-type")).await
}

#[tokio::test]
async fn every_answer_has_the_content_security_headers() {
    let mut world = World::configured(|configuration| configuration.server("admin_listen = \"127.0.0.1:0\"")).await;
    let paths = [
        "/",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/docs/",
        "/docs/swagger-ui.css",
        "/problems/internal",
        "/v1/me",
        "/x",
    ];
    let mut answers = Vec::new();
    for path in paths {
        answers.push(world.caller.get(path).await);
        answers.push(world.gateway.keyless().get(path).await);
    }
    for path in ["/metrics", "/livez", "/x"] {
        answers.push(world.gateway.admin().get(path).await);
    }
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{}", answer.request_line);
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{}", answer.request_line));
        assert!(policy.starts_with("default-src 'none'; "), "{}: {policy}", answer.request_line);
        assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
    }
    assert!(world.gateway.program().runs());
}

#[tokio::test]
async fn foreign_origins_may_not_call_by_default() {
    let world = World::start().await;
    let preflight = preflight(&world, ORIGIN).await;
    preflight.problem(401, "unauthenticated");
    let answer = world.caller.send(world.caller.request("GET", "/v1/me").header("origin", ORIGIN)).await.status(200);
    for answer in [preflight, answer] {
        assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn configured_origin_may_call_with_a_key() {
    let world = with_origins(&format!("[\"{ORIGIN}\", \"http://localhost:3000\"]")).await;
    let answer = preflight(&world, ORIGIN).await.status(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    let list = |name: &str| answer.header(name).unwrap_or_default().to_lowercase();
    for method in ["get", "head", "post", "patch", "delete"] {
        assert!(list("access-control-allow-methods").contains(method));
    }
    for field in
        ["authorization", "x-api-key", "content-type", "idempotency-key", "range", "if-none-match", "last-event-id"]
    {
        assert!(list("access-control-allow-headers").contains(field), "{field}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    for (caller, status) in [(&world.caller, 200), (&world.gateway.keyless(), 401)] {
        let answer = caller.send(caller.request("GET", "/v1/me").header("origin", ORIGIN)).await.status(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{status}");
        assert!(answer.header("access-control-expose-headers").unwrap().contains("x-request-id"));
    }
    for foreign in ["https://example.org", "null", "https://app.example.com.example.org", "http://app.example.com"] {
        assert_eq!(preflight(&world, foreign).await.header("access-control-allow-origin"), None, "{foreign}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn wildcard_origin_allows_every_origin() {
    let world = with_origins("[\"*\"]").await;
    assert_eq!(preflight(&world, "https://example.org").await.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn gateway_without_keys_refuses_every_foreign_origin() {
    let (site, _) = site(|_| ()).await;
    let open = Configuration::new().account("main", &site.base_url(), LOGIN, SITE_KEY).server("cors_origins = [\"*\"]");
    let gateway = Gateway::start_with(&open, &["--no-auth"], &[]).await;
    let caller = gateway.keyless();
    for method in ["OPTIONS", "GET"] {
        let request = caller.request(method, "/v1/me").header("origin", ORIGIN);
        let answer = caller.send(request.header("access-control-request-method", "GET")).await;
        answer.problem(403, "forbidden");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let own = caller.request("GET", "/v1/me").header("origin", caller.base()).bearer_auth(KEY);
    caller.send(own).await.status(200);
}
