//! The capabilities of a provider, and the provider's support of each.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

macro_rules! capabilities {
    ($($variant:ident = $name:literal: $doc:literal,)*) => {
        /// A kind of operation that a provider may support.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Capability {
            $(#[doc = $doc] $variant,)*
        }

        impl Capability {
            /// Every capability, in the order of the API's pages.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name in the API.
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
    AccountLimits = "account.limits": "Reading the limits of the plan.",
    FilesLookup = "files.lookup": "Reading many files at once.",
    FilesRead = "files.read": "Reading one file.",
    FilesUpload = "files.upload": "Uploading a file.",
    FilesRename = "files.rename": "Renaming a file.",
    FilesMove = "files.move": "Moving a file to another folder.",
    FilesSetContentType = "files.set_content_type": "Changing the media type of a file.",
    FilesCopy = "files.copy": "Copying a file.",
    FilesDelete = "files.delete": "Deleting a file.",
    FilesDownload = "files.download": "Downloading a file.",
    FilesThumbnail = "files.thumbnail": "Getting the address of a file's thumbnail.",
    FilesUploadTicket = "files.upload_ticket": "Getting an address to which a client uploads a file directly.",
    FoldersRead = "folders.read": "Reading one folder.",
    FoldersList = "folders.list": "Listing a folder.",
    FoldersCreate = "folders.create": "Creating a folder.",
    FoldersRename = "folders.rename": "Renaming a folder.",
    FoldersMove = "folders.move": "Moving a folder to another parent.",
    FoldersVisibility = "folders.visibility": "Setting who may see a folder.",
    FoldersPassword = "folders.password": "Protecting a folder with a password.",
    FoldersDelete = "folders.delete": "Deleting a folder.",
    RemoteUploadsCreate = "remote_uploads.create": "Having the site fetch a file.",
    RemoteUploadsHeaders = "remote_uploads.headers": "Having the site send header fields when it fetches.",
    RemoteUploadsList = "remote_uploads.list": "Listing remote uploads.",
    RemoteUploadsRead = "remote_uploads.read": "Reading one remote upload.",
    RemoteUploadsCancel = "remote_uploads.cancel": "Cancelling a remote upload.",
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

/// The error for a text that names no capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a capability")]
pub struct UnknownCapability;

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, UnknownCapability> {
        Self::ALL.iter().copied().find(|capability| capability.as_str() == text).ok_or(UnknownCapability)
    }
}

/// A provider's support of a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The site itself does it.
    Native,
    /// Polyhost builds it from other operations of the site.
    Emulated,
    /// It cannot be done; a request for it is answered with 422 `capability_unsupported`.
    Unsupported,
}

/// The support of every capability at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capabilities(BTreeMap<Capability, Support>);

impl Capabilities {
    /// Returns capabilities of which these are native and all others unsupported.
    #[must_use]
    pub fn native(supported: &[Capability]) -> Self {
        let support = |capability| {
            if supported.contains(capability) { Support::Native } else { Support::Unsupported }
        };
        Self(Capability::ALL.iter().map(|capability| (*capability, support(capability))).collect())
    }

    /// Returns the support of a capability.
    #[must_use]
    pub fn support(&self, capability: Capability) -> Support {
        self.0.get(&capability).copied().unwrap_or(Support::Unsupported)
    }

    /// Returns whether a capability is native or emulated.
    #[must_use]
    pub fn supports(&self, capability: Capability) -> bool {
        self.support(capability) != Support::Unsupported
    }

    /// Returns these capabilities with another support of one of them.
    #[must_use]
    pub fn with(mut self, capability: Capability, support: Support) -> Self {
        self.0.insert(capability, support);
        self
    }
}

impl utoipa::PartialSchema for Capabilities {
    fn schema() -> RefOr<Schema> {
        let build = Capability::ALL.iter().fold(
            ObjectBuilder::new().description(Some("The support of each capability by the provider, by its name.")),
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
    fn every_capability_is_parsed_from_its_name() {
        for capability in Capability::ALL {
            assert_eq!(capability.as_str().parse::<Capability>(), Ok(*capability));
        }
        assert!("files.fly".parse::<Capability>().is_err());
    }

    #[test]
    fn capability_map_contains_every_capability() {
        let map = Capabilities::native(&[Capability::FilesRead]);
        let json = serde_json::to_value(&map).unwrap();
        assert_eq!(json.as_object().unwrap().len(), Capability::ALL.len());
        assert_eq!(json["files.read"], "native");
        assert_eq!(json["files.copy"], "unsupported");
    }
}
