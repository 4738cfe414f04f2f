//! New folders and changed ones. A folder without the password that it was to have is open, so that is looked at.

use md5::{Digest as _, Md5};
use polyhost_domain::{Error, ErrorKind, Folder, FolderEdit, FolderId, NewFolder, PasswordChange, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::checks::make_sure_of;
use crate::client::{Answered, Site};
use crate::convert::Convert;
use crate::request::FolderChange;
use crate::wire;

/// How the site is told to remove a password.
const NONE: &str = "null";

/// What the password of a folder is to be.
struct Wish {
    /// In the site's words.
    words: SecretString,
    guarded: bool,
}

pub(crate) async fn create(site: &Site, convert: &Convert, new: NewFolder) -> Result<Folder> {
    if let FolderId::Child(_) = &new.parent {
        make_sure_of(site, &new.parent).await?;
    }
    // A new folder has no password to be removed.
    let wish = new.password.as_ref().map(Wish::of).filter(|wish| wish.guarded);
    let change = FolderChange {
        name: Some(new.name.as_str()),
        visibility: new.visibility,
        password: wish.as_ref().map(|wish| &wish.words),
    };
    let mut answered = site.folder_create(&new.parent, change).await?;
    let wire = std::mem::take(&mut answered.value);
    let told = wish.as_ref().and_then(|wish| wish.granted_by(&wire));
    let folder = convert.folder(wire, &answered.zone, Some(&new.parent));
    let folder = folder.ok_or_else(|| answered.missing("the folder's id"))?;
    if is_ignored(site, &folder.id, wish.as_ref(), told).await {
        // Nobody is told of it, so it must not stay.
        site.folder_delete(&folder.id).await.map_err(|error| left_open(error, &folder.id))?;
        return Err(refused(&answered));
    }
    Ok(folder)
}

pub(crate) async fn edit(
    site: &Site,
    convert: &Convert,
    folder: &FolderId,
    edit: FolderEdit,
) -> Result<Option<Folder>> {
    let wish = edit.password.as_ref().map(Wish::of);
    let name = match (&edit.name, &wish) {
        (Some(name), _) => Some(name.as_str().to_owned()),
        // Some versions of the script do not see a password that comes without a name.
        (None, Some(_)) => Some(name_of(site, folder).await?),
        (None, None) => None,
    };
    let password = wish.as_ref().map(|wish| &wish.words);
    let change = FolderChange { name: name.as_deref(), visibility: edit.visibility, password };
    let mut answered = site.folder_edit(folder, change).await?;
    let changed = answered.value.take().unwrap_or_default();
    let told = wish.as_ref().and_then(|wish| wish.granted_by(&changed));
    if is_ignored(site, folder, wish.as_ref(), told).await {
        return Err(refused(&answered));
    }
    let changed = convert.folder(changed, &answered.zone, None);
    Ok(changed.filter(|changed| changed.id == *folder))
}

async fn name_of(site: &Site, folder: &FolderId) -> Result<String> {
    let mut answered = site.folder_info(folder).await?;
    let name = answered.value.folder_name.take();
    name.ok_or_else(|| answered.missing("the folder's name"))
}

/// Whether a wish was not granted, where the answer to it has told this. Unless that was a yes, the site is asked afresh;
/// one that does not say, or cannot be asked, is believed its first answer.
async fn is_ignored(site: &Site, folder: &FolderId, wish: Option<&Wish>, told: Option<bool>) -> bool {
    let Some(wish) = wish.filter(|_| told != Some(true)) else { return false };
    let seen = match site.folder_info(folder).await {
        Ok(answered) => wish.granted_by(&answered.value),
        Err(error) => {
            tracing::debug!(%error, "whether a folder has its password cannot be asked");
            None
        }
    };
    seen.or(told) == Some(false)
}

fn refused<T>(answered: &Answered<T>) -> Error {
    let error = answered.reply.error(ErrorKind::Rejected, None, None);
    error.with_detail("The site does not do what was asked about the folder's password.")
}

fn left_open(error: Error, folder: &FolderId) -> Error {
    let detail = format!("The site made the folder \"{folder}\" without its password, and it could not be removed.");
    error.into_kind(ErrorKind::Rejected).retryable(false).with_detail(detail)
}

impl Wish {
    fn of(change: &PasswordChange) -> Self {
        match change {
            PasswordChange::Set(password) => {
                let words = hex::encode(Md5::digest(password.expose_secret().as_bytes()));
                Self { words: words.into(), guarded: true }
            }
            PasswordChange::Remove => Self { words: NONE.into(), guarded: false },
        }
    }

    /// Whether a folder is as wished, if it tells.
    fn granted_by(&self, folder: &wire::Folder) -> Option<bool> {
        let told = folder.access_password.as_ref()?;
        Some(match told {
            None => !self.guarded,
            Some(told) => {
                // A site may mask what it has; a digest can be another, which has stayed.
                let is_digest = told.len() == 32 && told.bytes().all(|byte| byte.is_ascii_hexdigit());
                self.guarded && (!is_digest || told.eq_ignore_ascii_case(self.words.expose_secret()))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(json: &str) -> wire::Folder {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_password_goes_as_its_md5_and_its_removal_as_a_word() {
        let set = Wish::of(&PasswordChange::Set("open sesame".into()));
        assert_eq!(set.words.expose_secret(), "54ef36ec71201fdf9d1423fd26f97f6b");
        assert_eq!(Wish::of(&PasswordChange::Remove).words.expose_secret(), "null");
    }

    #[test]
    fn a_wish_is_granted_where_the_answer_says_so() {
        let set = Wish::of(&PasswordChange::Set("open sesame".into()));
        let remove = Wish::of(&PasswordChange::Remove);
        let rows = [
            (r#"{"accessPassword": "54EF36EC71201FDF9D1423FD26F97F6B"}"#, Some(true), Some(false)),
            (r#"{"accessPassword": "d9729feb74992cc3482b350163a1a010"}"#, Some(false), Some(false)),
            (r#"{"accessPassword": "****"}"#, Some(true), Some(false)),
            (r#"{"accessPassword": null}"#, Some(false), Some(true)),
            (r#"{"accessPassword": ""}"#, Some(false), Some(true)),
            (r#"{"id": "1"}"#, None, None),
        ];
        for (json, when_set, when_removed) in rows {
            assert_eq!(set.granted_by(&folder(json)), when_set, "{json}");
            assert_eq!(remove.granted_by(&folder(json)), when_removed, "{json}");
        }
    }
}
