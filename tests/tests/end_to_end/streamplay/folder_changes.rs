//! Folders at streamplay as they are renamed and moved, and never below themselves.

use polyhost_end_to_end::body;
use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

#[tokio::test]
async fn renaming_is_an_edit_that_names_no_parent() {
    let world = World::start().await;
    let outer = world.site.add_folder("0", "Outer");
    let id = world.site.add_folder(&outer, "Old");
    let folder = world.caller.patch(&path(&id), &json!({"name": "New"})).await.json(200);
    body::folder(&folder);
    assert_eq!((&folder["id"], &folder["name"], &folder["parent_id"]), (&json!(id), &json!("New"), &json!(outer)));
    world.assert_changed(&[("folder/edit", &[("folder_id", &id), ("folder_name", "New")])]);
    assert_eq!(world.site.parent_of(&id), Some(outer));

    let all = json!({"name": "Newer", "visibility": "public"});
    world.caller.patch(&path(&id), &all).await.json(200);
    world.assert_changed(&[("folder/edit", &[("folder_id", &id), ("folder_name", "Newer"), ("is_public", "2")])]);
    assert_eq!(world.caller.get(&path(&id)).await.json(200)["name"], "Newer");
}

#[tokio::test]
async fn moving_is_a_call_of_its_own_and_the_root_is_the_word_null() {
    let world = World::start().await;
    let films = world.site.add_folder("0", "Films");
    let id = world.site.add_folder("0", "Animation");
    let folder = world.caller.patch(&path(&id), &json!({"parent_id": films})).await.json(200);
    body::folder(&folder);
    assert_eq!((&folder["name"], &folder["parent_id"]), (&json!("Animation"), &json!(films)));
    world.assert_changed(&[("folder/move", &[("folder_id", &id), ("new_parent_folder_id", &films)])]);
    assert_eq!(world.site.parent_of(&id), Some(films));

    let folder = world.caller.patch(&path(&id), &json!({"parent_id": "root"})).await.json(200);
    assert_eq!(folder["parent_id"], "root");
    world.assert_changed(&[("folder/move", &[("folder_id", &id), ("new_parent_folder_id", "null")])]);
    assert_eq!(world.site.parent_of(&id).as_deref(), Some("0"));
}

#[tokio::test]
async fn the_move_goes_first_and_a_failed_edit_says_that_it_was_done() {
    let world = World::start().await;
    let films = world.site.add_folder("0", "Films");
    let id = world.site.add_folder("0", "Old");
    let both = json!({"name": "New", "parent_id": films});
    world.breaks("folder/edit", Fault::http(500));
    let problem = world.caller.patch(&path(&id), &both).await.problem(502, "upstream_error");
    assert_eq!((&problem["applied"], &problem["retryable"]), (&json!(["parent_id"]), &json!(false)));
    assert_eq!(world.site.parent_of(&id).as_deref(), Some(&*films));
    world.arrived();
    world.site.faults().clear();
    let folder = world.caller.patch(&path(&id), &both).await.json(200);
    assert_eq!((&folder["name"], &folder["parent_id"]), (&json!("New"), &json!(films)));
    world.assert_changed(&[
        ("folder/move", &[("folder_id", &id), ("new_parent_folder_id", &films)]),
        ("folder/edit", &[("folder_id", &id), ("folder_name", "New")]),
    ]);
}

#[tokio::test]
async fn a_folder_is_not_moved_to_one_that_is_not_there() {
    let world = World::start().await;
    let id = world.site.add_folder("0", "Films");
    let foreign = world.site.add_foreign_folder("Theirs");
    for parent in ["77777", &foreign] {
        let body = json!({"parent_id": parent, "name": "x"});
        let problem = world.caller.patch(&path(&id), &body).await.problem(404, "folder_not_found");
        assert!(problem["detail"].as_str().unwrap().contains(parent), "{problem}");
        assert_eq!(problem["applied"], json!([]));
    }
    assert_eq!(world.site.parent_of(&id).as_deref(), Some("0"));
    assert_eq!(world.site.find_folder("Films"), Some(id));
}

