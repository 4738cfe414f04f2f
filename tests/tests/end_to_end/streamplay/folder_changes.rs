//! Tests of renaming and moving folders at streamplay. A folder is never moved below itself.

use polyhost_end_to_end::body;
use polyhost_sandbox::Fault;
use serde_json::json;

use super::world::{World, at};

fn path(folder: &str) -> String {
    at(&format!("folders/{folder}"))
}

#[tokio::test]
async fn rename_is_an_edit_without_a_parent() {
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
async fn move_is_a_call_of_its_own_with_null_for_the_root() {
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
async fn failed_edit_reports_the_earlier_move_as_applied() {
    let world = World::start().await;
    let films = world.site.add_folder("0", "Films");
    let id = world.site.add_folder("0", "Old");
    let both = json!({"name": "New", "parent_id": films});
    world.inject("folder/edit", Fault::http(500));
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
async fn move_of_a_folder_to_a_missing_one_is_refused() {
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
async fn folder_is_never_moved_into_itself_or_below() {
    // The site itself would do it, and the folder would become unreachable.
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
    // Other moves are allowed.
    world.caller.patch(&path(&c), &json!({"parent_id": a})).await.status(200);
    assert_eq!(world.site.parent_of(&c), Some(a));
}

#[tokio::test]
async fn move_into_itself_makes_no_call() {
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    world.caller.patch(&path(&a), &json!({"parent_id": a})).await.problem(409, "folder_cycle");
    world.assert_nothing_sent();
}

#[tokio::test]
async fn cycle_check_does_not_use_outdated_parents() {
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    let b = world.site.add_folder("0", "b");
    world.caller.get(&path(&b)).await.status(200);
    world.caller.get(&at("folders/root/items")).await.status(200);
    // Moving b below a through the gateway must invalidate the cached parents, so that a is not moved below b.
    world.caller.patch(&path(&b), &json!({"parent_id": a})).await.status(200);
    world.caller.patch(&path(&a), &json!({"parent_id": b})).await.problem(409, "folder_cycle");
    assert_eq!(world.site.parent_of(&a).as_deref(), Some("0"));
}

/// Moves a folder at the site itself, bypassing the gateway but with its session.
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
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(format!("{}/folder/move", world.site.base_url())).body(encoded);
    let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("successfully moved"));
}

#[tokio::test]
async fn existing_loop_of_folders_does_not_block_a_move() {
    // The site allows a loop if another client requests it.
    let world = World::start().await;
    let a = world.site.add_folder("0", "a");
    let b = world.site.add_folder(&a, "b");
    let c = world.site.add_folder("0", "c");
    move_at_the_site(&world, &a, &b).await;
    assert_eq!((world.site.parent_of(&a), world.site.parent_of(&b)), (Some(b.clone()), Some(a.clone())));
    world.arrived();
    let info_calls = || world.operations().iter().filter(|operation| *operation == "folder/info").count();
    // The chain of parents in the loop never reaches the moved folder, so the move is no cycle.
    world.caller.patch(&path(&c), &json!({"parent_id": b})).await.status(200);
    assert!(info_calls() <= 4);
    assert_eq!(world.site.parent_of(&c), Some(b.clone()));
    world.caller.patch(&path(&a), &json!({"parent_id": c})).await.problem(409, "folder_cycle");
    assert!(info_calls() <= 4);
    // A move to the root breaks the loop.
    world.caller.patch(&path(&a), &json!({"parent_id": "root"})).await.status(200);
    assert!(info_calls() <= 4);
    assert_eq!(world.site.parent_of(&a).as_deref(), Some("0"));
}
