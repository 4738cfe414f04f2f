//! A provider broken on purpose: it passes everything on to a good one, and gets one thing wrong. A suite that passes it
//! has no teeth; an adapter's tests wrap the adapter in each [`Fault`] to show that its subject has what the suite needs.

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
    nobody: AccountName,
    secret: String,
}

impl Fault {
    /// Whether the fault makes a difference that the suite can see at a subject: its provider has what the fault is
    /// about, and its site has the files.
    #[must_use]
    pub fn shows_at(self, subject: &Subject) -> bool {
        let profile = subject.provider.profile();
        let there = match self {
            Self::BrokenIsFound | Self::BrokenIsUnknown => subject.known.broken.is_some(),
            Self::BlockIsUnknown => subject.known.blocked.is_some(),
            Self::DenialToldAsCredentials => subject.known.denied.is_some(),
            Self::SecretInWords | Self::SecretInCause => !subject.secrets.is_empty(),
            Self::UploadDropsTheDigest | Self::UploadAnswersALoudDigest => profile.digests.contains(&Digest::Sha1),
            Self::ListingWithoutKeys => !profile.sort_keys.is_empty(),
            Self::OnlyTheFirstBatch => profile.max_batch > files::BATCH,
            _ => true,
        };
        there && self.needs().iter().all(|capability| subject.can(*capability))
    }
}

/// A cause that tells too much.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Indiscreet(String);

impl Faulty {
    /// The same provider with a fault. An error that tells a secret tells this one.
    #[must_use]
    pub fn new(inner: Arc<dyn Provider>, fault: Fault, secret: &str) -> Self {
        let nobody = "nobody-at-all".parse().unwrap_or_else(|_| inner.profile().origin.account.clone());
        let profile = profile(inner.profile(), fault);
        Self { inner, fault, profile, nobody, secret: secret.to_owned() }
    }

    /// A subject whose provider and stranger have a fault.
    #[must_use]
    pub fn subject(subject: Subject, fault: Fault) -> Subject {
        let secret = subject.secrets.first().cloned().unwrap_or_default();
        let provider = Arc::new(Self::new(subject.provider, fault, &secret));
        let stranger = Arc::new(Self::new(subject.stranger, fault, &secret));
        Subject { provider, stranger, ..subject }
    }

    /// Whether the fault is this one.
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Sends a request that nobody asked for.
    async fn knock(&self) {
        drop(self.inner.account().await);
    }

    /// An outcome with what any method may get wrong.
    fn told<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.map_err(|error| match (self.fault, error.kind()) {
            (Fault::CredentialsToldAsDenial, ErrorKind::CredentialsRejected) => error.into_kind(ErrorKind::Forbidden),
            (Fault::DenialToldAsCredentials, ErrorKind::Forbidden) => error.into_kind(ErrorKind::CredentialsRejected),
            (Fault::SecretInWords, _) => error.with_detail(format!("refused for {}", self.secret)),
            (Fault::SecretInCause, _) => error.with_source(Indiscreet(self.secret.clone())),
            (Fault::QueryInWords, _) => error.with_detail("no answer from https://site.example/v1?login=a"),
            _ => error,
        })
    }

    /// An outcome that is none where the site knows nothing of what was named.
    fn fine_if_unknown<T>(&self, fault: Fault, outcome: Result<T>, instead: T) -> Result<T> {
        match outcome {
            Err(error) if self.is(fault) && is_unknown(&error) => Ok(instead),
            outcome => outcome,
        }
    }

    /// The folder, or the root where the fault forgets it.
    fn forgetting<'a>(&self, fault: Fault, folder: &'a FolderId) -> &'a FolderId {
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
        Fault::ClaimsTooMuch => Some((Capability::FilesCopy, Support::Native)),
        Fault::RefusesAloud | Fault::RefusesInOtherWords => Some((Capability::FilesCopy, Support::Unsupported)),
        Fault::BatchRefusedAloud => Some((Capability::FilesLookup, Support::Unsupported)),
        Fault::ClaimsTooLittle => Some((Capability::FilesRename, Support::Unsupported)),
        _ => None,
    };
    if let Some((capability, support)) = change {
        profile.capabilities = profile.capabilities.with(capability, support);
    }
    if fault == Fault::MistakesTheTrash {
        profile.delete = match good.delete {
            DeleteSemantics::Permanent => DeleteSemantics::Trash,
            DeleteSemantics::Trash => DeleteSemantics::Permanent,
        };
    }
    if fault == Fault::TakesNoBatch {
        profile.max_batch = 0;
    }
    profile
}
