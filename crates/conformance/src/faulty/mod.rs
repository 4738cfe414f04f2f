//! A provider with a deliberate fault. It forwards every call to a correct provider and gets one thing wrong. The suite
//! must fail for it. An adapter's tests wrap the adapter in each [`Fault`], to show that their subject gives the suite
//! enough to find it.

mod fault;
mod files;
mod folders;
mod jobs;
mod provider;
mod uploads;

use std::sync::Arc;

use polyhost_domain::{
    AccountName, Capability, DeleteSemantics, Digest, Error, ErrorKind, FolderId, Profile, Provider, Result, Support,
};

pub use fault::Fault;

use crate::Subject;

/// A provider with one fault.
pub struct Faulty {
    inner: Arc<dyn Provider>,
    fault: Fault,
    profile: Profile,
    foreign_account: AccountName,
    secret: String,
}

impl Fault {
    /// Returns whether the suite can notice the fault with a subject: the provider has the capabilities that the fault
    /// concerns, and the site has the files.
    #[must_use]
    pub fn shows_at(self, subject: &Subject) -> bool {
        let profile = subject.provider.profile();
        let site_has_it = match self {
            Self::BrokenFileReportedAsFound | Self::BrokenFileReportedAsUnknown => subject.known.broken.is_some(),
            Self::BlockedFileReportedAsUnknown => subject.known.blocked.is_some(),
            Self::ForbiddenReportedAsCredentials => subject.known.denied.is_some(),
            Self::SecretInText | Self::SecretInCause => !subject.secrets.is_empty(),
            Self::UploadIgnoresTheDigest | Self::UploadAnswersUpperCaseDigest => {
                profile.digests.contains(&Digest::Sha1)
            }
            Self::ListingOmitsSortKeys => !profile.sort_keys.is_empty(),
            Self::OnlyTheFirstBatch => profile.max_batch > files::BATCH,
            _ => true,
        };
        site_has_it && self.needs().iter().all(|capability| subject.can(*capability))
    }
}

/// A cause whose text contains a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct SecretCause(String);

impl Faulty {
    /// Creates a provider that has the fault. An error that reveals a secret reveals this one.
    #[must_use]
    pub fn new(inner: Arc<dyn Provider>, fault: Fault, secret: &str) -> Self {
        let foreign_account = "another-account".parse().unwrap_or_else(|_| inner.profile().origin.account.clone());
        let profile = profile(inner.profile(), fault);
        Self { inner, fault, profile, foreign_account, secret: secret.to_owned() }
    }

    /// Returns a subject whose provider and stranger have a fault.
    #[must_use]
    pub fn subject(subject: Subject, fault: Fault) -> Subject {
        let secret = subject.secrets.first().cloned().unwrap_or_default();
        let provider = Arc::new(Self::new(subject.provider, fault, &secret));
        let stranger = Arc::new(Self::new(subject.stranger, fault, &secret));
        Subject { provider, stranger, ..subject }
    }

    /// Returns whether the provider has this fault.
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Sends a request that the caller's call does not need.
    async fn send_extra_request(&self) {
        drop(self.inner.account().await);
    }

    /// Applies the faults that every method can have.
    fn with_error_fault<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| match (self.fault, error.kind()) {
            (Fault::CredentialsReportedAsForbidden, ErrorKind::CredentialsRejected) => {
                error.into_kind(ErrorKind::Forbidden)
            }
            (Fault::ForbiddenReportedAsCredentials, ErrorKind::Forbidden) => {
                error.into_kind(ErrorKind::CredentialsRejected)
            }
            (Fault::SecretInText, _) => error.with_detail(format!("rejected for {}", self.secret)),
            (Fault::SecretInCause, _) => error.with_source(SecretCause(self.secret.clone())),
            (Fault::QueryInText, _) => error.with_detail("no answer from https://site.example/v1?login=a"),
            _ => error,
        })
    }

    /// Returns `value` in place of a not-found error, if the provider has this fault.
    fn succeed_if_unknown<T>(&self, fault: Fault, outcome: Result<T>, value: T) -> Result<T> {
        match outcome {
            Err(error) if self.is(fault) && is_unknown(&error) => Ok(value),
            outcome => outcome,
        }
    }

    /// Returns the folder, or the root if the provider has this fault.
    fn folder_or_root<'a>(&self, fault: Fault, folder: &'a FolderId) -> &'a FolderId {
        if self.is(fault) { &FolderId::Root } else { folder }
    }
}

fn is_unknown(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::FileNotFound | ErrorKind::FolderNotFound)
}

fn profile(good: &Profile, fault: Fault) -> Profile {
    let mut profile = good.clone();
    let change = match fault {
        Fault::SaysEmulated => Some((Capability::FilesCopy, Support::Emulated)),
        Fault::CopyNativeButRefused => Some((Capability::FilesCopy, Support::Native)),
        Fault::UnsupportedAfterRequest | Fault::UnsupportedReportedAsRejected => {
            Some((Capability::FilesCopy, Support::Unsupported))
        }
        Fault::BatchUnsupportedAfterRequest => Some((Capability::FilesLookup, Support::Unsupported)),
        Fault::RenameUnsupportedButDone => Some((Capability::FilesRename, Support::Unsupported)),
        _ => None,
    };
    if let Some((capability, support)) = change {
        profile.capabilities = profile.capabilities.with(capability, support);
    }
    if fault == Fault::WrongDeleteSemantics {
        profile.delete = match good.delete {
            DeleteSemantics::Permanent => DeleteSemantics::Trash,
            DeleteSemantics::Trash => DeleteSemantics::Permanent,
        };
    }
    if fault == Fault::MaxBatchZero {
        profile.max_batch = 0;
    }
    profile
}
