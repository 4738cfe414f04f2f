//! The conformance suite, in every combination in which sites of this dialect are known to differ.

mod support;

use polyhost_domain::{Capability, Digest};
use polyhost_sandbox::yetishare::{AuthMode, ContentType, Escaping, Numbers, Options, Version};
use polyhost_upstream::Settings;
use polyhost_yetishare::Quirks;
use support::{all_of, site};

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_whatever_the_site_s_version_login_and_numbers() {
    let mut looks = Vec::new();
    for version in [Version::V4, Version::V5] {
        for auth in [AuthMode::Keys, AuthMode::Password] {
            for numbers in [Numbers::Text, Numbers::Native] {
                looks.push(Options { version, auth, numbers, ..Options::default() });
            }
        }
    }
    all_of(looks.into_iter().map(|options| conforms(options, Quirks::default()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_to_the_sites_other_habits() {
    let base = Options::default;
    let habits = vec![
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
    all_of(habits.into_iter().map(|options| conforms(options, Quirks::default()))).await;
    let declared = Quirks { digest: Some(Digest::Md5), ..Quirks::default() };
    conforms(base(), declared).await;
}

/// The checks that need nothing are those of the profile: what it takes away is refused, and sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_with_any_capability_taken_away() {
    let native = Capability::ALL.iter().filter(|capability| Quirks::default().capabilities().supports(**capability));
    all_of(native.map(|lacking| async move {
        let site = site(Options::default()).await;
        let quirks = Quirks { unsupported: vec![*lacking], ..Quirks::default() };
        let subject = site.subject(site.provider_with(quirks, Settings::default()));
        for check in polyhost_conformance::checks().filter(|check| check.needs.is_empty()) {
            assert_eq!(check.run(&subject).await.err().map(|failure| failure.to_string()), None, "without {lacking}");
        }
    }))
    .await;
}

async fn conforms(options: Options, quirks: Quirks) {
    let looks = format!("{options:?}");
    let site = site(options).await;
    let provider = site.provider_with(quirks, Settings::default());
    let failures = polyhost_conformance::run(&site.subject(provider)).await;
    assert!(failures.is_empty(), "with {looks}: {failures:#?}");
    assert!(!site.sandbox.is_locked(), "with {looks}");
}
