//! Tests of uploads of which the site has a copy that the gateway cannot delete.

use polyhost_config::CacheConfig;
use polyhost_domain::{Capability, Profile, Support};

use super::writes::send_clip;
use crate::problem::Code;
use crate::tests::{Site, UploadAnswer, profile};

#[tokio::test(start_paused = true)]
async fn corrupted_copy_is_deleted() {
    let site = Site::new(profile());
    let (account, _) = site.opened(&CacheConfig::default());
    site.state().upload_answer = UploadAnswer::Short;
    let problem = send_clip(&account).await.unwrap_err();
    assert_eq!((problem.code(), problem.facts().left_behind), (Code::UploadCorrupted, false));
    assert_eq!(site.asked(), ["upload", "files short", "delete short"]);
}

#[tokio::test(start_paused = true)]
async fn corrupted_copy_stays_where_files_cannot_be_deleted() {
    let capabilities = profile().capabilities.with(Capability::FilesDelete, Support::Unsupported);
    let site = Site::new(Profile { capabilities, ..profile() });
    let (account, _) = site.opened(&CacheConfig::default());
    site.state().upload_answer = UploadAnswer::Short;
    let problem = send_clip(&account).await.unwrap_err();
    assert_eq!((problem.code(), problem.facts().left_behind), (Code::UploadCorrupted, true));
    assert!(problem.detail().contains("cannot delete files") && problem.detail().contains("\"short\""));
    assert_eq!(site.asked(), ["upload", "files short"]);
}

#[tokio::test(start_paused = true)]
async fn upload_outside_of_the_account_is_not_searched() {
    let site = Site::new(profile());
    let (account, _) = site.opened(&CacheConfig::default());
    site.state().upload_answer = UploadAnswer::NotOwned;
    let problem = send_clip(&account).await.unwrap_err();
    assert_eq!((problem.code(), problem.is_retryable()), (Code::UploadNotOwned, false));
    assert!(problem.facts().left_behind);
    assert_eq!(site.asked(), ["upload"]);
}
