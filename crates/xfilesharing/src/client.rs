//! The site's endpoints, for one account: sending a request, and the reads that several operations share.

use polyhost_domain::{AccountName, Error, ErrorKind, FileId, FolderId, Listing, Result};
use polyhost_upstream::Client;
use secrecy::SecretString;
use url::Url;

use crate::convert::Convert;
use crate::envelope::Answer;
use crate::error::detail;
use crate::flavour::Traits;
use crate::named::Named;
use crate::request::Request;
use crate::{listing, wire};

/// The endpoints of a site, for one account.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) http: Client,
    pub(crate) base_url: Url,
    pub(crate) key: SecretString,
    pub(crate) traits: &'static Traits,
    pub(crate) convert: Convert,
}

impl Site {
    /// Sends a request, and reads the answer if it is a success.
    ///
    /// # Errors
    /// The error of the site, of the transport, or of `read`.
    pub(crate) async fn call<T>(
        &self,
        request: Request,
        named: Named<'_>,
        read: impl Fn(&Answer<'_>) -> Result<T>,
    ) -> Result<T> {
        let outcome = self.send(request, named, read).await;
        match outcome {
            Err(denial) if self.may_be_the_key(&denial, named) => Err(self.classify_denial(denial).await),
            outcome => outcome,
        }
    }

    /// Sends a write whose answer has no data.
    ///
    /// # Errors
    /// As [`Site::call`].
    pub(crate) async fn confirm(&self, request: Request, named: Named<'_>) -> Result<()> {
        self.call(request, named, |_| Ok(())).await
    }

    async fn send<T>(&self, request: Request, named: Named<'_>, read: impl Fn(&Answer<'_>) -> Result<T>) -> Result<T> {
        let call = request.into_call(&self.base_url, self.traits.transport, &self.key);
        self.http.send(call, |reply| read(&Answer::of(&reply, named, self.account())?)).await
    }

    fn may_be_the_key(&self, denial: &Error, named: Named<'_>) -> bool {
        denial.kind() == ErrorKind::Forbidden
            && self.traits.unknown_denial_may_be_the_key
            && !matches!(named, Named::Account)
    }

    /// Returns the error of a denial that may be about the action or about the key: the account is read to find out.
    async fn classify_denial(&self, denial: Error) -> Error {
        match self.account_info().await {
            Err(error) if error.kind() == ErrorKind::CredentialsRejected => {
                let kind = ErrorKind::CredentialsRejected;
                denial.into_kind(kind).with_detail(detail(kind, Named::Account, self.account()))
            }
            _ => denial,
        }
    }

    pub(crate) fn account(&self) -> &AccountName {
        &self.http.origin().account
    }

    pub(crate) async fn account_info(&self) -> Result<polyhost_domain::Account> {
        self.send(Request::read("account/info"), Named::Account, |answer| {
            let account: wire::Account = answer.value()?;
            // An answer without any of them describes no account, and proves nothing about the key.
            if account.email.is_none() && account.login.is_none() && account.balance.is_none() {
                return Err(answer.missing("the account"));
            }
            Ok(self.convert.account(account, &answer.zone))
        })
        .await
    }

    /// Checks that a folder exists and is the account's. Several writes accept any folder without a word. The root
    /// always exists, so nothing is sent for it.
    ///
    /// # Errors
    /// `FolderNotFound`, or the error of the call.
    pub(crate) async fn check_folder(&self, folder: &FolderId) -> Result<()> {
        if *folder == FolderId::Root {
            return Ok(());
        }
        let request = Request::read("folder/list").with_child("fld_id", folder);
        self.call(request, Named::Folder(folder), |answer| answer.value::<wire::FolderListing<'_>>().map(drop)).await
    }

    /// Returns the folders and files of a folder by one call, without the sizes that some sites report elsewhere.
    ///
    /// # Errors
    /// `FolderNotFound`, or the error of the call.
    pub(crate) async fn snapshot(&self, folder: &FolderId) -> Result<Listing> {
        let request = Request::read("folder/list").with_child("fld_id", folder).with("files", "1");
        let named = match folder {
            FolderId::Root => Named::Nothing,
            FolderId::Child(_) => Named::Folder(folder),
        };
        self.call(request, named, |answer| listing::of_folder(&self.convert, answer, folder)).await
    }

    /// Returns whether a folder of the account has a file.
    ///
    /// # Errors
    /// The error of the calls.
    pub(crate) async fn holds(&self, folder: &FolderId, file: &FileId) -> Result<bool> {
        let listing = listing::whole(self, folder, listing::Sizes::Omitted).await?;
        Ok(listing.files.iter().any(|listed| listed.id == *file))
    }
}

/// Returns whether a read that follows a write shows nothing about it, because it failed.
pub(crate) fn is_inconclusive(error: &Error) -> bool {
    !matches!(error.kind(), ErrorKind::FileNotFound | ErrorKind::FolderNotFound)
}

/// Returns the error of a write that the site has confirmed and not carried out.
pub(crate) fn no_effect(site: &Site, operation: &'static str, is_ours: bool, named: Named<'_>) -> Error {
    let kind = if is_ours { ErrorKind::Rejected } else { ErrorKind::FileNotFound };
    let text = match kind {
        ErrorKind::Rejected => "The site confirmed the change, but did not make it.".to_owned(),
        kind => detail(kind, named, site.account()),
    };
    Error::new(kind).at(&site.http.origin().provider, operation).with_detail(text)
}
