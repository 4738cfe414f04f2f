//! Tests of sites of the XFileSharing family, over a gateway: a file's way through each flavour, and the answers that
//! only these sites cause.

use polyhost_end_to_end::{Caller, Configuration, Gateway};
use polyhost_sandbox::xfilesharing::{Flavour, Options, Xfilesharing};
use serde_json::{Value, json};

use crate::world::{KEY, at};

const SITE_KEY: &str = "424242plantedkey000001";

/// A gateway with the account `main` at a simulated site.
struct World {
    site: Xfilesharing,
    _gateway: Gateway,
    caller: Caller,
}

impl World {
    async fn start(flavour: &str, options: Options, row: &str) -> Self {
        let site = Xfilesharing::start(Options { key: SITE_KEY.to_owned(), seeded: false, ..options }).await.unwrap();
        let provider = format!(
            "[providers.videos]\ndialect = \"xfilesharing\"\nbase_url = \"{}\"\nflavour = \"{flavour}\"\n\
             requests_per_second = 0\n{row}",
            site.base_url()
        );
        let account = format!("[accounts.main]\nprovider = \"videos\"\nkey = \"{SITE_KEY}\"");
        let configuration = Configuration::new().client("web", KEY, &["*"], &["read", "write"]);
        let gateway = Gateway::start(&configuration.table(&provider).table(&account)).await;
        Self { site, caller: gateway.caller(KEY), _gateway: gateway }
    }

    async fn capabilities(&self) -> Value {
        self.caller.get(&at("capabilities")).await.json(200)["capabilities"].clone()
    }

    async fn upload(&self, name: &str, folder: &str) -> Value {
        let path = at(&format!("files?name={name}&folder_id={folder}"));
        self.caller.typed("POST", &path, "video/mp4", "the bytes of a film").await.json(201)
    }
}

fn options(flavour: Flavour) -> Options {
    Options { per_second: None, ..Options::of(flavour) }
}

const FLAVOURS: [(&str, Flavour); 5] = [
    ("xvs", Flavour::Xvs),
    ("xfs", Flavour::Xfs),
    ("dood", Flavour::Dood),
    ("byse", Flavour::Byse),
    ("voe", Flavour::Voe),
];

#[tokio::test]
async fn file_goes_through_every_flavour() {
    for (word, flavour) in FLAVOURS {
        let world = World::start(word, options(flavour), "").await;
        let can = world.capabilities().await;
        let native = |name: &str| can[name] == "native";
        let folder = world.caller.post(&at("folders"), &json!({"name": "shows"})).await.json(201)["id"].clone();
        let folder = folder.as_str().unwrap();

        let file = world.upload("a.mp4", "root").await;
        assert_eq!((&file["folder_id"], &file["size"]), (&json!("root"), &json!(19)), "{word}: {file}");
        let id = file["id"].as_str().unwrap();
        let mut path = at(&format!("files/{id}"));
        let found = world.caller.get(&path).await.json(200);
        assert_eq!(found["name"], file["name"], "{word}");

        if native("files.rename") {
            let renamed = world.caller.patch(&path, &json!({"name": "b.mp4"})).await.json(200);
            assert_eq!(renamed["name"], "b.mp4", "{word}");
        }
        let moved = world.caller.patch(&path, &json!({"folder_id": folder})).await;
        let location = moved.header("content-location").map(str::to_owned);
        let moved = moved.json(200);
        assert_eq!(moved["folder_id"], folder, "{word}: {moved}");
        assert_eq!(location.is_some(), moved["id"] != id, "{word}");
        path = at(&format!("files/{}", moved["id"].as_str().unwrap()));
        let items = world.caller.get(&at(&format!("folders/{folder}/items"))).await.json(200);
        assert_eq!(items["items"][0]["id"], moved["id"], "{word}: {items}");

        let deleted = world.caller.delete(&path).await;
        if native("files.delete") {
            deleted.status(204);
            world.caller.get(&path).await.problem(404, "file_not_found");
        } else {
            deleted.problem(422, "capability_unsupported");
        }
    }
}

#[tokio::test]
async fn anonymous_upload_is_a_502_that_is_left_behind() {
    let sessions = Options { session_life: Some(std::time::Duration::ZERO), ..options(Flavour::Xfs) };
    let world = World::start("xfs", sessions, "").await;
    let sent = world.caller.typed("POST", &at("files?name=a.zip"), "application/zip", "bytes").await;
    let problem = sent.problem(502, "upload_not_owned");
    assert_eq!((&problem["retryable"], &problem["left_behind"]), (&json!(false), &json!(true)), "{problem}");
}

#[tokio::test]
async fn folder_with_contents_is_deleted_recursively() {
    let world = World::start("xvs", options(Flavour::Xvs), "").await;
    let folder = world.caller.post(&at("folders"), &json!({"name": "shows"})).await.json(201)["id"].clone();
    let folder = folder.as_str().unwrap();
    world.upload("a.mp4", folder).await;
    let path = at(&format!("folders/{folder}"));
    world.caller.delete(&path).await.problem(409, "folder_not_empty");
    world.caller.delete(&format!("{path}?recursive=true")).await.status(204);
    assert_eq!(world.site.counts().files, 0);
    world.caller.get(&path).await.problem(404, "folder_not_found");
}

#[tokio::test]
async fn remote_upload_is_cancelled() {
    for (word, flavour) in [("xvs", Flavour::Xvs), ("dood", Flavour::Dood), ("byse", Flavour::Byse)] {
        let world = World::start(word, options(flavour), "").await;
        let url = json!({"url": "https://media.example.org/a.mp4"});
        let added = world.caller.post(&at("remote-uploads"), &url).await.json(202);
        let path = at(&format!("remote-uploads/{}", added["id"].as_str().unwrap()));
        world.caller.get(&path).await.json(200);
        world.caller.delete(&path).await.status(204);
        world.caller.delete(&path).await.problem(404, "remote_upload_not_found");
    }
}

#[tokio::test]
async fn optional_capability_is_added_by_the_configuration() {
    let with = options(Flavour::Xfs).with(&["file/delete"]);
    let world = World::start("xfs", with, "supported = [\"files.delete\"]").await;
    assert_eq!(world.capabilities().await["files.delete"], "native");
    let file = world.upload("a.zip", "root").await;
    let path = at(&format!("files/{}", file["id"].as_str().unwrap()));
    world.caller.delete(&path).await.status(204);
}
