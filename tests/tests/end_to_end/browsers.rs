//! What browsers are told: what answers are, what pages may load, and which other pages may call.

use polyhost_end_to_end::{Answer, Configuration, Gateway};

use crate::world::{KEY, LOGIN, SITE_KEY, World, site};

const ORIGIN: &str = "https://app.example.com";

/// A gateway that lets pages of some origins call.
async fn open_to(origins: &str) -> World {
    World::configured(|configuration| configuration.server(&format!("cors_origins = {origins}"))).await
}

/// What a browser asks before it sends a request with a key.
async fn preflight(world: &World, origin: &str) -> Answer {
    let stranger = world.gateway.stranger();
    let request = stranger.request("OPTIONS", "/v1/accounts/main/files/abc").header("origin", origin);
    let request = request.header("access-control-request-method", "PATCH");
    stranger.send(request.header("access-control-request-headers", "authorization,content-type")).await
}

#[tokio::test]
async fn no_answer_may_be_taken_for_something_else() {
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
        answers.push(world.gateway.stranger().get(path).await);
    }
    for path in ["/metrics", "/livez", "/x"] {
        answers.push(world.gateway.watcher().get(path).await);
    }
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{}", answer.asked);
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{}", answer.asked));
        assert!(policy.starts_with("default-src 'none'; "), "{}: {policy}", answer.asked);
        assert!(!policy.contains("'unsafe-eval'") && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
    }
    assert!(world.gateway.program().runs());
}

#[tokio::test]
async fn pages_of_elsewhere_may_not_call_unless_told() {
    let world = World::start().await;
    let asked = preflight(&world, ORIGIN).await;
    asked.problem(401, "unauthenticated");
    let answer = world.caller.send(world.caller.request("GET", "/v1/me").header("origin", ORIGIN)).await.status(200);
    for answer in [asked, answer] {
        assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn pages_of_an_origin_that_is_told_may_call_with_a_key() {
    let world = open_to(&format!("[\"{ORIGIN}\", \"http://localhost:3000\"]")).await;
    let asked = preflight(&world, ORIGIN).await.status(200);
    assert_eq!(asked.header("access-control-allow-origin"), Some(ORIGIN));
    let list = |name: &str| asked.header(name).unwrap_or_default().to_lowercase();
    for method in ["get", "head", "post", "patch", "delete"] {
        assert!(list("access-control-allow-methods").contains(method));
    }
    for field in
        ["authorization", "x-api-key", "content-type", "idempotency-key", "range", "if-none-match", "last-event-id"]
    {
        assert!(list("access-control-allow-headers").contains(field), "{field}");
    }
    assert_eq!(asked.header("access-control-allow-credentials"), None);
    for (caller, status) in [(&world.caller, 200), (&world.gateway.stranger(), 401)] {
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
async fn any_origin_may_call_where_that_is_told() {
    let world = open_to("[\"*\"]").await;
    assert_eq!(preflight(&world, "https://example.org").await.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn without_keys_no_origin_is_let_in_whatever_is_told() {
    let (site, _) = site(|_| ()).await;
    let open = Configuration::new().account("main", &site.base_url(), LOGIN, SITE_KEY).server("cors_origins = [\"*\"]");
    let gateway = Gateway::start_with(&open, &["--no-auth"], &[]).await;
    let caller = gateway.stranger();
    for method in ["OPTIONS", "GET"] {
        let request = caller.request(method, "/v1/me").header("origin", ORIGIN);
        let answer = caller.send(request.header("access-control-request-method", "GET")).await;
        answer.problem(403, "forbidden");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let own = caller.request("GET", "/v1/me").header("origin", caller.base()).bearer_auth(KEY);
    caller.send(own).await.status(200);
}
