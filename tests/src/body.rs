//! Checks of the documented objects: each holds exactly its documented fields, and each field has its documented kind.

use serde_json::Value;

/// The allowed values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Exactly this text.
    Is(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or `null`.
    MaybeWord(&'static [&'static str]),
    Text,
    MaybeText,
    Integer,
    MaybeInteger,
    MaybeNumber,
    Flag,
    MaybeFlag,
    MaybeTime,
    Time,
    List,
    MaybeList,
    Object,
    MaybeObject,
}

const DIALECTS: &[&str] = &["openload", "yetishare"];
const FILE_STATUS: &[&str] = &["active", "suspended", "processing", "trashed", "deleted", "failed", "unknown"];
const CONVERSION: &[&str] = &["queued", "running", "succeeded", "failed", "unknown"];
const JOB_STATE: &[&str] = &["queued", "running", "succeeded", "failed", "cancelled", "unknown"];
const ACCOUNT_STATUS: &[&str] = &["active", "pending", "disabled", "suspended", "unknown"];

/// Checks a `File`.
#[track_caller]
pub fn file(value: &Value) {
    exactly(
        value,
        &[
            ("type", Kind::Is("file")),
            ("id", Kind::Text),
            ("account", Kind::Text),
            ("provider", Kind::Text),
            ("name", Kind::MaybeText),
            ("folder_id", Kind::MaybeText),
            ("size", Kind::MaybeInteger),
            ("content_type", Kind::MaybeText),
            ("sha1", Kind::MaybeText),
            ("md5", Kind::MaybeText),
            ("short_code", Kind::MaybeText),
            ("status", Kind::Word(FILE_STATUS)),
            ("conversion", Kind::MaybeWord(CONVERSION)),
            ("uploaded_at", Kind::MaybeTime),
            ("last_accessed_at", Kind::MaybeTime),
            ("download_count", Kind::MaybeInteger),
            ("tags", Kind::MaybeList),
            ("visibility", Kind::MaybeWord(&["private", "unlisted", "public"])),
            ("stats_url", Kind::MaybeText),
            ("page_url", Kind::MaybeText),
            ("embed_url", Kind::MaybeText),
        ],
    );
}

/// Checks the response of an upload: a `File` and its `delete_url`.
#[track_caller]
pub fn uploaded_file(value: &Value) {
    let mut rest = value.clone();
    let delete_url = rest.as_object_mut().and_then(|fields| fields.remove("delete_url"));
    assert!(delete_url.is_some_and(|url| url.is_null() || url.is_string()), "{value:#}");
    file(&rest);
}

/// Checks a `Folder`.
#[track_caller]
pub fn folder(value: &Value) {
    exactly(
        value,
        &[
            ("type", Kind::Is("folder")),
            ("id", Kind::Text),
            ("account", Kind::Text),
            ("provider", Kind::Text),
            ("name", Kind::MaybeText),
            ("parent_id", Kind::MaybeText),
            ("total_size", Kind::MaybeInteger),
            ("visibility", Kind::MaybeWord(&["private", "unlisted", "public"])),
            ("password_protected", Kind::MaybeFlag),
            ("created_at", Kind::MaybeTime),
            ("updated_at", Kind::MaybeTime),
            ("page_url", Kind::MaybeText),
            ("download_count", Kind::MaybeInteger),
            ("folder_count", Kind::MaybeInteger),
            ("file_count", Kind::MaybeInteger),
        ],
    );
}

/// Checks an `Account`.
#[track_caller]
pub fn account(value: &Value) {
    exactly(
        value,
        &[
            ("name", Kind::Text),
            ("provider", Kind::Text),
            ("dialect", Kind::Word(DIALECTS)),
            ("id", Kind::MaybeText),
            ("username", Kind::MaybeText),
            ("email", Kind::MaybeText),
            ("status", Kind::MaybeWord(ACCOUNT_STATUS)),
            ("created_at", Kind::MaybeTime),
            ("last_login_at", Kind::MaybeTime),
            ("paid_until", Kind::MaybeTime),
            ("storage_used_bytes", Kind::MaybeInteger),
            ("storage_left_bytes", Kind::MaybeInteger),
        ],
    );
}

