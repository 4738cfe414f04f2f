//! The conformance suite, in every combination in which sites of this dialect are known to differ.

mod support;

use polyhost_domain::Capability;
use polyhost_openload::{ProgressScale, Quirks};
use polyhost_sandbox::openload::{self as sandbox, ConvertsFilter, FilesShape, Missing, Numbers, Options, UploadReply};
use polyhost_upstream::Settings;
use support::{all_of, site};

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_whatever_the_site_s_answers_look_like() {
    let mut looks = Vec::new();
    for files_shape in [FilesShape::Map, FilesShape::Array, FilesShape::MapsInArray] {
        for http_mirrors_status in [false, true] {
            for numbers in [Numbers::Native, Numbers::Text] {
                for missing in [Missing::False, Missing::Null] {
                    looks.push(Options { files_shape, http_mirrors_status, numbers, missing, ..Options::default() });
                }
            }
        }
    }
    all_of(looks.into_iter().map(|options| conforms(options, Quirks::default()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_to_the_sites_other_habits() {
    let fraction = Quirks { progress: ProgressScale::Fraction, ..Quirks::default() };
    let options = Options { progress_scale: sandbox::ProgressScale::Fraction, ..Options::default() };
    conforms(options, fraction).await;

    let base = Options::default;
    let habits = vec![
        Options { converts_filter: ConvertsFilter::File, ..base() },
        Options { converts_filter: ConvertsFilter::Id, ..base() },
        Options { html_reply_to_upload: false, ..base() },
        Options { upload_reply: UploadReply::UrlAlone, ..base() },
        Options { deep_listings: true, ..base() },
        Options { storage: Some(sandbox::Storage { left: -1, used: 24_160 }), ..base() },
    ];
    all_of(habits.into_iter().map(|options| conforms(options, Quirks::default()))).await;
}

/// The checks that need nothing are those of the profile: what it takes away is refused, and sends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_conforms_with_any_capability_taken_away() {
    let native = Capability::ALL.iter().filter(|capability| Quirks::default().capabilities().supports(**capability));
    all_of(native.map(|lacking| async move {
        let site = site(Options { seeded: false, ..Options::default() }).await;
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
}
