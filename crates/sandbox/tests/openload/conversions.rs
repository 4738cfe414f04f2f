//! Tests of the conversions of files.

use std::time::Duration;

use polyhost_sandbox::openload::{ConvertsFilter, Options, ProgressScale};
use serde_json::json;

use crate::support::{Sandbox, empty, with};

const STEP: Duration = Duration::from_secs(2);

#[tokio::test]
async fn video_is_converted_after_it_is_stored() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "MyOldCamera.avi", b"abc");
    sandbox.clock.advance(STEP * 2);
    let row = sandbox.result("file/converts").await[0].clone();
    let link = format!("{}/v/{id}", sandbox.base_url().trim_end_matches("/v1"));
    let expected = json!({
        "name": "MyOldCamera.avi", "id": row["id"].as_str().unwrap(), "status": "pending",
        "last_update": "2019-07-06 12:00:04", "progress": 50, "retries": "0", "link": link, "linkextid": id,
    });
    assert_eq!(row, expected);
    assert_eq!(cstatus(&sandbox, &id).await, "pending");
    sandbox.clock.advance(STEP * 2);
    let row = sandbox.result("file/converts").await[0].clone();
    assert_eq!((&row["status"], &row["progress"]), (&json!("finished"), &json!(100)));
    assert_eq!(row["last_update"], "2019-07-06 12:00:06");
    assert_eq!(cstatus(&sandbox, &id).await, "ok");
}

async fn cstatus(sandbox: &Sandbox, id: &str) -> String {
    sandbox.result("file/listfolder").await["files"][id]["cstatus"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn conversion_can_fail() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.avi", b"abc");
    sandbox.fail_conversion_of(&id);
    assert_eq!(sandbox.result("file/converts").await[0]["status"], "pending");
    sandbox.clock.advance(STEP * 3);
    assert_eq!(sandbox.result("file/converts").await[0]["status"], "failed");
    assert_eq!(cstatus(&sandbox, &id).await, "failed");
}

#[tokio::test]
async fn file_that_is_no_video_is_not_converted() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "notes.txt", b"abc");
    assert_eq!(sandbox.result("file/converts").await, json!([]));
    assert_eq!(cstatus(&sandbox, &id).await, "ok");
}

#[tokio::test]
async fn progress_may_be_a_fraction() {
    let options = Options { progress_scale: ProgressScale::Fraction, seeded: false, ..Options::default() };
    let sandbox = with(options).await;
    sandbox.add_file("0", "a.avi", b"abc");
    sandbox.clock.advance(STEP * 2);
    assert_eq!(sandbox.result("file/converts").await[0]["progress"], 0.5);
}

#[tokio::test]
async fn file_id_is_read_from_the_parameter_of_the_option() {
    let by_file = (1, 2, 1);
    let by_id = (2, 1, 1);
    let by_either = (1, 1, 1);
    for (filter, expected) in
        [(ConvertsFilter::File, by_file), (ConvertsFilter::Id, by_id), (ConvertsFilter::Either, by_either)]
    {
        let sandbox = with(Options { converts_filter: filter, seeded: false, ..Options::default() }).await;
        let id = sandbox.add_file("0", "a.avi", b"abc");
        sandbox.add_file("0", "b.avi", b"abc");
        let count =
            async |query: &str| sandbox.result(&format!("file/converts?{query}")).await.as_array().unwrap().len();
        let found = (
            count(&format!("file={id}")).await,
            count(&format!("id={id}")).await,
            count(&format!("file={id}&id={id}")).await,
        );
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(count("file=unknown&id=unknown").await, 0);
    }
}

#[tokio::test]
async fn default_limit_is_5_and_the_largest_is_100() {
    let sandbox = empty().await;
    let ids: Vec<String> = (0..101).map(|at| sandbox.add_file("0", &format!("{at}.avi"), b"abc")).collect();
    let newest = sandbox.result("file/converts").await;
    assert_eq!(newest.as_array().unwrap().len(), 5);
    assert_eq!(newest[0]["linkextid"], ids[100]);
    assert_eq!(sandbox.result("file/converts?limit=1000").await.as_array().unwrap().len(), 100);
}
