//! Tests of folder passwords: they are received in clear, sent to the site as MD5, and never returned.

use polyhost_sandbox::yetishare::Version;
use serde_json::{Value, json};

use super::world::{World, at, id};

/// Passwords with their MD5, as the site stores it.
const PASSWORDS: [(&str, &str); 3] = [
    ("hello", "5d41402abc4b2a76b9719d911017c592"),
    // The site would strip the tag if it received the password itself.
    ("open <b>sesame</b>", "5f33e2201cdf030fea9c6e5875a14f71"),
    ("пароль", "e242f36f4f95f12966da8fa2efd59992"),
];

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

/// Asserts that no answer up to now contains a password or its MD5.
#[track_caller]
fn assert_not_answered(world: &World) {
    for answer in world.gateway.record().all() {
        for (password, digest) in PASSWORDS {
            let text = answer.text();
            assert!(
                !text.contains(&format!("\"{password}\"")) && !text.contains(digest),
                "{}: {text}",
                answer.request_line
            );
        }
    }
}

#[tokio::test]
async fn password_of_a_new_folder_arrives_as_its_md5() {
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
    assert_not_answered(&world);
}

#[tokio::test]
async fn password_is_set_changed_and_removed() {
    // Version 4 ignores a change that only removes a password, so the gateway sends more.
    for version in [Version::V4, Version::V5] {
        let world = World::at_site(|options| options.version = version).await;
        let folder = world.site.add_folder("0", "Films");
        for (password, digest) in PASSWORDS {
            let changed = world.caller.patch(&path(&folder), &json!({"password": password})).await.json(200);
            assert_eq!((&changed["password_protected"], &changed["name"]), (&json!(true), &json!("Films")));
            assert_eq!(world.site.folder_password(&folder).as_deref(), Some(digest), "{version:?}");
        }
        // A change of other fields keeps the password.
        world.caller.patch(&path(&folder), &json!({"visibility": "public"})).await.status(200);
        assert!(world.site.folder_password(&folder).is_some());
        let changed = world.caller.patch(&path(&folder), &json!({"password": null})).await.json(200);
        assert_eq!((&changed["password_protected"], &changed["name"]), (&json!(false), &json!("Films")));
        assert_eq!(world.site.folder_password(&folder), None, "{version:?}");
        assert_eq!(world.caller.get(&path(&folder)).await.json(200)["password_protected"], false);
        assert_not_answered(&world);
        let arrived = world.arrived();
        assert!(arrived.iter().all(|call| call.parameter("parent_id").is_none()));
    }
}

#[tokio::test]
async fn invalid_password_is_refused_and_not_sent() {
    let world = World::start().await;
    let folder = world.site.add_folder("0", "Films");
    for bad in [json!(""), json!(5), json!(["x"]), json!({"clear": "x"})] {
        let changed = world.caller.patch(&path(&folder), &json!({"password": bad})).await;
        assert_eq!(changed.faults("invalid_request"), ["/password"], "{bad}");
        let created = world.caller.post(&at("folders"), &json!({"name": "x", "password": bad})).await;
        assert_eq!(created.faults("invalid_request"), ["/password"], "{bad}");
    }
    world.assert_nothing_sent();
}

#[tokio::test]
async fn listings_leave_password_protected_null() {
    // The site's listings do not report it, so the value is unknown.
    let world = World::start().await;
    world.caller.post(&at("folders"), &json!({"name": "Locked", "password": "hello"})).await.status(201);
    let items = world.caller.get(&at("folders/root/items")).await.items();
    assert_eq!(items[0]["password_protected"], Value::Null);
    assert_not_answered(&world);
}
