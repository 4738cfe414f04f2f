//! Test of two configured accounts that are the same user of the same site.

use polyhost_end_to_end::{Caller, Gateway, body};
use polyhost_sandbox::ManualClock;
use serde_json::json;

use super::world::{KEY1, KEY2, account, alone, site};
use crate::world::{KEY, NOW};

async fn names(caller: &Caller, account: &str) -> Vec<String> {
    let page = caller.get(&format!("/v1/accounts/{account}/folders/root/items")).await;
    page.items().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn write_through_one_account_is_visible_in_the_other() {
    let site = site(&ManualClock::starting_at(NOW.parse().unwrap()), |_| ()).await;
    // The same base URL in another spelling.
    let again = account("again", &format!("{}/", site.base_url()), KEY1, KEY2);
    let gateway = Gateway::start(&alone(&site).table(&again)).await;
    let caller = gateway.caller(KEY);
    let file = site.add_file("0", "a.mp4", b"hello");
    for (writes, reads, name) in [("plays", "again", "b.mp4"), ("again", "plays", "c.mp4")] {
        let path = |account: &str| format!("/v1/accounts/{account}/files/{file}");
        names(&caller, reads).await;
        caller.get(&path(reads)).await.status(200);
        caller.patch(&path(writes), &json!({"name": name})).await.json(200);
        assert_eq!(names(&caller, reads).await, [name]);
        let seen = caller.get(&path(reads)).await.json(200);
        body::file(&seen);
        assert_eq!(seen["name"], name);
    }
    caller.delete(&format!("/v1/accounts/plays/files/{file}")).await.no_content();
    assert!(names(&caller, "again").await.is_empty());
}
