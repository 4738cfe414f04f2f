//! `/v1/accounts/{account}/folders`: reading, creating, changing and deleting folders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use polyhost_domain::{Capability, EntryName, Folder, FolderEdit, NewFolder, PasswordChange, Visibility};
use polyhost_engine::changes::{self, Deletion, FolderChange, change_folder};
use polyhost_engine::emulate::{self, Usage};
use polyhost_engine::problem::{Fault, Faults};
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::cached::{self, Unchanged};
use super::callers::NoParameters;
use super::conditions::WriteConditions;
use super::paths::{AccountPath, FolderPath};
use crate::app::App;
use crate::extract::{Access, CacheControl, Conditions, StrictJson, StrictQuery, flag, present};
use crate::problem::{ChangeFolderProblems, CreateProblems, DeleteFolderProblems, Failure, ReadFolderProblems};

/// Get a folder.
///
/// The id `root` returns the root folder, whose name is empty. OpenLoad dialect: emulated, by walking the listings from
/// the root. A walk that exceeds its limit fails with 504 `upstream_timeout`; each retry gets further. YetiShare
/// dialect: `folder/info`.
#[utoipa::path(get, path = "/v1/accounts/{account}/folders/{id}", tag = "Folders",
    params(FolderPath),
    responses(
        (status = 200, description = "The folder", body = Folder, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ReadFolderProblems
    ))]
pub(crate) async fn get_folder(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    let id = access.folder()?;
    cached::known(&conditions, &emulate::folder(app.catalogue(), &access.account, &id, freshness).await?)
}

/// Count the contents of a folder.
///
/// Returns the number and size of all folders and files below it. A recursive deletion of the folder would delete these
/// contents. Emulated at every site, by walking the listings below the folder.
#[utoipa::path(get, path = "/v1/accounts/{account}/folders/{id}/usage", tag = "Folders",
    params(FolderPath),
    responses(
        (status = 200, description = "The number and size of the contents", body = Usage, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ReadFolderProblems
    ))]
pub(crate) async fn get_folder_usage(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    let id = access.folder()?;
    cached::known(&conditions, &emulate::usage(app.catalogue(), &access.account, &id, freshness).await?)
}

/// The properties of a new folder.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Holidays", "parent_id": "root"}))]
pub(crate) struct FolderInput {
    /// The folder's name.
    #[schema(value_type = EntryName)]
    pub name: String,
    /// The parent folder; the root by default.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub parent_id: Option<String>,
    /// The visibility of the folder.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub visibility: Option<Visibility>,
    /// The password that protects the folder; `null` for none.
    #[serde(default, deserialize_with = "password")]
    #[schema(value_type = Option<String>, write_only, min_length = 1)]
    pub password: Option<PasswordChange>,
}

/// Create a folder.
///
/// OpenLoad dialect: `file/createfolder`; folders have neither visibility nor password there. YetiShare dialect:
/// `folder/create`; a folder is private by default.
#[utoipa::path(post, path = "/v1/accounts/{account}/folders", tag = "Folders",
    params(AccountPath),
    request_body(content = FolderInput, examples(
        ("create" = (summary = "Create a folder", value = json!({"name": "Holidays", "parent_id": "root"}))),
        ("create_protected" = (summary = "Create a folder with a password", value = json!({
            "name": "Family", "visibility": "unlisted", "password": "open sesame"
        })))
    )),
    responses(
        (status = 201, description = "The folder", body = Folder,
            headers(("Location" = String, description = "The path of the folder"),
                ("ETag" = String, description = "A strong entity tag"))),
        CreateProblems
    ))]
pub(crate) async fn create_folder(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(new): StrictJson<FolderInput>,
) -> Result<impl IntoResponse, Failure> {
    let mut faults = Faults::default();
    let name = faults.take(access.entry_name(&new.name), |error| Fault::pointer("/name", error));
    let Some(name) = name else { return Err(faults.into()) };
    // `null` would remove a password, and a new folder has none.
    let password = new.password.filter(|password| matches!(password, PasswordChange::Set(_)));
    let wanted =
        [(new.visibility.is_some(), Capability::FoldersVisibility), (password.is_some(), Capability::FoldersPassword)];
    wanted.into_iter().filter(|(wanted, _)| *wanted).try_for_each(|(_, capability)| access.require(capability))?;
    let parent = access.folder_or_root(new.parent_id.as_deref())?;
    let new = NewFolder { name, parent, visibility: new.visibility, password };
    let made = changes::create_folder(app.catalogue(), &access, new).await?;
    let location = format!("/v1/accounts/{}/folders/{}", made.now.account, made.now.id);
    let tag = cached::tag_of_folder(&access, &made);
    Ok((StatusCode::CREATED, [(LOCATION, location)], tag, Json(made.now)))
}

