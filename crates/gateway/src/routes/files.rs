//! `/v1/accounts/{account}/files`: reading, changing and deleting files.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_LOCATION, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use polyhost_domain::{EntryName, Error, ErrorKind, File, FileEdit, FileId, FileLookup, MediaType};
use polyhost_engine::changes::{self, FileChange, change_file};
use polyhost_engine::emulate;
use polyhost_engine::problem::{Fault, Faults, Occurrence, Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cached::{self, Unchanged};
use super::callers::NoParameters;
use super::conditions::WriteConditions;
use super::paths::{AccountPath, FilePath};
use crate::app::App;
use crate::context::RequestContext;
use crate::extract::{Access, CacheControl, Conditions, StrictJson, StrictQuery, present};
use crate::from_cache::CachedRead;
use crate::limits;
use crate::problem::{
    CopyFileProblems, DeleteFileProblems, Failure, LookupProblems, ReadFileProblems, ReadOfFileProblems,
    WriteFileProblems,
};

/// The files to look up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ids": ["1001", "1003"]}))]
pub(crate) struct FileIds {
    /// The files' ids: at least 1, at most the account's `max_batch`, without duplicates.
    #[schema(value_type = HashSet<String>, min_items = 1)]
    pub ids: Vec<String>,
}

/// The results of a lookup, in the order of the request's ids.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileLookupList {
    /// One result for each id.
    pub items: Vec<FileLookupItem>,
}

/// The result for one id of a lookup.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "C4f9cApMlcnJQ", "status": 404, "file": null,
    "problem": {
        "type": "/problems/file_not_found", "title": "File not found", "status": 404,
        "detail": "No file has the id \"C4f9cApMlcnJQ\" in account \"main\".",
        "instance": "/v1/accounts/main/files/lookup", "code": "file_not_found",
        "request_id": "0198c5a2-7f9e-7c3b-9a51-2f6d0b8e4c11", "retryable": false, "retry_after": null,
        "errors": [], "applied": [], "left_behind": false,
        "upstream": {"provider": "pstream", "operation": "file/info", "http_status": 200, "status": "404",
            "message": "Video not found"}
    }
}))]
pub(crate) struct FileLookupItem {
    /// The id.
    pub id: String,
    /// The HTTP status that a request for this file alone would return.
    #[schema(minimum = 200, maximum = 599, example = 200)]
    pub status: u16,
    /// The file; also if it is broken but the site still reports it.
    pub file: Option<File>,
    /// The problem; `null` if there is none.
    pub problem: Option<ProblemBody>,
}

/// Look up several files.
///
/// Every id has its own result, in the order of the request. An id without a file does not affect the other results.
/// OpenLoad dialect: `file/info` with 50 ids per call, the calls in parallel. YetiShare dialect: emulated, with
/// `file/info` for each id.
#[utoipa::path(post, path = "/v1/accounts/{account}/files/lookup", tag = "Files",
    params(AccountPath),
    request_body(content = FileIds, examples(
        ("lookup" = (summary = "Look up two files", value = json!({"ids": ["1001", "1003"]})))
    )),
    responses((status = 200, description = "The result for each id", body = FileLookupList), LookupProblems))]
pub(crate) async fn lookup_files(
    access: Access,
    context: RequestContext,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(FileIds { ids }): StrictJson<FileIds>,
) -> Result<Json<FileLookupList>, Failure> {
    check_ids(&ids, access.profile().max_batch)?;
    if let (Some(rate_limit), Some(weight)) = (&context.rate_limit, limits::of_lookup(ids.len())) {
        rate_limit.charge(weight).await?;
    }
    let parsed: Vec<Result<FileId, Problem>> = ids.iter().map(|id| access.file_id(id)).collect();
    let asked: Vec<FileId> = parsed.iter().filter_map(|id| id.as_ref().ok()).cloned().collect();
    let mut answers = emulate::files(&access, &asked).await?.into_iter();
    let mut answer = || answers.next().unwrap_or_else(|| FileLookup::Failed(Error::new(ErrorKind::Internal)));
    let outcomes = parsed.into_iter().map(|id| id.map(|_| answer()));
    let items = ids.into_iter().zip(outcomes).map(|(id, outcome)| item(id, outcome, &context.occurrence)).collect();
    Ok(Json(FileLookupList { items }))
}

