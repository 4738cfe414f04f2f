//! Runs the conformance suite, with every option in which sites of this dialect are known to differ.

mod support;

use polyhost_adapter_testing::conformance::{all_conform, conforms, conforms_without_any_capability};
use polyhost_openload::{ProgressScale, Quirks};
use polyhost_sandbox::openload::{self as sandbox, ConvertsFilter, FilesShape, Missing, Numbers, Options, UploadReply};
use support::Simulated;

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_with_every_format_of_answers() {
    let mut formats = Vec::new();
    for files_shape in [FilesShape::Map, FilesShape::Array, FilesShape::MapsInArray] {
        for http_mirrors_status in [false, true] {
            for numbers in [Numbers::Native, Numbers::Text] {
                for missing in [Missing::False, Missing::Null] {
                    formats.push(Options { files_shape, http_mirrors_status, numbers, missing, ..Options::default() });
                }
            }
        }
    }
    all_conform::<Simulated>(formats).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_with_the_other_options_of_sites() {
    let fraction = Quirks { progress: ProgressScale::Fraction, ..Quirks::default() };
    let options = Options { progress_scale: sandbox::ProgressScale::Fraction, ..Options::default() };
    conforms::<Simulated>(options, fraction).await;
    let removing = Quirks { remote_remove: true, ..Quirks::default() };
    conforms::<Simulated>(Options { remote_remove: true, ..Options::default() }, removing).await;

    let base = Options::default;
    let options = vec![
        Options { converts_filter: ConvertsFilter::File, ..base() },
        Options { converts_filter: ConvertsFilter::Id, ..base() },
        Options { html_reply_to_upload: false, ..base() },
        Options { upload_reply: UploadReply::UrlAlone, ..base() },
        Options { deep_listings: true, ..base() },
        Options { storage: Some(sandbox::Storage { left: -1, used: 24_160 }), ..base() },
    ];
    all_conform::<Simulated>(options).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adapter_conforms_without_each_capability() {
    conforms_without_any_capability::<Simulated>().await;
}
