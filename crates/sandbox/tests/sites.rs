//! Tests of the simulated sites' options, given as text on the command line.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::time::Duration;

use polyhost_sandbox::openload::{FilesShape, Storage};
use polyhost_sandbox::xfilesharing::{Flavour, OffWords, StorageLeft, SwitchedOff};
use polyhost_sandbox::yetishare::{AuthMode, DeadLinks, Escaping, Version};
use polyhost_sandbox::{Intercept, InterceptAnswer, RedirectTarget, Sites, Unreadable, UploadReply};

fn set(texts: &[&str]) -> Sites {
    let mut sites = Sites::default();
    for text in texts {
        sites.set(text).unwrap();
    }
    sites
}

fn refusal(text: &str) -> String {
    Sites::default().set(text).unwrap_err().to_string()
}

#[test]
fn options_of_a_site_are_set_from_text() {
    let sites =
        set(&["streamplay:version=4,auth=password,token_life=60s", "streamplay:dead_links=410,escaping=special"]);
    let options = &sites.streamplay;
    assert_eq!((options.version, options.auth), (Version::V4, AuthMode::Password));
    assert_eq!(options.token_life, Some(Duration::from_secs(60)));
    assert_eq!((options.dead_links, options.escaping), (DeadLinks::Status(410), Escaping::Special));
    let sites =
        set(&["pstream:files_shape=array,upload_reply=url,storage=-1/24160,unreadable_files=doubled_key+repeated"]);
    let options = &sites.pstream;
    assert_eq!((options.files_shape, options.upload_reply), (FilesShape::Array, UploadReply::UrlAlone));
    assert_eq!(options.storage, Some(Storage { left: -1, used: 24_160 }));
    assert_eq!(options.unreadable_files, [Unreadable::DoubledKey, Unreadable::Repeated]);
}

#[test]
fn intercepts_are_added_in_order() {
    let text = "pstream:firewall=403@file/info+upload,broken=timeout@account/info,redirect=308:https";
    let intercepts = set(&[text, "pstream:broken=html"]).pstream.intercepts;
    let https = InterceptAnswer::Redirect { status: 308, to: RedirectTarget::Https };
    let expected = [
        Intercept {
            operations: vec!["file/info".to_owned(), "upload".to_owned()],
            answer: InterceptAnswer::Firewall(403),
        },
        Intercept::of("account/info", InterceptAnswer::Hang),
        Intercept::all(https),
        Intercept::all(InterceptAnswer::Html),
    ];
    assert_eq!(intercepts, expected);
}

#[test]
fn unknown_site_key_or_value_lists_the_valid_ones() {
    assert_eq!(
        refusal("vimeo:version=4"),
        "no site is called \"vimeo\"; the sites are: pstream, streamplay, xfilesharing"
    );
    let message = refusal("streamplay:colour=red");
    assert!(message.starts_with("streamplay has no option \"colour\"; its options are: version, auth, "), "{message}");
    assert_eq!(refusal("streamplay:version=6"), "streamplay: \"6\" is no value of version, which takes 4|5");
    let message = refusal("streamplay:broken=500@file/inf");
    assert!(message.contains("file/info") && message.contains("authorize"), "{message}");
    for wrong in [
        "pstream",
        "pstream:",
        "pstream:numbers",
        "streamplay:token_life=soon",
        "streamplay:key1=short",
        "streamplay:firewall=99",
        "streamplay:broken=asleep",
        "streamplay:redirect=200:https",
        "streamplay:redirect=301:nowhere",
        "streamplay:upload_error=",
        "pstream:storage=1",
        "pstream:unreadable_files=torn",
    ] {
        refusal(wrong);
    }
}

#[test]
fn help_lists_options_with_their_values() {
    let help = Sites::help();
    for line in ["  version=4|5\n", "  files_shape=map|array|maps_in_array\n", "  token_life=DURATION, such as 60s\n"] {
        assert!(help.contains(line), "{help}");
    }
    assert!(help.contains("file/url_upload_add") && help.contains("remotedl/add"), "{help}");
}

#[test]
fn options_of_the_xfilesharing_family_are_set_from_text() {
    let sites = set(&[
        "xfilesharing:flavour=xfs,with=file/delete+folder/move,off=not_allowed@file/delete,session_uses=1",
        "xfilesharing:storage_left=text:5,per_page=20/100,upload_folder=to_folder,names=plain,per_minute=5",
        "xfilesharing:refused_extensions=exe+jpg,status=text,session_life=60s,name_max=none,firewall=403",
    ]);
    let options = sites.xfilesharing.as_ref().unwrap();
    assert_eq!(options.flavour, Flavour::Xfs);
    assert!(options.functions.contains(&"folder/move".to_owned()));
    let off = SwitchedOff { function: "file/delete".to_owned(), words: OffWords::NotAllowed };
    assert!(options.off.contains(&off), "{:?}", options.off);
    assert_eq!((options.session_uses, options.session_life), (Some(1), Some(Duration::from_secs(60))));
    assert_eq!((options.storage_left, options.per_page), (StorageLeft::Text(5), (20, 100)));
    assert_eq!((options.upload_folder.as_deref(), options.name_max), (Some("to_folder"), None));
    assert_eq!((options.refused_extensions.len(), options.intercepts.len()), (2, 1));
    for wrong in ["flavour=xyz", "with=file/explode", "off=never@file/info", "per_page=9/1", "storage_left=much"] {
        refusal(&format!("xfilesharing:{wrong}"));
    }
}
