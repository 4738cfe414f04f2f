//! Passwords of folders: they come in clear, the site gets their MD5, and nobody gets them back.

use polyhost_sandbox::yetishare::Version;
use serde_json::{Value, json};

use super::world::{World, at, id};

/// Passwords and their MD5, as the site keeps it.
const PASSWORDS: [(&str, &str); 3] = [
    ("hello", "5d41402abc4b2a76b9719d911017c592"),
    // The site would strip what looks like a tag, if it got it.
    ("open <b>sesame</b>", "5f33e2201cdf030fea9c6e5875a14f71"),
    ("пароль", "e242f36f4f95f12966da8fa2efd59992"),
];

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

/// No answer so far holds a password or its MD5.
#[track_caller]
fn assert_nobody_was_told(world: &World) {
    for answer in world.gateway.record().all() {
        for (password, digest) in PASSWORDS {
            let told = answer.text();
            assert!(!told.contains(&format!("\"{password}\"")) && !told.contains(digest), "{}: {told}", answer.asked);
        }
    }
}

#[tokio::test]
async fn a_folder_is_made_with_a_password_that_arrives_as_its_md5() {
    let world = World::start().await;
    for (password, digest) in PASSWORDS {
        let folder = world.caller.post(&at("folders"), &json!({"name": "Locked", "password": password})).await;
        let folder = folder.json(201);
        assert_eq!(folder["password_protected"], true);
        assert_eq!(world.site.folder_password(&id(&folder)).as_deref(), Some(digest));
        assert_eq!(world.caller.get(&path(&id(&folder))).await.json(200)["password_protected"], true);
        let arrived = world.arrived();
        assert_eq!(arrived[0].parameter("access_password"), Some(digest));
        assert!(arrived.iter().flat_map(|call| &call.form).all(|(_, value)| value != password));
    }
    assert_nobody_was_told(&world);
}

#[tokio::test]
async fn a_password_is_set_changed_and_removed() {
    // Version 4 takes a change that does nothing but to remove a password for one that does nothing.
    for version in [Version::V4, Version::V5] {
        let world = World::at_site(|options| options.version = version).await;
        let folder = world.site.add_folder("0", "Films");
        for (password, digest) in PASSWORDS {
            let changed = world.caller.patch(&path(&folder), &json!({"password": password})).await.json(200);
            assert_eq!((&changed["password_protected"], &changed["name"]), (&json!(true), &json!("Films")));
            assert_eq!(world.site.folder_password(&folder).as_deref(), Some(digest), "{version:?}");
        }
        // What is not named stays.
        world.caller.patch(&path(&folder), &json!({"visibility": "public"})).await.status(200);
        assert!(world.site.folder_password(&folder).is_some());
        let changed = world.caller.patch(&path(&folder), &json!({"password": null})).await.json(200);
        assert_eq!((&changed["password_protected"], &changed["name"]), (&json!(false), &json!("Films")));
        assert_eq!(world.site.folder_password(&folder), None, "{version:?}");
        assert_eq!(world.caller.get(&path(&folder)).await.json(200)["password_protected"], false);
        assert_nobody_was_told(&world);
        let arrived = world.arrived();
        assert!(arrived.iter().all(|call| call.parameter("parent_id").is_none()));
    }
}

#[tokio::test]
async fn a_password_that_is_none_is_refused_and_not_sent() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    for bad in [json!(""), json!(5), json!(["x"]), json!({"clear": "x"})] {
        let changed = world.caller.patch(&path(&folder), &json!({"password": bad})).await;
        assert_eq!(changed.faults("invalid_request"), ["/password"], "{bad}");
        let made = world.caller.post(&at("folders"), &json!({"name": "x", "password": bad})).await;
        assert_eq!(made.faults("invalid_request"), ["/password"], "{bad}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn listings_do_not_say_which_folders_have_a_password() {
    // The site does not either; what is not known is not guessed.
    let world = World::start().await;
    world.caller.post(&at("folders"), &json!({"name": "Locked", "password": "hello"})).await.status(201);
    let items = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!(items[0]["password_protected"], Value::Null);
    assert_nobody_was_told(&world);
}