fn check_ids(ids: &[String], max_batch: usize) -> Result<(), Problem> {
    let mut faults = Faults::default();
    if ids.is_empty() || ids.len() > max_batch {
        faults.push(Fault::pointer("/ids", format!("must hold 1 to {max_batch} ids, not {}", ids.len())));
    }
    let mut seen = HashSet::new();
    for (place, id) in ids.iter().enumerate().take(max_batch) {
        if !seen.insert(id) {
            faults.push(Fault::pointer(&format!("/ids/{place}"), "is repeated"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

fn item(id: String, lookup: Result<FileLookup, Problem>, occurrence: &Occurrence) -> FileLookupItem {
    let (file, problem) = match lookup {
        Ok(FileLookup::Found(file)) => (Some(*file), None),
        Ok(FileLookup::Broken(file, error)) => (Some(*file), Some(error.into())),
        Ok(FileLookup::Failed(error)) => (None, Some(error.into())),
        Err(problem) => (None, Some(problem)),
    };
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.code().status()).as_u16();
    let problem = problem.map(|problem| ProblemBody::new(&problem, occurrence));
    FileLookupItem { id, status, file, problem }
}

/// Get a file.
///
/// OpenLoad dialect: `file/info`, which does not report the file's folder. YetiShare dialect: `file/info`, which also
/// reports files in the trash.
#[utoipa::path(get, path = "/v1/accounts/{account}/files/{id}", tag = "Files",
    params(FilePath),
    responses(
        (status = 200, description = "The file", body = File, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ReadFileProblems
    ))]
pub(crate) async fn get_file(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    let id = access.file()?;
    cached::file(&conditions, &app.catalogue().file(&access.account, &id, freshness).await?)
}

/// Answers [`get_file`] from the cache.
pub(crate) fn cached_file(read: &CachedRead<'_>, access: &Access) -> Option<Response> {
    let NoParameters {} = read.parameters()?;
    let known = read.app.catalogue().cached_file(&access.account, &access.file().ok()?)?;
    cached::file(&read.conditions()?, &known).ok()
}

/// The changes to a file. Absent fields stay unchanged; at least one field is required.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"name": "Holiday.mp4", "folder_id": "104"}))]
pub(crate) struct FilePatch {
    /// The new name.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, value_type = Option<EntryName>)]
    pub name: Option<String>,
    /// The folder to move the file to.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub folder_id: Option<String>,
    /// The new media type.
    #[serde(default, deserialize_with = "present")]
    #[schema(
        nullable = false,
        example = "video/mp4",
        pattern = r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(; ?[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*$"
    )]
    pub content_type: Option<String>,
}

/// Rename or move a file.
///
/// Renames the file, moves it, or both. The move happens first. If the second call fails, the problem's `applied` lists
/// the changes that were made. OpenLoad dialect: `file/move` and `file/rename`. YetiShare dialect: `file/move` and
/// `file/edit`.
#[utoipa::path(patch, path = "/v1/accounts/{account}/files/{id}", tag = "Files",
    params(FilePath, WriteConditions),
    request_body(content(
        (FilePatch = "application/json", examples(
            ("rename" = (summary = "Rename", value = json!({"name": "Holiday.mp4"}))),
            ("rename_and_move" = (summary = "Rename and move", value = json!({
                "name": "Holiday.mp4", "folder_id": "104"
            }))),
            ("to_another_folder" = (summary = "Move", value = json!({"folder_id": "104"})))
        )),
        (FilePatch = "application/merge-patch+json")
    )),
    responses(
        (status = 200, description = "The file", body = File, headers(
            ("ETag" = String,
                description = "A strong entity tag; missing if the site reports too little to compute one"),
            ("Content-Location" = String, description = "The file's new path; only if a move has changed its id"),
        )),
        WriteFileProblems
    ))]
pub(crate) async fn update_file(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
    StrictJson(patch): StrictJson<FilePatch>,
) -> Result<impl IntoResponse, Failure> {
    let id = access.file()?;
    let mut faults = Faults::default();
    if patch.name.is_none() && patch.folder_id.is_none() && patch.content_type.is_none() {
        faults.push(Fault::pointer("", "must hold at least one of name, folder_id, content_type"));
    }
    let name =
        patch.name.and_then(|name| faults.take(access.entry_name(&name), |error| Fault::pointer("/name", error)));
    let content_type = patch.content_type.inspect(|text| {
        if MediaType::known(Some(text)).as_ref() != Some(text) {
            faults.push(Fault::pointer("/content_type", "is not a media type"));
        }
    });
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let folder = patch.folder_id.map(|folder| access.folder_id(&folder)).transpose()?;
    let change = FileChange { folder, edit: FileEdit { name, content_type } };
    let changed = change_file(app.catalogue(), &access.account, &id, change, &conditions).await?;
    Ok((content_location(&id, &changed.now), cached::tag_of_file(&access, &changed), Json(changed.now)))
}

/// Returns the header field with the file's path, if its id is not the requested one.
fn content_location(requested: &FileId, now: &File) -> AppendHeaders<Option<(HeaderName, String)>> {
    let path = || format!("/v1/accounts/{}/files/{}", now.account, now.id);
    AppendHeaders((now.id != *requested).then(|| (CONTENT_LOCATION, path())))
}

/// The target of a copy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"folder_id": "root"}))]
pub(crate) struct FileCopy {
    /// The folder for the copy.
    pub folder_id: String,
}

/// Copy a file.
///
/// The site may give the copy another name. YetiShare dialect: `file/copy`.
#[utoipa::path(post, path = "/v1/accounts/{account}/files/{id}/copy", tag = "Files",
    params(FilePath),
    request_body(content = FileCopy, examples(
        ("copy" = (summary = "Copy to the root folder", value = json!({"folder_id": "root"})))
    )),
    responses(
        (status = 201, description = "The copy", body = File,
            headers(("Location" = String, description = "The path of the copy"),
                ("ETag" = String, description = "A strong entity tag"))),
        CopyFileProblems
    ))]
