//! Tests of file names in every language: sent to the site, and returned in the `Content-Disposition` of a download.

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::world::{World, at, id};

const NAMES: [&str; 9] = [
    "東京物語.mp4",
    "فيلم قصير.mp4",
    "🎬🍿.mp4",
    "say \"hello\" & 'bye'; a=b.mp4",
    "100% + more?#,*.mp4",
    "Été – «à» (1).mp4",
    "%2e%2e%2Fpasswd",
    ".hidden",
    "two  blanks.mp4",
];

/// Returns the name in `filename*`, as a browser decodes it (RFC 6266, RFC 8187).
fn extended(disposition: &str) -> String {
    let (kind, rest) = disposition.split_once(';').expect("parameters");
    assert_eq!(kind.trim(), "attachment");
    let (_, value) = rest.split_once("filename*=UTF-8''").expect("filename*");
    let value = value.split(';').next().unwrap().trim();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&+-.^_`|~%".contains(c);
    assert!(value.chars().all(is_allowed), "{value}");
    percent_decode_str(value).decode_utf8().unwrap().into_owned()
}

/// Returns the name in `filename="…"`, for clients that do not support `filename*`.
fn plain(disposition: &str) -> &str {
    let (_, rest) = disposition.split_once("filename=\"").expect("filename");
    let end = rest.find('"').expect("a closing quote");
    assert!(rest[end + 1..].trim_start().starts_with(';') || end + 1 == rest.len(), "{disposition}");
    &rest[..end]
}

#[track_caller]
fn check(disposition: &str, name: &str) {
    assert!(disposition.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{disposition}");
    // A browser must not store the download as a hidden file, or outside of its download folder.
    let safe = if name.starts_with('.') { name.replacen('.', "_", 1) } else { name.replace('\\', "_") };
    assert_eq!(extended(disposition), safe);
    assert!(!plain(disposition).contains(['/', '\\']), "{disposition}");
}

#[tokio::test]
async fn download_has_the_name_of_its_file() {
    let world = World::start().await;
    for name in NAMES.into_iter().chain(["back\\slash.mp4", &"é".repeat(255)]) {
        let file = world.site.add_file("0", name, b"hello");
        let path = at(&format!("files/{file}/content"));
        let answer = world.caller.get(&path).await.status(200);
        check(answer.header("content-disposition").unwrap(), name);
        let head = world.caller.send(world.caller.request("HEAD", &path)).await.status(200);
        assert_eq!(head.header("content-disposition"), answer.header("content-disposition"));
    }
}

#[tokio::test]
async fn name_arrives_at_the_site_unchanged() {
    let world = World::start().await;
    for name in NAMES {
        let file = world.upload(name, "", b"hello").await.json(201);
        assert_eq!(file["name"], json!(name));
        assert_eq!(world.site.find_file(name), Some(id(&file)), "{name}");
        let folder = world.caller.post(&at("folders"), &json!({"name": name})).await.json(201);
        assert_eq!(folder["name"], json!(name));
        assert_eq!(world.site.find_folder(name), Some(id(&folder)), "{name}");
        let found = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let items = world.caller.get(&at(&format!("folders/root/items?name={found}"))).await.items();
        assert_eq!(items.len(), 2, "{name}");
    }
}

#[tokio::test]
async fn name_that_the_site_would_truncate_is_refused() {
    let world = World::start().await;
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"a"), world.site.add_folder("0", "Films"));
    for name in ["<b>bold.mp4", "1 < 2.mp4", "<", "a<b"] {
        let body = json!({"name": name});
        let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
        let upload = at(&format!("files?name={encoded}"));
        for (answer, place) in [
            (world.caller.post(&at("folders"), &body).await, "/name"),
            (world.caller.patch(&at(&format!("files/{file}")), &body).await, "/name"),
            (world.caller.patch(&at(&format!("folders/{folder}")), &body).await, "/name"),
            (world.caller.typed("POST", &upload, "video/mp4", "hello").await, "name"),
        ] {
            assert_eq!(answer.faults("invalid_request"), [place], "{name}");
            assert!(answer.text().contains('<'), "{}", answer.text());
        }
        world.assert_nothing_sent();
        // The other site stores such a name unchanged.
        world.caller.post("/v1/accounts/main/folders", &body).await.status(201);
    }
    // The same applies to the file name of a form.
    let form = polyhost_end_to_end::Form::new().file("a<b.mp4", b"hello");
    let answer = world.caller.typed("POST", &at("files"), &form.content_type(), form.body()).await;
    assert_eq!(answer.faults("invalid_request"), ["/name"]);
    assert!(world.operations().iter().all(|operation| operation.starts_with("account/")));
}