/// Checks an item of the list of accounts.
#[track_caller]
pub fn account_summary(value: &Value) {
    exactly(
        value,
        &[("name", Kind::Text), ("provider", Kind::Text), ("dialect", Kind::Text), ("health", Kind::Object)],
    );
    exactly(
        &value["health"],
        &[
            ("circuit", Kind::Word(&["closed", "open", "half_open"])),
            ("last_success_at", Kind::MaybeTime),
            ("last_error", Kind::MaybeObject),
        ],
    );
    if !value["health"]["last_error"].is_null() {
        exactly(&value["health"]["last_error"], &[("code", Kind::Text), ("at", Kind::Time)]);
    }
}

/// Checks the `Limits` of an account.
#[track_caller]
pub fn limits(value: &Value) {
    exactly(
        value,
        &[
            ("plan", Kind::MaybeText),
            ("plan_type", Kind::MaybeText),
            ("can_upload", Kind::MaybeFlag),
            ("max_upload_bytes", Kind::MaybeInteger),
            ("max_storage_bytes", Kind::MaybeInteger),
            ("max_concurrent_uploads", Kind::MaybeInteger),
            ("max_concurrent_downloads", Kind::MaybeInteger),
            ("max_downloads_per_day", Kind::MaybeInteger),
            ("max_download_bytes_per_day", Kind::MaybeInteger),
            ("max_download_file_bytes", Kind::MaybeInteger),
            ("max_remote_uploads", Kind::MaybeInteger),
            ("download_bytes_per_second", Kind::MaybeInteger),
            ("wait_seconds_between_downloads", Kind::MaybeInteger),
            ("inactive_file_days", Kind::MaybeInteger),
        ],
    );
}

/// Checks a link to a file's bytes.
#[track_caller]
pub fn download_link(value: &Value) {
    exactly(
        value,
        &[
            ("url", Kind::Text),
            ("file_id", Kind::MaybeText),
            ("name", Kind::MaybeText),
            ("expires_at", Kind::MaybeTime),
        ],
    );
}

/// Checks a `RemoteUpload`.
#[track_caller]
pub fn remote_upload(value: &Value) {
    exactly(
        value,
        &[
            ("id", Kind::Text),
            ("account", Kind::Text),
            ("provider", Kind::Text),
            ("source_url", Kind::MaybeText),
            ("folder_id", Kind::MaybeText),
            ("name", Kind::MaybeText),
            ("state", Kind::Word(JOB_STATE)),
            ("raw_state", Kind::MaybeText),
            ("progress_percent", Kind::MaybeNumber),
            ("size", Kind::MaybeInteger),
            ("created_at", Kind::MaybeTime),
            ("started_at", Kind::MaybeTime),
            ("updated_at", Kind::MaybeTime),
            ("finished_at", Kind::MaybeTime),
            ("error", Kind::MaybeText),
            ("file_id", Kind::MaybeText),
            ("page_url", Kind::MaybeText),
        ],
    );
}

/// Checks a `Conversion`.
#[track_caller]
pub fn conversion(value: &Value) {
    exactly(
        value,
        &[
            ("id", Kind::Text),
            ("account", Kind::Text),
            ("provider", Kind::Text),
            ("file_id", Kind::MaybeText),
            ("name", Kind::MaybeText),
            ("state", Kind::Word(JOB_STATE)),
            ("raw_state", Kind::MaybeText),
            ("progress_percent", Kind::MaybeNumber),
            ("retries", Kind::MaybeInteger),
            ("updated_at", Kind::MaybeTime),
            ("page_url", Kind::MaybeText),
        ],
    );
}

/// Checks a `Provider`.
#[track_caller]
pub fn provider(value: &Value) {
    exactly(
        value,
        &[("id", Kind::Text), ("dialect", Kind::Text), ("base_url", Kind::Text), ("capabilities", Kind::Object)],
    );
}

/// Checks the effective capabilities of an account.
#[track_caller]
pub fn capabilities(value: &Value) {
    exactly(
        value,
        &[
            ("account", Kind::Text),
            ("provider", Kind::Text),
            ("dialect", Kind::Text),
            ("capabilities", Kind::Object),
            ("delete", Kind::Word(&["trash", "permanent"])),
            ("max_batch", Kind::Integer),
            ("max_upload_bytes", Kind::MaybeInteger),
        ],
    );
}