/// The changes to a folder. Absent fields stay unchanged; at least one field is required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Summer holidays"}))]
pub(crate) struct FolderPatch {
    /// The new name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<EntryName>)]
    pub name: Option<String>,
    /// The new parent folder.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub parent_id: Option<String>,
    /// The visibility of the folder.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub visibility: Option<Visibility>,
    /// The new password; `null` removes it.
    #[serde(default, deserialize_with = "password")]
    #[schema(value_type = Option<String>, write_only, min_length = 1)]
    pub password: Option<PasswordChange>,
}

/// Deserializes a password: an absent field leaves it, `null` removes it, a string sets it.
fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PasswordChange>, D::Error> {
    match Option::<String>::deserialize(deserializer)? {
        None => Ok(Some(PasswordChange::Remove)),
        Some(text) if text.is_empty() => Err(D::Error::custom("must not be empty; use null for no password")),
        Some(text) => Ok(Some(PasswordChange::Set(SecretString::from(text)))),
    }
}

/// Rename, move or protect a folder.
///
/// The move happens first. If the second call fails, the problem's `applied` lists the changes that were made. Moving a
/// folder into itself or below itself returns 409 `folder_cycle`. OpenLoad dialect: `file/renamefolder`; only the name
/// can be changed. YetiShare dialect: `folder/edit`, and `folder/move` for the parent.
#[utoipa::path(patch, path = "/v1/accounts/{account}/folders/{id}", tag = "Folders",
    params(FolderPath, WriteConditions),
    request_body(content(
        (FolderPatch = "application/json", examples(
            ("rename" = (summary = "Rename", value = json!({"name": "Summer holidays"}))),
            ("rename_and_move" = (summary = "Rename and move", value = json!({
                "name": "Summer holidays", "parent_id": "101"
            }))),
            ("set_password" = (summary = "Set a password", value = json!({"password": "open sesame"}))),
            ("to_another_parent" = (summary = "Move", value = json!({"parent_id": "101"})))
        )),
        (FolderPatch = "application/merge-patch+json")
    )),
    responses(
        (status = 200, description = "The folder", body = Folder, headers(
            ("ETag" = String,
                description = "A strong entity tag; missing if the site reports too little to compute one"),
        )),
        ChangeFolderProblems
    ))]
pub(crate) async fn update_folder(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
    StrictJson(patch): StrictJson<FolderPatch>,
) -> Result<impl IntoResponse, Failure> {
    let id = access.folder()?;
    let mut faults = Faults::default();
    let empty =
        patch.name.is_none() && patch.parent_id.is_none() && patch.visibility.is_none() && patch.password.is_none();
    if empty {
        faults.push(Fault::pointer("", "must hold at least one of name, parent_id, visibility, password"));
    }
    let name =
        patch.name.and_then(|name| faults.take(access.entry_name(&name), |error| Fault::pointer("/name", error)));
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let parent = patch.parent_id.map(|parent| access.folder_id(&parent)).transpose()?;
    let edit = FolderEdit { name, visibility: patch.visibility, password: patch.password };
    let change = FolderChange { parent, edit };
    let changed = change_folder(app.catalogue(), &access.account, &id, change, &conditions).await?;
    Ok((cached::tag_of_folder(&access, &changed), Json(changed.now)))
}

/// The parameters of a folder's deletion.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteFolderParameters {
    /// Whether to delete the folder's contents too.
    #[serde(default, deserialize_with = "flag")]
    pub recursive: bool,
}

/// Delete a folder.
///
/// A folder that is not empty is deleted only with `recursive=true`; the site is asked for the current contents first.
/// At a site that deletes only empty folders, `recursive=true` is emulated by deleting the files and folders one by one.
/// It then needs the capability `files.delete`, and if it fails midway, `detail` says how much is deleted.
/// OpenLoad dialect: `file/deletefolder`; the folder and all files in it are deleted permanently. YetiShare dialect:
/// `folder/delete`; the folder is moved to the site's trash.
#[utoipa::path(delete, path = "/v1/accounts/{account}/folders/{id}", tag = "Folders",
    params(FolderPath, DeleteFolderParameters, WriteConditions),
    responses((status = 204, description = "The folder is deleted"), DeleteFolderProblems))]
pub(crate) async fn delete_folder(
    State(app): State<App>,
    access: Access,
    StrictQuery(parameters): StrictQuery<DeleteFolderParameters>,
    Conditions(conditions): Conditions,
) -> Result<StatusCode, Failure> {
    let id = access.folder()?;
    let deletion = if parameters.recursive { Deletion::Recursive } else { Deletion::OnlyIfEmpty };
    changes::delete_folder(app.catalogue(), &access.account, &id, deletion, &conditions).await?;
    Ok(StatusCode::NO_CONTENT)
}
