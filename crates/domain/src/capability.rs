//! The names of what can be done at a provider, and how well each of them does it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

macro_rules! capabilities {
    ($($variant:ident = $name:literal: $doc:literal,)*) => {
        /// Something that can be done at a provider.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Capability {
            $(#[doc = $doc] $variant,)*
        }

        impl Capability {
            /// Every capability, in the order of the API's pages.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

capabilities! {
    AccountRead = "account.read": "Reading the account.",
    AccountLimits = "account.limits": "Reading what the plan allows.",
    FilesLookup = "files.lookup": "Reading many files at once.",
    FilesRead = "files.read": "Reading one file.",
    FilesUpload = "files.upload": "Uploading a file.",
    FilesRename = "files.rename": "Giving a file another name.",
    FilesMove = "files.move": "Moving a file to another folder.",
    FilesSetContentType = "files.set_content_type": "Giving a file another media type.",
    FilesCopy = "files.copy": "Copying a file.",
    FilesDelete = "files.delete": "Deleting a file.",
    FilesDownload = "files.download": "Downloading a file.",
    FilesThumbnail = "files.thumbnail": "Finding a file's picture.",
    FilesUploadTicket = "files.upload_ticket": "Getting an address that takes the bytes directly.",
    FoldersRead = "folders.read": "Reading one folder.",
    FoldersList = "folders.list": "Listing a folder.",
    FoldersCreate = "folders.create": "Making a folder.",
    FoldersRename = "folders.rename": "Giving a folder another name.",
    FoldersMove = "folders.move": "Moving a folder to another parent.",
    FoldersVisibility = "folders.visibility": "Saying who may see a folder.",
    FoldersPassword = "folders.password": "Guarding a folder with a password.",
    FoldersDelete = "folders.delete": "Deleting a folder.",
    RemoteUploadsCreate = "remote_uploads.create": "Having the site fetch a file.",
    RemoteUploadsHeaders = "remote_uploads.headers": "Having the site send header fields when it fetches.",
    RemoteUploadsList = "remote_uploads.list": "Listing remote uploads.",
    RemoteUploadsRead = "remote_uploads.read": "Reading one remote upload.",
    ConversionsList = "conversions.list": "Listing conversions.",
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A text that names no capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a capability")]
pub struct UnknownCapability;

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, UnknownCapability> {
        Self::ALL.iter().copied().find(|capability| capability.as_str() == text).ok_or(UnknownCapability)
    }
}

/// How something is done at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The site itself does it.
    Native,
    /// Polyhost makes it from what the site does.
    Emulated,
    /// It cannot be done; asking for it is answered with 422 `capability_unsupported`.
    Unsupported,
}

/// The support of every capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capabilities(BTreeMap<Capability, Support>);

impl Capabilities {
    /// These are native, all others unsupported.
    #[must_use]
    pub fn native(supported: &[Capability]) -> Self {
        let support = |capability| {
            if supported.contains(capability) { Support::Native } else { Support::Unsupported }
        };
        Self(Capability::ALL.iter().map(|capability| (*capability, support(capability))).collect())
    }

    /// The support of one.
    #[must_use]
    pub fn support(&self, capability: Capability) -> Support {
        self.0.get(&capability).copied().unwrap_or(Support::Unsupported)
    }

    /// Whether it can be done at all.
    #[must_use]
    pub fn supports(&self, capability: Capability) -> bool {
        self.support(capability) != Support::Unsupported
    }

    /// The same with another support of one of them.
    #[must_use]
    pub fn with(mut self, capability: Capability, support: Support) -> Self {
        self.0.insert(capability, support);
        self
    }
}

impl utoipa::PartialSchema for Capabilities {
    fn schema() -> RefOr<Schema> {
        let build = Capability::ALL.iter().fold(
            ObjectBuilder::new().description(Some("How each capability is done at the provider, by its name.")),
            |object, capability| object.property(capability.as_str(), Support::schema()).required(capability.as_str()),
        );
        RefOr::T(Schema::Object(build.schema_type(Type::Object).build()))
    }
}

impl ToSchema for Capabilities {
    fn name() -> std::borrow::Cow<'static, str> {
        "CapabilityMap".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_one_name_and_is_found_by_it() {
        for capability in Capability::ALL {
            assert_eq!(capability.as_str().parse::<Capability>(), Ok(*capability));
        }
        assert!("files.fly".parse::<Capability>().is_err());
    }

    #[test]
    fn a_map_of_capabilities_names_them_all() {
        let map = Capabilities::native(&[Capability::FilesRead]);
        let json = serde_json::to_value(&map).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Capability::ALL.len());
        assert_eq!(json["files.read"], "native");
        assert_eq!(json["files.copy"], "unsupported");
    }
}
