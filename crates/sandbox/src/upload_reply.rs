//! The forms of a site's reply to an upload.

use serde_json::Value;

/// The parts of the file's id and URL in the reply to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UploadReply {
    /// The id, and the URL of the file's page.
    #[default]
    Whole,
    /// Only the URL.
    UrlAlone,
    /// Neither.
    Nameless,
}

/// The container of the uploaded file in the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyShape {
    /// An array of one object.
    Array,
    /// The object itself.
    Object,
}

/// The size in the reply to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplySize {
    /// The size.
    #[default]
    Actual,
    /// The key is missing.
    Missing,
    /// 0, for every size.
    Zero,
    /// `false`.
    False,
}

impl ReplyShape {
    pub(crate) fn hold(self, file: Value) -> Value {
        match self {
            Self::Array => Value::Array(vec![file]),
            Self::Object => file,
        }
    }
}

impl ReplySize {
    /// Changes the `size` of a reply. `zero` is 0 in the reply's number format.
    pub(crate) fn apply(self, file: &mut Value, zero: Value) {
        match self {
            Self::Actual => {}
            Self::Missing => remove(file, &["size"]),
            Self::Zero => file["size"] = zero,
            Self::False => file["size"] = Value::Bool(false),
        }
    }
}

/// Removes keys from a reply.
pub(crate) fn remove(file: &mut Value, keys: &[&str]) {
    if let Some(fields) = file.as_object_mut() {
        fields.retain(|name, _| !keys.contains(&name.as_str()));
    }
}
