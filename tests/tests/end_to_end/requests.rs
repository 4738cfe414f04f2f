//! Tests of invalid requests: every fault is reported with its parameter or JSON pointer, and nothing is sent to the
//! site.

use polyhost_end_to_end::Caller;
use serde_json::{Value, json};

use crate::world::{World, at};

const GOOD_URL: &str = "https://example.org/a.mp4";

#[tokio::test]
async fn array_body_is_refused_where_an_object_is_expected() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"a");
    let file = at(&format!("files/{file}"));
    let cases = [
        ("PATCH", file, json!(["evil", "root"])),
        ("POST", at("folders"), json!(["x"])),
        ("POST", at("files/lookup"), json!([["a"]])),
        ("POST", at("remote-uploads"), json!(["http://example.org/x"])),
        ("POST", at("upload-tickets"), json!([])),
    ];
    for (method, path, body) in cases {
        world.caller.typed(method, &path, "application/json", body.to_string()).await.problem(400, "invalid_request");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn unknown_query_parameters_are_refused_by_name() {
    let world = World::start().await;
    let caller = &world.caller;
    let reads = [
        "/v1/me",
        "/v1/providers",
        "/v1/accounts",
        "/v1/accounts/main",
        "/v1/accounts/main/capabilities",
        "/v1/accounts/main/files/x",
        "/v1/accounts/main/files/x/thumbnail",
        "/v1/accounts/main/folders/root",
        "/v1/accounts/main/folders/root/items",
        "/v1/accounts/main/folders/root/usage",
        "/v1/accounts/main/remote-uploads",
        "/v1/accounts/main/remote-uploads/1",
        "/v1/accounts/main/conversions",
    ];
    for path in reads {
        assert_eq!(caller.get(&format!("{path}?page=2")).await.faults("invalid_request"), ["page"], "{path}");
    }
    let writes = [
        ("PATCH", "files/x", json!({"name": "a"})),
        ("DELETE", "files/x", json!({})),
        ("POST", "folders", json!({"name": "a"})),
        ("PATCH", "folders/1", json!({"name": "a"})),
        ("DELETE", "folders/1", json!({})),
        ("POST", "files/lookup", json!({"ids": ["a"]})),
        ("POST", "upload-tickets", json!({})),
        ("POST", "remote-uploads", json!({"url": GOOD_URL})),
        ("POST", "files", json!({})),
    ];
    for (method, path, body) in writes {
        let answer = caller.json(method, &at(&format!("{path}?force=true")), &body).await;
        assert!(answer.faults("invalid_request").contains(&"force".to_owned()), "{method} {path}: {}", answer.text());
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn unknown_fields_of_a_body_are_refused_by_name() {
    let world = World::start().await;
    let bodies = [
        ("POST", "files/lookup", json!({"ids": ["a"], "more": 1})),
        ("PATCH", "files/x", json!({"name": "a", "more": 1})),
        ("POST", "folders", json!({"name": "a", "more": 1})),
        ("PATCH", "folders/1", json!({"name": "a", "more": null})),
        ("POST", "upload-tickets", json!({"more": 1})),
        ("POST", "remote-uploads", json!({"url": GOOD_URL, "more": 1})),
    ];
    for (method, path, body) in bodies {
        let answer = world.caller.json(method, &at(path), &body).await;
        assert_eq!(answer.faults("invalid_request"), ["/more"], "{method} {path}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn null_and_wrong_types_are_reported_with_their_pointer() {
    let world = World::start().await;
    let bodies = [
        ("PATCH", "files/x", json!({"folder_id": null}), "/folder_id"),
        ("PATCH", "files/x", json!({"name": null}), "/name"),
        ("PATCH", "files/x", json!({"name": 5}), "/name"),
        ("PATCH", "files/x", json!({"name": ["a"]}), "/name"),
        ("PATCH", "folders/1", json!({"parent_id": null}), "/parent_id"),
        ("PATCH", "folders/1", json!({"visibility": "secret"}), "/visibility"),
        ("POST", "folders", json!({"name": "a", "parent_id": null}), "/parent_id"),
        ("POST", "folders", json!({"name": null}), "/name"),
        ("POST", "folders", json!({}), "/name"),
        ("POST", "upload-tickets", json!({"folder_id": null}), "/folder_id"),
        ("POST", "upload-tickets", json!({"plain_http": "yes"}), "/plain_http"),
        ("POST", "upload-tickets", json!({"sha1": "abc"}), "/sha1"),
        ("POST", "remote-uploads", json!({}), "/url"),
        ("POST", "remote-uploads", json!({"url": GOOD_URL, "folder_id": null}), "/folder_id"),
        ("POST", "files/lookup", json!({"ids": "a"}), "/ids"),
        ("POST", "files/lookup", json!({"ids": ["a", 5]}), "/ids/1"),
        ("POST", "files/lookup", json!({"ids": []}), "/ids"),
        ("POST", "files/lookup", json!({}), "/ids"),
    ];
    for (method, path, body, place) in bodies {
        let answer = world.caller.json(method, &at(path), &body).await;
        assert_eq!(answer.faults("invalid_request"), [place], "{method} {path} {body}");
    }
    for body in [json!([]), json!("a"), json!(null), json!(5)] {
        world.caller.patch(&at("files/x"), &body).await.problem(400, "invalid_request");
        world.caller.post(&at("folders"), &body).await.problem(400, "invalid_request");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn empty_patch_is_refused() {
    let world = World::start().await;
    for path in ["files/x", "folders/1"] {
        let answer = world.caller.patch(&at(path), &json!({})).await;
        assert!(!answer.faults("invalid_request").is_empty());
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn page_limit_must_be_between_1_and_1000() {
    let world = World::start().await;
    for limit in ["0", "1001", "abc", "-1", "", "1.5", "99999999999999999999"] {
        let answer = world.caller.get(&at(&format!("folders/root/items?limit={limit}"))).await;
        assert_eq!(answer.faults("invalid_request"), ["limit"], "{limit}");
    }
    for (query, parameter) in [("sort=owner", "sort"), ("type=link", "type"), ("limit=1&limit=2", "limit")] {
        let answer = world.caller.get(&at(&format!("folders/root/items?{query}"))).await;
        assert_eq!(answer.faults("invalid_request"), [parameter], "{query}");
    }
    world.assert_nothing_sent();
    for limit in ["1", "1000"] {
        world.caller.get(&at(&format!("folders/root/items?limit={limit}"))).await.status(200);
    }
}

#[tokio::test]
async fn invalid_names_are_refused() {
    let world = World::start().await;
    let long = "é".repeat(256);
    for name in ["", &long, "a/b", ".", "..", "a\nb", "a\0", "a\u{7f}", "\u{85}"] {
        let body = json!({"name": name});
        for answer in [
            world.caller.patch(&at("files/x"), &body).await,
            world.caller.patch(&at("folders/1"), &body).await,
            world.caller.post(&at("folders"), &body).await,
        ] {
            assert_eq!(answer.faults("invalid_request"), ["/name"], "{name:?}");
        }
    }
    world.assert_nothing_sent();
    for name in ["é".repeat(255), "...".to_owned(), " a ".to_owned(), "a\\b:c*?".to_owned()] {
        let made = world.caller.post(&at("folders"), &json!({"name": name})).await.json(201);
        assert_eq!(made["name"], json!(name));
    }
}

#[tokio::test]
async fn urls_that_a_site_must_not_fetch_are_refused() {
    let world = World::start().await;
    let addresses = [
        "",
        "nonsense",
        "/relative",
        "//example.org/a",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "https://user:pw@example.org/a",
        "https://user@example.org/a",
        "http://127.0.0.1/a",
        "http://2130706433/a",
        "http://0177.0.0.1/a",
        "http://0x7f.0.0.1/a",
        "http://0x7f000001/",
        "http://127.1/a",
        "http://[::1]/a",
        "http://[::ffff:127.0.0.1]/a",
        "http://[::ffff:7f00:1]/a",
        "http://[::ffff:10.0.0.1]/a",
        "http://10.0.0.1/a",
        "http://172.16.0.1/a",
        "http://192.168.1.1/a",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
        "http://[fe80::1]/a",
        "http://[fd00::1]/a",
        "http://0.0.0.0/a",
        "http://0/a",
        "http://localhost/a",
        "http://LOCALHOST:80/a",
        "http://a.localhost/",
        "http://localhost./",
        "http://metadata.google.internal/",
        "http://１２７.0.0.1/",
        "http://[64:ff9b::7f00:1]/",
    ];
    for url in addresses {
        let answer = world.caller.post(&at("remote-uploads"), &json!({"url": url})).await;
        assert_eq!(answer.faults("invalid_request"), ["/url"], "{url}");
    }
    world.assert_nothing_sent();
    for url in ["https://example.org/a?b=c#d", "http://93.184.216.34:8080/a", "https://[2606:4700::1111]/a"] {
        world.caller.post(&at("remote-uploads"), &json!({"url": url})).await.status(202);
    }
}

#[tokio::test]
async fn header_fields_that_a_site_must_not_send_are_refused() {
    let world = World::start().await;
    let fields = [
        ("", json!("a")),
        ("a b", json!("a")),
        ("a:", json!("a")),
        ("é", json!("a")),
        ("a\r\nb", json!("a")),
        ("Host", json!("a")),
        ("content-length", json!("5")),
        ("Transfer-Encoding", json!("chunked")),
        ("CONNECTION", json!("close")),
        ("X-A", json!("a\r\nHost: b")),
        ("X-A", json!("a\nb")),
        ("X-A", json!(["good", "a\rb"])),
        ("X-A", json!(5)),
        ("X-A", Value::Null),
        ("X-A", json!([5])),
    ];
    for (name, value) in fields {
        let body = json!({"url": GOOD_URL, "headers": {name: value}});
        let answer = world.caller.post(&at("remote-uploads"), &body).await;
        let places = answer.faults("invalid_request");
        assert_eq!(places.len(), 1, "{body}");
        assert!(places[0].starts_with("/headers"), "{body}: {places:?}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn all_faults_of_a_request_are_reported_at_once() {
    let world = World::start().await;
    let body = json!({"url": "ftp://x", "headers": {"Host": "a", "B": "c\nd"}});
    let mut places = world.caller.post(&at("remote-uploads"), &body).await.faults("invalid_request");
    places.sort();
    assert_eq!(places, ["/headers/B", "/headers/Host", "/url"]);
    let mut places =
        world.caller.typed("POST", &at("files?name=a%2Fb&sha1=x"), "video/mp4", "a").await.faults("invalid_request");
    places.sort();
    assert_eq!(places, ["name", "sha1"]);
    world.assert_nothing_sent();
}

#[tokio::test]
async fn lookup_with_duplicate_or_too_many_ids_is_refused() {
    let world = World::start().await;
    let twice = world.caller.post(&at("files/lookup"), &json!({"ids": ["a", "b", "a"]})).await;
    assert_eq!(twice.faults("invalid_request"), ["/ids/2"]);
    let ids = |count: usize| json!({"ids": (0..count).map(|n| format!("id{n}")).collect::<Vec<_>>()});
    assert_eq!(world.caller.post(&at("files/lookup"), &ids(501)).await.faults("invalid_request"), ["/ids"]);
    world.assert_nothing_sent();
    let all = world.caller.post(&at("files/lookup"), &ids(500)).await.json(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 500);
    assert_eq!(world.operations().len(), 10);
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let world = World::start().await;
    let caller = &world.caller;
    for text in ["", "{", "name=a", "{\"name\":\"a\"}x", "\u{feff}{}", "{'name':'a'}", "{\"name\":\"a\",}"] {
        let answer = caller.typed("POST", &at("folders"), "application/json", text).await;
        answer.problem(400, "invalid_request");
    }
    let invalid = caller.typed("POST", &at("folders"), "application/json", b"{\"name\":\"\xff\"}".to_vec()).await;
    invalid.problem(400, "invalid_request");
    for media in
        ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense", "multipart/form-data"]
    {
        let answer = caller.typed("POST", &at("folders"), media, "{\"name\":\"a\"}").await;
        answer.problem(415, "unsupported_media_type");
        let answer = caller.typed("PATCH", &at("files/x"), media, "{\"name\":\"a\"}").await;
        answer.problem(415, "unsupported_media_type");
    }
    let packed = caller.request("POST", &at("folders")).header("content-encoding", "gzip");
    let answer = caller.send(packed.header("content-type", "application/json").body("{\"name\":\"a\"}")).await;
    answer.problem(415, "unsupported_media_type");
    world.assert_nothing_sent();
    let made = caller.typed("POST", &at("folders"), "application/json; charset=utf-8", "{\"name\":\"a\"}").await;
    made.status(201);
}

#[tokio::test]
async fn merge_patch_media_type_is_accepted() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    let folder = world.site.add_folder("0", "a");
    for path in [format!("files/{id}"), format!("folders/{folder}")] {
        let answer = world.caller.typed("PATCH", &at(&path), "application/merge-patch+json", "{\"name\":\"b\"}").await;
        assert_eq!(answer.json(200)["name"], "b");
    }
}

#[tokio::test]
async fn body_over_the_limit_is_413() {
    let world = World::configured(|configuration| configuration.server("max_body = \"1 KiB\"")).await;
    let large = json!({"name": "x".repeat(2000)});
    for (method, path) in [("POST", "folders"), ("PATCH", "files/x"), ("PATCH", "folders/1"), ("POST", "files/lookup")]
    {
        world.caller.json(method, &at(path), &large).await.problem(413, "payload_too_large");
    }
    world.assert_nothing_sent();
    world.caller.post(&at("folders"), &json!({"name": "x".repeat(200)})).await.status(201);
}

#[tokio::test]
async fn unknown_routes_are_404_and_unknown_methods_405() {
    let world = World::start().await;
    let caller = &world.caller;
    let absent = [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/me",
        "/v1/accounts/main/nothing",
        "/v1/accounts/main/files/x/nothing",
        "/v1/me/",
        "/favicon.ico",
    ];
    for path in absent {
        caller.get(path).await.problem(404, "route_not_found");
    }
    let cases = [
        ("DELETE", "/v1/me", &["GET", "HEAD"][..]),
        ("PUT", "/v1/accounts/main/files/x", &["GET", "HEAD", "PATCH", "DELETE"]),
        ("GET", "/v1/accounts/main/folders", &["POST"]),
        ("PATCH", "/v1/accounts/main/remote-uploads", &["GET", "HEAD", "POST"]),
        ("POST", "/readyz", &["GET", "HEAD"]),
    ];
    for (method, path, allowed) in cases {
        check_allowed(caller, method, path, allowed).await;
    }
    world.assert_nothing_sent();
}

async fn check_allowed(caller: &Caller, method: &str, path: &str, allowed: &[&str]) {
    let answer = caller.send(caller.request(method, path)).await;
    answer.problem(405, "method_not_allowed");
    let mut found: Vec<&str> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
    let mut allowed = allowed.to_vec();
    found.sort_unstable();
    allowed.sort_unstable();
    assert_eq!(found, allowed, "{method} {path}");
}
