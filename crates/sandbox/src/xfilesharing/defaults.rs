//! The defaults of each flavour.

use std::time::Duration;

use super::flavours::{
    Api, DirectLinks, FilesInFolders, Flavour, FolderDelete, FolderFilter, KeyErrors, LimitAnswer, Names, Numbers,
    OffWords, RenameParameter, Sessions, StatusForm, StorageLeft, SwitchedOff, UnknownFunction, UploadCodes,
};
use super::functions;
use super::options::Options;
use crate::Clock;

/// The default key: the user's number, then 16 letters and digits.
const KEY: &str = "7421sandbox0key1a2b3";

/// The default key of VOE: 64 letters and digits.
const VOE_KEY: &str = "SandboxKeyOfTheVoeAccount0123456789abcdefghijklmnopqrstuvwxyzABC";

/// The minutes by which katfile's clock is ahead of UTC.
const KATFILE_OFFSET: i32 = 210;

impl Options {
    /// Returns the options of a typical site of a flavour.
    pub fn of(flavour: Flavour) -> Self {
        let base = Self { flavour, functions: functions::of(flavour), ..xvs() };
        match flavour {
            Flavour::Xvs => base,
            Flavour::Xfs => xfs(base),
            Flavour::Dood => dood(base),
            Flavour::Byse => byse(base),
            Flavour::Voe => voe(base),
        }
    }
}

/// Returns the options of a newer video site, without its functions.
fn xvs() -> Options {
    Options {
        key: KEY.to_owned(),
        flavour: Flavour::Xvs,
        seeded: true,
        functions: Vec::new(),
        off: Vec::new(),
        unknown_function: UnknownFunction::InvalidOperation,
        api: Api::On,
        key_errors: KeyErrors::ByForm,
        failed_keys_until_locked: None,
        lock_duration: Duration::from_secs(60 * 60),
        per_second: None,
        per_minute: None,
        per_day: None,
        limit_answer: LimitAnswer::Forbidden,
        status: StatusForm::Number,
        success_message: "OK".to_owned(),
        http_mirrors_status: false,
        utc_offset_minutes: 0,
        html_content_type: false,
        numbers: Numbers::AsKnown,
        code_key: None,
        storage_left: StorageLeft::Bytes(5_316_281_344),
        storage_used: Some(52_428_800),
        premium_key: "premium_expire".to_owned(),
        premium_until: "2027-01-31 10:00:00".to_owned(),
        names: Names::Entities,
        name_max: None,
        titles_from_names: true,
        forbidden_words: Vec::new(),
        folder_zero: FolderFilter::Root,
        folder_missing: FolderFilter::Account,
        per_page: (100, 1000),
        unstable_ties: false,
        stale_totals: false,
        files_in_folders: FilesInFolders::WhenAsked,
        listed_late: 0,
        unreadable_files: Vec::new(),
        unreadable_folders: Vec::new(),
        edit_wipes_tags: true,
        refuse_unknown_target: true,
        rename_parameter: RenameParameter::Either,
        folder_delete: FolderDelete::EmptyOnly,
        max_folders: 10_000,
        upload_servers: true,
        upload_folder: Some("fld_id".to_owned()),
        sessions: Sessions::Anonymous,
        session_life: None,
        session_uses: None,
        late_fields: false,
        required_origin: None,
        upload_codes: UploadCodes::Given,
        upload_refusal: None,
        upload_error: None,
        upload_textareas: false,
        max_upload: None,
        refused_extensions: Vec::new(),
        only_videos: false,
        refuse_chunked: false,
        mangle_urls: true,
        url_queue: 50,
        remote_upload_step: Duration::from_secs(2),
        encoding_step: Duration::from_secs(2),
        picture_delay: Duration::from_secs(0),
        direct_links: DirectLinks::Versions,
        link_life: Duration::from_secs(6 * 60 * 60),
        intercepts: Vec::new(),
        origin: None,
        clock: Clock::default(),
    }
}

/// Returns the options of katfile. Other file hosts have more functions.
fn xfs(base: Options) -> Options {
    let direct_link = SwitchedOff { function: "file/direct_link".to_owned(), words: OffWords::NotEnabled };
    Options {
        off: vec![direct_link],
        unknown_function: UnknownFunction::Page,
        key_errors: KeyErrors::InvalidKey,
        utc_offset_minutes: KATFILE_OFFSET,
        storage_left: StorageLeft::Bytes(1_098_777_624_576),
        storage_used: Some(734_003_200),
        names: Names::Latin1,
        name_max: Some(128),
        titles_from_names: false,
        folder_zero: FolderFilter::Account,
        per_page: (20, 1000),
        files_in_folders: FilesInFolders::Always,
        rename_parameter: RenameParameter::Name,
        folder_delete: FolderDelete::Force,
        upload_folder: None,
        mangle_urls: false,
        direct_links: DirectLinks::Single,
        ..base
    }
}

fn dood(base: Options) -> Options {
    Options {
        per_second: Some(10),
        limit_answer: LimitAnswer::Text,
        storage_left: StorageLeft::Bytes(107_332_239_360),
        storage_used: Some(41_943_040),
        premium_key: "premim_expire".to_owned(),
        names: Names::Plain,
        titles_from_names: false,
        folder_missing: FolderFilter::Root,
        per_page: (50, 200),
        files_in_folders: FilesInFolders::Always,
        rename_parameter: RenameParameter::Title,
        upload_folder: None,
        only_videos: true,
        mangle_urls: false,
        ..base
    }
}

fn byse(base: Options) -> Options {
    Options {
        storage_left: StorageLeft::Bytes(107_332_239_360),
        storage_used: Some(41_943_040),
        premium_key: "premim_expire".to_owned(),
        names: Names::Plain,
        titles_from_names: false,
        folder_missing: FolderFilter::Root,
        upload_folder: None,
        mangle_urls: false,
        ..base
    }
}

fn voe(base: Options) -> Options {
    Options {
        key: VOE_KEY.to_owned(),
        unknown_function: UnknownFunction::Page,
        key_errors: KeyErrors::AuthenticationFailed,
        http_mirrors_status: true,
        per_second: Some(4),
        limit_answer: LimitAnswer::Http,
        storage_left: StorageLeft::Bytes(-1_073_741_824),
        storage_used: Some(3_221_225_472),
        premium_key: "premium_until".to_owned(),
        premium_until: "0000-00-00 00:00:00".to_owned(),
        names: Names::Plain,
        titles_from_names: false,
        per_page: (25, 250),
        files_in_folders: FilesInFolders::Always,
        rename_parameter: RenameParameter::Title,
        upload_folder: None,
        mangle_urls: false,
        ..base
    }
}
