//! Tests that a transfer ends when its client loses its key, account or scope.

use std::time::Duration;

use polyhost_end_to_end::{Configuration, Piece};
use polyhost_sandbox::{Fault, Rule};
use tokio::time::timeout;

use crate::bodies::world::{Dialect, World, bytes};
use crate::streamplay::world::{KEY1, KEY2, account};
use crate::world::{KEY, LOGIN, SITE_KEY};

const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Returns the configuration of the world with another client.
fn with_client(world: &World, key: &str, accounts: &[&str], scopes: &[&str]) -> Configuration {
    Configuration::new()
        .account("main", &world.pstream.base_url(), LOGIN, SITE_KEY)
        .table(&account("plays", &world.plays.base_url(), KEY1, KEY2))
        .client("web", key, accounts, scopes)
}

async fn reload(world: &mut World, configuration: &Configuration) {
    let reloads = |log: &str| log.matches("\"the configuration was reloaded\"").count();
    let before = reloads(&world.gateway.program().stderr());
    world.gateway.rewrite(configuration);
    world.gateway.program().hang_up();
    world.gateway.program().logged(|log| (reloads(log) > before).then_some(())).await;
}

/// Returns whether a download in progress is cut by this change of the configuration.
async fn download_ends(change: impl Fn(&World) -> Configuration) -> bool {
    let mut world = World::start(Dialect::Yetishare).await;
    let file = world.add_file("clip.mp4", &bytes(1 << 20));
    world.faults().add(Rule::new("content", Fault::Stall { sent: 300_000 }).times(1));
    let mut response = world.caller.request("GET", &world.at(&format!("files/{file}/content"))).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.chunk().await.unwrap().unwrap();
    let changed = change(&world);
    reload(&mut world, &changed).await;
    let cut = async { while response.chunk().await.is_ok_and(|piece| piece.is_some()) {} };
    // The gateway would notice the site's stall after 30 seconds; the download must end earlier.
    timeout(Duration::from_secs(10), cut).await.is_ok()
}

#[tokio::test]
async fn download_ends_when_its_client_is_removed() {
    assert!(download_ends(|world| with_client(world, "another-key", &["*"], &["read", "write"])).await);
}

#[tokio::test]
async fn download_ends_when_its_account_or_scope_is_removed() {
    assert!(download_ends(|world| with_client(world, KEY, &["main"], &["read", "write"])).await);
    assert!(download_ends(|world| with_client(world, KEY, &["*"], &["write"])).await);
}

#[tokio::test]
async fn download_continues_while_its_client_may_read_it() {
    assert!(!download_ends(|world| with_client(world, KEY, &["plays"], &["read"])).await);
}

#[tokio::test]
async fn upload_ends_when_its_client_is_removed() {
    let mut world = World::start(Dialect::Openload).await;
    let mut raw = world.begin(&world.files("a.mp4"), Some(1 << 20), &[("Content-Type", "video/mp4")]).await;
    raw.send(&bytes(100_000), Piece::Plain).await.unwrap();
    world.upload_reaches(50_000).await;
    let removed = with_client(&world, "another-key", &["*"], &["read", "write"]);
    reload(&mut world, &removed).await;
    let answer = timeout(TIME_LIMIT, raw.answer()).await.expect("the upload ends").expect("an answer");
    answer.problem(403, "forbidden");
    assert_eq!(world.stored(), 0);
}

#[tokio::test]
async fn upload_cut_by_a_reload_may_be_repeated_with_its_key() {
    let mut world = World::start(Dialect::Openload).await;
    let fields = [("Content-Type", "video/mp4"), ("Idempotency-Key", "one")];
    let mut raw = world.begin(&world.files("a.mp4"), Some(1 << 20), &fields).await;
    raw.send(&bytes(100_000), Piece::Plain).await.unwrap();
    world.upload_reaches(50_000).await;
    let removed = with_client(&world, "another-key", &["*"], &["read", "write"]);
    reload(&mut world, &removed).await;
    let answer = timeout(TIME_LIMIT, raw.answer()).await.expect("the upload ends").expect("an answer");
    answer.problem(403, "forbidden");

    let restored = with_client(&world, KEY, &["*"], &["read", "write"]);
    reload(&mut world, &restored).await;
    let mut raw = world.begin(&world.files("a.mp4"), Some(1 << 20), &fields).await;
    raw.send(&bytes(1 << 20), Piece::Plain).await.unwrap();
    let answer = timeout(TIME_LIMIT, raw.answer()).await.expect("the upload ends").expect("an answer");
    assert_eq!(answer.header("idempotency-replayed"), None);
    answer.status(201);
    assert_eq!(world.stored(), 1);
}
