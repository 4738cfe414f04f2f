//! Tests of broken connections and missing answers at a site that requires a login.

use polyhost_end_to_end::body;
use polyhost_sandbox::{Fault, Garbage};
use serde_json::{Value, json};

use super::world::{World, at};

/// Starts a world. For a fault that delays answers, the gateway has short timeouts.
async fn world(fault: &Fault) -> World {
    if !matches!(fault, Fault::Hang | Fault::Drip { .. }) {
        return World::start().await;
    }
    World::configured(|configuration| configuration.upstream("attempt_timeout = \"400ms\"\ndeadline = \"1s\"")).await
}

/// Returns every write as method, path below the account and body, with the last operation that it calls at the site.
fn writes(world: &World) -> Vec<(&'static str, String, Value, &'static str)> {
    let (file, folder) = (world.site.add_file("0", "a.mp4", b"a"), world.site.add_folder("0", "Films"));
    let other = world.site.add_folder("0", "Other");
    vec![
        ("PATCH", format!("files/{file}"), json!({"name": "b.mp4"}), "file/edit"),
        ("PATCH", format!("files/{file}"), json!({"folder_id": folder}), "file/move"),
        ("POST", format!("files/{file}/copy"), json!({"folder_id": folder}), "file/copy"),
        ("POST", "folders".to_owned(), json!({"name": "New"}), "folder/create"),
        ("PATCH", format!("folders/{folder}"), json!({"visibility": "public"}), "folder/edit"),
        ("PATCH", format!("folders/{folder}"), json!({"parent_id": other}), "folder/move"),
        ("POST", "remote-uploads".to_owned(), json!({"url": "https://example.org/a.mp4"}), "file/url_upload_add"),
        ("DELETE", format!("folders/{folder}?recursive=true"), json!(null), "folder/delete"),
        ("DELETE", format!("files/{file}"), json!(null), "file/delete"),
    ]
}

#[tokio::test]
async fn write_with_a_lost_answer_is_unknown_and_not_sent_again() {
    let broken = [
        Fault::LoseAnswer,
        Fault::Reset,
        Fault::CloseAfterBody,
        Fault::CutBody { sent: 5 },
        Fault::Hang,
        Fault::Garbage(Garbage::Html),
    ];
    for fault in broken {
        let world = world(&fault).await;
        world.caller.get("/v1/accounts/plays").await.status(200);
        for (method, path, body, operation) in writes(&world) {
            world.arrived();
            world.site.faults().clear();
            world.inject(operation, fault.clone());
            let answer = match body {
                Value::Null => world.caller.delete(&at(&path)).await,
                body => world.caller.json(method, &at(&path), &body).await,
            };
            let problem = answer.problem(504, "outcome_unknown");
            assert_eq!((&problem["retryable"], &problem["applied"]), (&json!(false), &json!([])), "{fault:?}");
            assert_eq!(problem["upstream"]["operation"], operation);
            let sent = world.operations().into_iter().filter(|sent| sent == operation).count();
            assert_eq!(sent, 1, "{operation} {fault:?}");
        }
        assert_eq!(world.site.logins(), 1);
    }
}

#[tokio::test]
async fn failed_login_leaves_the_request_unsent() {
    let broken = [Fault::LoseAnswer, Fault::Reset, Fault::Hang, Fault::Garbage(Garbage::Html), Fault::http(500)];
    for fault in broken {
        let world = world(&fault).await;
        let file = world.site.add_file("0", "a.mp4", b"a");
        world.inject("authorize", fault.clone());
        let answer = world.caller.delete(&at(&format!("files/{file}"))).await;
        let problem: Value = serde_json::from_slice(&answer.body).unwrap();
        body::problem(&problem);
        assert!((502..=504).contains(&answer.status) && problem["code"] != "outcome_unknown", "{fault:?}: {problem}");
        assert_eq!(problem["retryable"], true, "{fault:?}: {problem}");
        assert!(world.operations().is_empty(), "{fault:?}");
        assert_eq!(world.site.file_status(&file).as_deref(), Some("active"));
    }
}

#[tokio::test]
async fn unreachable_site_is_a_retryable_503_for_every_request() {
    let world = World::start().await;
    let World { site, caller, gateway: _gateway, .. } = world;
    drop(site);
    for answer in [
        caller.get("/v1/accounts/plays").await,
        caller.delete(&at("files/1001")).await,
        caller.typed("POST", &at("files?name=a.mp4"), "video/mp4", "hello").await,
        caller.get(&at("files/1001/content")).await,
    ] {
        assert_eq!(answer.problem(503, "upstream_unavailable")["retryable"], true);
    }
    // The other site is not affected.
    caller.get("/v1/accounts/main").await.status(200);
}
