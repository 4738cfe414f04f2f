//! Tests of sites that are similar to pstream.net: a request that such a site cannot fulfil is refused, not accepted
//! without effect.

use std::collections::BTreeSet;

use polyhost_end_to_end::{Caller, Configuration, Gateway};
use polyhost_sandbox::openload::Openload;
use serde_json::json;

use crate::world::{KEY, LOGIN, SITE_KEY, at, site};

const HELLO: &str = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
const URL: &str = "https://media.example.org/films/bunny.mov";

/// Every operation that needs one capability for all its requests, and that capability.
const NEEDS: [(&str, &str, &str); 21] = [
    ("GET", "", "account.read"),
    ("GET", "limits", "account.limits"),
    ("POST", "files/lookup", "files.lookup"),
    ("GET", "files/x", "files.read"),
    ("POST", "files", "files.upload"),
    ("POST", "files/x/copy", "files.copy"),
    ("DELETE", "files/x", "files.delete"),
    ("GET", "files/x/content", "files.download"),
    ("POST", "download-links", "files.download"),
    ("GET", "files/x/thumbnail", "files.thumbnail"),
    ("POST", "upload-tickets", "files.upload_ticket"),
    ("GET", "folders/7", "folders.read"),
    ("GET", "folders/7/items", "folders.list"),
    ("GET", "folders/7/usage", "folders.list"),
    ("POST", "folders", "folders.create"),
    ("DELETE", "folders/7", "folders.delete"),
    ("POST", "remote-uploads", "remote_uploads.create"),
    ("GET", "remote-uploads", "remote_uploads.list"),
    ("GET", "remote-uploads/7", "remote_uploads.read"),
    ("DELETE", "remote-uploads/7", "remote_uploads.cancel"),
    ("GET", "conversions", "conversions.list"),
];

/// Starts a site whose provider table has these lines, and a gateway with an account there.
async fn relative(row: &str) -> (Openload, Gateway, Caller) {
    let (site, _) = site(|options| options.remote_remove = true).await;
    let provider = format!("[providers.relative]\ndialect = \"openload\"\nbase_url = \"{}\"\n{row}", site.base_url());
    let account = format!("[accounts.main]\nprovider = \"relative\"\nlogin = \"{LOGIN}\"\nkey = \"{SITE_KEY}\"");
    let configuration = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration.table(&provider).table(&account)).await;
    let caller = gateway.caller(KEY);
    (site, gateway, caller)
}

#[tokio::test]
async fn ticket_with_a_digest_the_site_ignores_is_refused() {
    let (site, _gateway, caller) = relative("digest = \"none\"").await;
    let refused = caller.post(&at("upload-tickets"), &json!({"sha1": HELLO})).await;
    let problem = refused.problem(422, "capability_unsupported");
    assert_eq!(problem["retryable"], false, "{problem}");
    assert_eq!(site.journal().count(), 0);
    caller.post(&at("upload-tickets"), &json!({})).await.status(201);
    // The gateway itself checks the digest of an upload that passes through it.
    let wrong = at(&format!("files?name=a.mp4&sha1={HELLO}"));
    caller.typed("POST", &wrong, "video/mp4", "other").await.problem(422, "checksum_mismatch");
    caller.typed("POST", &wrong, "video/mp4", "hello").await.status(201);
}

#[tokio::test]
async fn remote_upload_headers_use_the_format_of_the_site() {
    let (site, _gateway, caller) = relative("remote_headers = \"lines\"").await;
    let body = json!({"url": URL, "headers": {"Cookie": "a=b", "X-Many": ["one", "two"]}});
    caller.post(&at("remote-uploads"), &body).await.status(202);
    let sent = &site.journal().of("remotedl/add")[0];
    let mut lines: Vec<&str> = sent.parameter("headers").unwrap().lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["Cookie: a=b", "X-Many: one", "X-Many: two"]);
    assert_eq!(sent.parameter("headers[]"), None);
}

#[tokio::test]
async fn remote_upload_headers_that_the_site_ignores_are_refused() {
    let (site, _gateway, caller) = relative("unsupported = [\"remote_uploads.headers\"]").await;
    let body = json!({"url": URL, "headers": {"Cookie": "a=b"}});
    let problem = caller.post(&at("remote-uploads"), &body).await.problem(422, "capability_unsupported");
    assert!(problem["detail"].as_str().unwrap().contains("remote_uploads.headers"), "{problem}");
    assert_eq!(site.journal().count(), 0);
    caller.post(&at("remote-uploads"), &json!({"url": URL})).await.status(202);
}

#[tokio::test]
async fn remote_upload_is_cancelled_and_then_unknown() {
    let (site, _gateway, caller) = relative("remote_remove = true").await;
    let folder = site.add_folder("0", "Films");
    let added = caller.post(&at("remote-uploads"), &json!({"url": URL, "folder_id": folder})).await.json(202);
    let path = at(&format!("remote-uploads/{}", added["id"].as_str().unwrap()));
    let cancel = async |path: &str| caller.send(caller.request("DELETE", path)).await;
    cancel(&path).await.no_content();
    cancel(&path).await.problem(404, "remote_upload_not_found");
    caller.get(&path).await.problem(404, "remote_upload_not_found");
    let sent = site.journal().of("remotedl/remove").len();
    for id in ["a.b", "all"] {
        cancel(&at(&format!("remote-uploads/{id}"))).await.problem(404, "remote_upload_not_found");
    }
    assert_eq!((sent, site.journal().of("remotedl/remove").len()), (2, 2));
    // Nothing is expected in the folder any more.
    cancel(&at(&format!("folders/{folder}"))).await.no_content();
}

#[tokio::test]
async fn unsupported_operation_is_refused_before_the_rest_is_read() {
    let names: BTreeSet<&str> = NEEDS.iter().map(|(.., capability)| *capability).collect();
    let (site, _gateway, caller) = relative(&format!("remote_remove = true\nunsupported = {}", json!(names))).await;
    for (method, path, capability) in NEEDS {
        // Both the query and the body are invalid.
        let path = format!("{}?unknown=1", at(path).trim_end_matches('/'));
        let refused = match method {
            "POST" => caller.typed(method, &path, "application/json", "{").await,
            _ => caller.send(caller.request(method, &path)).await,
        };
        let problem = refused.problem(422, "capability_unsupported");
        let name = format!("\"{capability}\"");
        assert!(problem["detail"].as_str().unwrap().contains(&name), "{method} {path}: {problem}");
    }
    assert_eq!(site.journal().count(), 0);
}