/// Checks the response of `/v1/me`: the client that sent the request.
#[track_caller]
pub fn me(value: &Value) {
    exactly(
        value,
        &[("name", Kind::Text), ("accounts", Kind::List), ("scopes", Kind::List), ("rate_limit", Kind::MaybeObject)],
    );
}

/// Checks an `UploadTicket`.
#[track_caller]
pub fn upload_ticket(value: &Value) {
    exactly(
        value,
        &[
            ("url", Kind::Text),
            ("method", Kind::Is("POST")),
            ("file_field", Kind::Text),
            ("expires_at", Kind::MaybeTime),
        ],
    );
}

/// Checks the usage of a folder: the counts and sizes of everything below it.
#[track_caller]
pub fn usage(value: &Value) {
    exactly(
        value,
        &[
            ("folders", Kind::Integer),
            ("files", Kind::Integer),
            ("bytes", Kind::MaybeInteger),
            ("unreadable", Kind::Integer),
            ("delete", Kind::Word(&["trash", "permanent"])),
        ],
    );
}

/// Checks an item of the response of a lookup.
#[track_caller]
pub fn lookup_item(value: &Value) {
    exactly(
        value,
        &[("id", Kind::Text), ("status", Kind::Integer), ("file", Kind::MaybeObject), ("problem", Kind::MaybeObject)],
    );
    if !value["file"].is_null() {
        file(&value["file"]);
    }
    if !value["problem"].is_null() {
        problem(&value["problem"]);
        assert_eq!(value["problem"]["status"], value["status"]);
    }
}

/// Checks a problem, the body of every error.
#[track_caller]
pub fn problem(value: &Value) {
    exactly(
        value,
        &[
            ("type", Kind::Text),
            ("title", Kind::Text),
            ("status", Kind::Integer),
            ("detail", Kind::Text),
            ("instance", Kind::Text),
            ("code", Kind::Text),
            ("request_id", Kind::Text),
            ("retryable", Kind::Flag),
            ("retry_after", Kind::MaybeInteger),
            ("errors", Kind::List),
            ("applied", Kind::List),
            ("left_behind", Kind::Flag),
            ("upstream", Kind::MaybeObject),
        ],
    );
    for fault in value["errors"].as_array().unwrap() {
        let place = if fault.get("parameter").is_some() { "parameter" } else { "pointer" };
        exactly(fault, &[(place, Kind::Text), ("detail", Kind::Text)]);
    }
    if !value["upstream"].is_null() {
        exactly(
            &value["upstream"],
            &[
                ("provider", Kind::Text),
                ("operation", Kind::Text),
                ("http_status", Kind::MaybeInteger),
                ("status", Kind::MaybeText),
                ("message", Kind::MaybeText),
            ],
        );
    }
}

/// Checks that an object holds these keys and no others.
#[track_caller]
pub fn keys(value: &Value, expected: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("not an object: {value}"));
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{value:#}");
}

#[track_caller]
fn exactly(value: &Value, fields: &[(&str, Kind)]) {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    keys(value, &names);
    for (name, kind) in fields {
        assert!(kind.holds(&value[name]), "{name} is not {kind:?} in {value:#}");
    }
}

impl Kind {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Is(text) => value == text,
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Text => value.is_string(),
            Self::Integer => value.is_u64(),
            Self::Flag => value.is_boolean(),
            Self::Time => value.as_str().is_some_and(is_time),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
            Self::MaybeWord(words) => value.is_null() || Self::Word(words).holds(value),
            Self::MaybeText => value.is_null() || value.is_string(),
            Self::MaybeInteger => value.is_null() || value.is_u64(),
            Self::MaybeNumber => value.is_null() || value.is_number(),
            Self::MaybeFlag => value.is_null() || value.is_boolean(),
            Self::MaybeTime => value.is_null() || Self::Time.holds(value),
            Self::MaybeList => value.is_null() || value.is_array(),
            Self::MaybeObject => value.is_null() || value.is_object(),
        }
    }
}

/// Returns whether a text is an RFC 3339 time in UTC, such as `2018-07-29T08:51:49Z`, with or without fractions of a
/// second.
fn is_time(text: &str) -> bool {
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let shape: String = whole.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect();
    shape == "dddd-dd-ddTdd:dd:dd" && fraction.bytes().all(|byte| byte.is_ascii_digit())
}