#[tokio::test]
async fn a_folder_is_never_moved_into_itself_nor_below() {
    // The site itself would do it, and then nobody would find the folder again.
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    let b = world.site.add_folder(&a, "b");
    let c = world.site.add_folder(&b, "c");
    for target in [&a, &b, &c] {
        for body in [json!({"parent_id": target}), json!({"parent_id": target, "name": "x"})] {
            let problem = world.caller.patch(&path(&a), &body).await.problem(409, "folder_cycle");
            assert_eq!((&problem["applied"], &problem["retryable"]), (&json!([]), &json!(false)));
        }
    }
    world.caller.patch(&path(&b), &json!({"parent_id": c})).await.problem(409, "folder_cycle");
    world.assert_changed(&[]);
    let parents = [&a, &b, &c].map(|folder| world.site.parent_of(folder).unwrap());
    assert_eq!(parents, ["0", a.as_str(), &b]);
    assert_eq!(world.site.find_folder("x"), None);
    // Upwards and sideways is fine.
    world.caller.patch(&path(&c), &json!({"parent_id": a})).await.status(200);
    assert_eq!(world.site.parent_of(&c), Some(a));
}

#[tokio::test]
async fn a_move_into_itself_asks_the_site_nothing() {
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    world.caller.patch(&path(&a), &json!({"parent_id": a})).await.problem(409, "folder_cycle");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn a_way_up_that_has_changed_since_it_was_read_is_not_relied_on() {
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    let b = world.site.add_folder("0", "b");
    world.caller.get(&path(&b)).await.status(200);
    world.caller.get(&at("folders/root/items")).await.status(200);
    // Through the gateway, b goes below a; so a must not go below b.
    world.caller.patch(&path(&b), &json!({"parent_id": a})).await.status(200);
    world.caller.patch(&path(&a), &json!({"parent_id": b})).await.problem(409, "folder_cycle");
    assert_eq!(world.site.parent_of(&a).as_deref(), Some("0"));
}

/// Moves a folder at the site itself, past the gateway and under its session.
async fn move_at_the_site(world: &World, folder: &str, parent: &str) {
    world.caller.get("/v1/accounts/plays").await.status(200);
    let login = world.site.journal().of("account/info")[0].clone();
    let [token, holder] = ["access_token", "account_id"].map(|name| login.parameter(name).unwrap().to_owned());
    let form = [
        ("access_token", token.as_str()),
        ("account_id", &holder),
        ("folder_id", folder),
        ("new_parent_folder_id", parent),
    ];
    let encoded = form.map(|(name, value)| format!("{name}={value}")).join("&");
    let anybody = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = anybody.post(format!("{}/folder/move", world.site.base_url())).body(encoded);
    let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("successfully moved"));
}

#[tokio::test]
async fn a_loop_that_is_there_already_does_not_hold_up_a_move() {
    // The site makes one if somebody else asks it to.
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    let b = world.site.add_folder(&a, "b");
    let c = world.site.add_folder("0", "c");
    move_at_the_site(&world, &a, &b).await;
    assert_eq!((world.site.parent_of(&a), world.site.parent_of(&b)), (Some(b.clone()), Some(a.clone())));
    world.arrived();
    let asked = || world.operations().iter().filter(|operation| *operation == "folder/info").count();
    // The way up from the loop never comes to the folder, which so does not lie above it.
    world.caller.patch(&path(&c), &json!({"parent_id": b})).await.status(200);
    assert!(asked() <= 4);
    assert_eq!(world.site.parent_of(&c), Some(b.clone()));
    world.caller.patch(&path(&a), &json!({"parent_id": c})).await.problem(409, "folder_cycle");
    assert!(asked() <= 4);
    // Whoever notices can undo it.
    world.caller.patch(&path(&a), &json!({"parent_id": "root"})).await.status(200);
    assert!(asked() <= 4);
    assert_eq!(world.site.parent_of(&a).as_deref(), Some("0"));
}
