//! Tests of `polyhost fetch` and `polyhost watch`.

use std::time::Duration;

use serde_json::json;

use super::{User, check_code, code_of_only, lines};

/// Moves the sites' clock forward until the task ends.
async fn with_time<T>(user: &User, task: impl Future<Output = T>) -> T {
    let clock = user.world.clock.clone();
    let time = async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            clock.advance(Duration::from_secs(1));
        }
    };
    tokio::select! {
        ended = task => ended,
        () = time => unreachable!("the clock never stops"),
    }
}

#[tokio::test]
async fn site_fetches_into_a_folder_that_is_created() {
    let user = User::start().await;
    let arguments = ["fetch", "https://example.org/a.mp4", "--to", "main:/New", "-H", "Referer: x", "--json"];
    let ended = user.run(&arguments).await;
    check_code(&ended, 0);
    let line = lines(&ended).remove(0);
    let id = line["remote_upload"]["id"].as_str().unwrap();
    assert_eq!(line["remote_upload"]["source_url"], "https://example.org/a.mp4");
    let folder = user.world.pstream.find_folder("New").unwrap();
    assert_eq!(line["remote_upload"]["folder_id"], json!(folder));
    assert_eq!(user.world.pstream.remote_upload_headers(id).unwrap(), ["Referer: x"]);
    let ended = user.run(&["fetch", "https://example.org/a.mp4", "--to", "plays:", "-H", "A: b", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
}

#[tokio::test]
async fn watch_ends_with_the_last_state_and_shows_failures() {
    let user = User::start().await;
    user.world.pstream.fail_remote_uploads_matching("broken", "Disk full");
    let good = ["fetch", "https://example.org/a.mp4", "--to", "main:", "--watch", "--json"];
    let ended = with_time(&user, user.run(&good)).await;
    check_code(&ended, 0);
    assert_eq!(lines(&ended).last().unwrap()["object"]["state"], "succeeded");
    let bad = user.run(&["fetch", "https://example.org/broken.mp4", "--to", "main:"]).await;
    let id = bad.stdout.split_whitespace().next().unwrap().to_owned();
    for arguments in [&["watch", "main:", "--fetch", &id][..], &["watch", "main", "--fetch", &id]] {
        let ended = with_time(&user, user.run(arguments)).await;
        check_code(&ended, 1);
        assert!(ended.stdout.contains(&format!("fetch {id}  failed")), "{}", ended.stdout);
        assert!(ended.stdout.contains("Disk full"), "{}", ended.stdout);
    }
}

#[tokio::test]
async fn watch_without_ids_follows_what_has_not_ended() {
    let user = User::start().await;
    let ended = user.run(&["watch", "main:"]).await;
    check_code(&ended, 0);
    assert_eq!(ended.stdout, "");
    check_code(&user.run(&["fetch", "https://example.org/a.mp4", "--to", "main:"]).await, 0);
    let ended = with_time(&user, user.run(&["watch", "main:"])).await;
    check_code(&ended, 0);
    assert!(ended.stdout.contains("succeeded"), "{}", ended.stdout);
    let ended = user.run(&["watch", "plays:", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
}

#[tokio::test]
async fn cancel_reports_a_site_that_cannot_cancel() {
    let user = User::start().await;
    let ended = user.run(&["cancel", "main:", "1", "--json"]).await;
    check_code(&ended, 1);
    assert_eq!(code_of_only(&ended), "capability_unsupported");
}
