//! Runs the conformance suite, with every option in which sites of this dialect are known to differ.

mod support;

use polyhost_adapter_testing::conformance::{all_conform, conforms, conforms_without_any_capability};
use polyhost_domain::Digest;
use polyhost_sandbox::yetishare::{AuthMode, ContentType, Escaping, Numbers, Options, Version};
use polyhost_yetishare::Quirks;
use support::Simulated;

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_with_any_version_login_and_numbers() {
    let mut combinations = Vec::new();
    for version in [Version::V4, Version::V5] {
        for auth in [AuthMode::Keys, AuthMode::Password] {
            for numbers in [Numbers::Text, Numbers::Native] {
                combinations.push(Options { version, auth, numbers, ..Options::default() });
            }
        }
    }
    all_conform::<Simulated>(combinations).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_with_the_other_options_of_sites() {
    let base = Options::default;
    let options = vec![
        Options { content_type: ContentType::Html, ..base() },
        Options { zero_dates: true, ..base() },
        Options { http_errors: true, ..base() },
        Options { http_errors: true, version: Version::V4, ..base() },
        Options { dates_in_listings: true, utc_offset_minutes: 345, ..base() },
        Options { trashed_folders_answer: true, ..base() },
        Options { escaping: Escaping::Special, ..base() },
        Options { escaping: Escaping::Numeric, version: Version::V4, ..base() },
        Options { hash_is_md5: false, storage_limit_override: Some(5_000_000_000), ..base() },
        Options { download_etag: true, set_cookie_on_download: false, remote_upload_notes: true, ..base() },
    ];
    all_conform::<Simulated>(options).await;
    let declared = Quirks { digest: Some(Digest::Md5), ..Quirks::default() };
    conforms::<Simulated>(base(), declared).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_without_each_capability() {
    conforms_without_any_capability::<Simulated>().await;
}
