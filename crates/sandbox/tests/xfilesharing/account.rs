//! Tests of `account/info`.

use polyhost_sandbox::xfilesharing::{Flavour, Options, StorageLeft};
use serde_json::json;

use crate::support::{empty, keys, options, with};

#[tokio::test]
async fn account_has_each_flavours_fields() {
    let base = ["balance", "email", "storage_left", "storage_used"];
    for (flavour, more) in [
        (Flavour::Xvs, &["premium_expire", "login", "premium", "files_total"][..]),
        (Flavour::Xfs, &["premium_expire"]),
        (Flavour::Dood, &["premim_expire"]),
        (Flavour::Byse, &["premim_expire"]),
        (Flavour::Voe, &["premium_until", "partner_until"]),
    ] {
        let account = empty(flavour).await.result("account/info").await;
        let mut expected = [&base, more].concat();
        expected.sort_unstable();
        let mut actual = keys(&account);
        actual.sort_unstable();
        assert_eq!(actual, expected, "{flavour:?}");
    }
}

#[tokio::test]
async fn storage_used_is_text_beside_a_number() {
    let account = empty(Flavour::Xvs).await.result("account/info").await;
    assert_eq!((&account["storage_used"], &account["storage_left"]), (&json!("52428800"), &json!(5_316_281_344_u64)));
    let account = empty(Flavour::Voe).await.result("account/info").await;
    assert_eq!(account["storage_left"], -1_073_741_824);
}

#[tokio::test]
async fn storage_left_has_the_form_of_the_option() {
    for (flavour, left, expected) in [
        (Flavour::Xvs, StorageLeft::Unlimited, json!("unlimited")),
        (Flavour::Xfs, StorageLeft::Unlimited, json!("inf")),
        (Flavour::Xfs, StorageLeft::Text(5), json!("5")),
        (Flavour::Dood, StorageLeft::Absent, json!(null)),
    ] {
        let sandbox = with(Options { storage_left: left, storage_used: None, ..options(flavour) }).await;
        let account = sandbox.result("account/info").await;
        assert_eq!((&account["storage_left"], &account["storage_used"]), (&expected, &json!(null)));
    }
}
