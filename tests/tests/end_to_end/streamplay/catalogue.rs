//! Tests of the catalogue in front of a site with sessions and a trash.

use futures_util::future::join_all;

use super::world::{World, at};

#[tokio::test]
async fn thousand_callers_of_one_listing_make_one_login_and_call() {
    // On a busy machine, it takes a while until the gateway has served a thousand connections.
    let world = World::configured(|configuration| configuration.server("header_timeout = \"60s\"")).await;
    world.site.add_file("0", "a.mp4", b"a");
    let path = at("folders/root/items");
    let answers = join_all((0..1000).map(|_| world.caller.get(&path))).await;
    assert!(answers.into_iter().all(|answer| answer.items().len() == 1));
    assert_eq!(world.site.journal().of("authorize").len(), 1);
    assert_eq!(world.site.journal().of("folder/listing").len(), 1);
}

#[tokio::test]
async fn deleted_file_is_readable_but_not_listed() {
    let world = World::start().await;
    let id = world.site.add_file("0", "a.mp4", b"a");
    assert_eq!(world.caller.get(&at("folders/root/items")).await.items().len(), 1);
    world.caller.delete(&at(&format!("files/{id}"))).await.no_content();
    assert!(world.caller.get(&at("folders/root/items")).await.items().is_empty());
    let request = world.caller.request("GET", &at("folders/root/items")).header("cache-control", "no-cache");
    assert!(world.caller.send(request).await.items().is_empty());
    assert_eq!(world.caller.get(&at(&format!("files/{id}"))).await.json(200)["status"], "trashed");
}