pub(crate) async fn copy_file(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    StrictJson(copy): StrictJson<FileCopy>,
) -> Result<impl IntoResponse, Failure> {
    let id = access.file()?;
    let folder = access.folder_id(&copy.folder_id)?;
    let made = changes::copy_file(app.catalogue(), &access, &id, &folder).await?;
    let location = format!("/v1/accounts/{}/files/{}", made.now.account, made.now.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], cached::tag_of_file(&access, &made), Json(made.now)))
}

/// Delete a file.
///
/// OpenLoad dialect: `file/delete`; the file is deleted permanently. YetiShare dialect: `file/delete`; the file is
/// moved to the site's trash, and can still be read with the status `trashed`.
#[utoipa::path(delete, path = "/v1/accounts/{account}/files/{id}", tag = "Files",
    params(FilePath, WriteConditions),
    responses((status = 204, description = "The file is deleted"), DeleteFileProblems))]
pub(crate) async fn delete_file(
    State(app): State<App>,
    access: Access,
    StrictQuery(_): StrictQuery<NoParameters>,
    Conditions(conditions): Conditions,
) -> Result<StatusCode, Failure> {
    let id = access.file()?;
    changes::delete_file(app.catalogue(), &access.account, &id, &conditions).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The form of the response for a link.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkMode {
    /// JSON.
    #[default]
    Json,
    /// A redirect.
    Redirect,
}

/// The parameters of a link.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinkParameters {
    /// `redirect` returns 302 with the address, instead of the address as JSON.
    #[serde(default)]
    #[param(inline)]
    pub mode: LinkMode,
}

/// The address of a file's thumbnail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"url": "https://i.example.net/Knvie_f9GWPF/fneb48g4.jpg"}))]
pub(crate) struct Thumbnail {
    /// The address.
    pub url: String,
}

/// Get the thumbnail of a file.
///
/// OpenLoad dialect: `file/getsplash`.
#[utoipa::path(get, path = "/v1/accounts/{account}/files/{id}/thumbnail", tag = "Files",
    params(FilePath, LinkParameters),
    responses(
        (status = 200, description = "The address of the thumbnail", body = Thumbnail),
        (status = 302, description = "A redirect to the thumbnail",
            headers(("Location" = String, description = "The address"))),
        ReadOfFileProblems
    ))]
pub(crate) async fn get_thumbnail(
    access: Access,
    StrictQuery(parameters): StrictQuery<LinkParameters>,
) -> Result<Response, Failure> {
    let id = access.file()?;
    let url = access.thumbnail(&id).await?;
    let no_store = (CACHE_CONTROL, "no-store");
    Ok(match parameters.mode {
        LinkMode::Json => ([no_store], Json(Thumbnail { url: url.into() })).into_response(),
        LinkMode::Redirect => (StatusCode::FOUND, [no_store, (LOCATION, url.as_str())]).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use polyhost_domain::{IdAlphabet, IdGrammar, Origin};

    use super::*;

    #[test]
    fn content_location_is_sent_only_with_a_new_id() {
        let origin = Origin { account: "main".parse().unwrap(), provider: "pstream".parse().unwrap() };
        let id = |text| IdGrammar::new(IdAlphabet::UrlSafe, "0").file(text).unwrap();
        let now = File::bare(&origin, id("new"));
        assert!(content_location(&id("new"), &now).0.is_none());
        let (name, path) = content_location(&id("old"), &now).0.unwrap();
        assert_eq!((name, path.as_str()), (CONTENT_LOCATION, "/v1/accounts/main/files/new"));
    }
}
