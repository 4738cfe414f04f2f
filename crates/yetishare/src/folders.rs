//! Creating and changing folders. A site may ignore a folder's password, which leaves the folder open. Therefore the
//! password is verified after the change.

use md5::{Digest as _, Md5};
use polyhost_domain::{Error, ErrorKind, Folder, FolderEdit, FolderId, NewFolder, PasswordChange, Result};
use secrecy::{ExposeSecret, SecretString};

use crate::checks::verify_target;
use crate::client::{Answered, Site};
use crate::convert::Convert;
use crate::request::FolderChange;
use crate::wire;

/// The value of `access_password` that removes a password.
const NO_PASSWORD: &str = "null";

/// A requested change of a folder's password.
struct RequestedPassword {
    /// The value of `access_password`: the MD5 of the password, or [`NO_PASSWORD`].
    value: SecretString,
    /// Whether a password is set, not removed.
    is_set: bool,
}

pub(crate) async fn create(site: &Site, convert: &Convert, new: NewFolder) -> Result<Folder> {
    if let FolderId::Child(_) = &new.parent {
        verify_target(site, &new.parent).await?;
    }
    // A new folder has no password to remove.
    let requested = new.password.as_ref().map(RequestedPassword::of).filter(|requested| requested.is_set);
    let change = FolderChange {
        name: Some(new.name.as_str()),
        visibility: new.visibility,
        password: requested.as_ref().map(|requested| &requested.value),
    };
    let mut answered = site.folder_create(&new.parent, change).await?;
    let wire = std::mem::take(&mut answered.value);
    let confirmed = requested.as_ref().and_then(|requested| requested.is_fulfilled_by(&wire));
    let folder = convert.folder(wire, &answered.zone, Some(&new.parent));
    let folder = folder.ok_or_else(|| answered.missing("the folder's id"))?;
    if is_ignored(site, &folder.id, requested.as_ref(), confirmed).await {
        // The caller gets an error and not the folder's id, so the folder must not remain.
        site.folder_delete(&folder.id).await.map_err(|error| left_open(error, &folder.id))?;
        return Err(password_ignored(&answered));
    }
    Ok(folder)
}

pub(crate) async fn edit(
    site: &Site,
    convert: &Convert,
    folder: &FolderId,
    edit: FolderEdit,
) -> Result<Option<Folder>> {
    let requested = edit.password.as_ref().map(RequestedPassword::of);
    let name = match (&edit.name, &requested) {
        (Some(name), _) => Some(name.as_str().to_owned()),
        // Some versions of the script ignore a password without a name.
        (None, Some(_)) => Some(name_of(site, folder).await?),
        (None, None) => None,
    };
    let password = requested.as_ref().map(|requested| &requested.value);
    let change = FolderChange { name: name.as_deref(), visibility: edit.visibility, password };
    let mut answered = site.folder_edit(folder, change).await?;
    let changed = answered.value.take().unwrap_or_default();
    let confirmed = requested.as_ref().and_then(|requested| requested.is_fulfilled_by(&changed));
    if is_ignored(site, folder, requested.as_ref(), confirmed).await {
        return Err(password_ignored(&answered));
    }
    let changed = convert.folder(changed, &answered.zone, None);
    Ok(changed.filter(|changed| changed.id == *folder))
}

async fn name_of(site: &Site, folder: &FolderId) -> Result<String> {
    let mut answered = site.folder_info(folder).await?;
    let name = answered.value.folder_name.take();
    name.ok_or_else(|| answered.missing("the folder's name"))
}

/// Returns whether the site has ignored a requested password. `confirmed` is the password's state in the answer to the
/// change.
///
/// Unless that answer confirmed the password, the folder is read again. If the read fails or does not contain the
/// password's state, the answer to the change decides.
async fn is_ignored(
    site: &Site,
    folder: &FolderId,
    requested: Option<&RequestedPassword>,
    confirmed: Option<bool>,
) -> bool {
    let Some(requested) = requested.filter(|_| confirmed != Some(true)) else { return false };
    let read_back = match site.folder_info(folder).await {
        Ok(answered) => requested.is_fulfilled_by(&answered.value),
        Err(error) => {
            tracing::debug!(%error, "a folder's password cannot be verified");
            None
        }
    };
    read_back.or(confirmed) == Some(false)
}

fn password_ignored<T>(answered: &Answered<T>) -> Error {
    let error = answered.reply.error(ErrorKind::Rejected, None, None);
    error.with_detail("The site ignored the change of the folder's password.")
}

fn left_open(error: Error, folder: &FolderId) -> Error {
    let detail = format!("The site created the folder \"{folder}\" without its password, and it could not be removed.");
    error.into_kind(ErrorKind::Rejected).retryable(false).with_detail(detail)
}

impl RequestedPassword {
    fn of(change: &PasswordChange) -> Self {
        match change {
            PasswordChange::Set(password) => {
                let digest = hex::encode(Md5::digest(password.expose_secret().as_bytes()));
                Self { value: digest.into(), is_set: true }
            }
            PasswordChange::Remove => Self { value: NO_PASSWORD.into(), is_set: false },
        }
    }

    /// Returns whether a folder has the requested password; `None` where the answer does not contain it.
    fn is_fulfilled_by(&self, folder: &wire::Folder) -> Option<bool> {
        let reported = folder.access_password.as_ref()?;
        Some(match reported {
            None => !self.is_set,
            Some(reported) => {
                // A site may mask the password, which then counts as set. A different digest is the old password's.
                let is_digest = reported.len() == 32 && reported.bytes().all(|byte| byte.is_ascii_hexdigit());
                self.is_set && (!is_digest || reported.eq_ignore_ascii_case(self.value.expose_secret()))
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
    fn password_is_sent_as_its_md5_and_removal_as_null() {
        let set = RequestedPassword::of(&PasswordChange::Set("open sesame".into()));
        assert_eq!(set.value.expose_secret(), "54ef36ec71201fdf9d1423fd26f97f6b");
        assert_eq!(RequestedPassword::of(&PasswordChange::Remove).value.expose_secret(), "null");
    }

    #[test]
    fn answer_confirms_or_denies_the_requested_password() {
        let set = RequestedPassword::of(&PasswordChange::Set("open sesame".into()));
        let remove = RequestedPassword::of(&PasswordChange::Remove);
        let rows = [
            (r#"{"accessPassword": "54EF36EC71201FDF9D1423FD26F97F6B"}"#, Some(true), Some(false)),
            (r#"{"accessPassword": "d9729feb74992cc3482b350163a1a010"}"#, Some(false), Some(false)),
            (r#"{"accessPassword": "****"}"#, Some(true), Some(false)),
            (r#"{"accessPassword": null}"#, Some(false), Some(true)),
            (r#"{"accessPassword": ""}"#, Some(false), Some(true)),
            (r#"{"id": "1"}"#, None, None),
        ];
        for (json, when_set, when_removed) in rows {
            assert_eq!(set.is_fulfilled_by(&folder(json)), when_set, "{json}");
            assert_eq!(remove.is_fulfilled_by(&folder(json)), when_removed, "{json}");
        }
    }
}
