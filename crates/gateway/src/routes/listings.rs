//! `/v1/accounts/{account}/folders/{id}/items`: the pages of a folder.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use polyhost_config::Client;
use polyhost_domain::{File, Folder};
use polyhost_engine::catalogue::{Freshness, ItemKind, ListQuery, PageRequest};
use polyhost_engine::problem::{Fault, Faults, Problem};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cached::{self, Unchanged};
use super::paths::FolderPath;
use crate::app::App;
use crate::extract::{Access, CacheControl, Conditions, StrictQuery};
use crate::from_cache::CachedRead;
use crate::problem::{Failure, ListProblems};

/// The selection of the items to list, and their order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParameters {
    /// The maximum number of items on a page.
    #[serde(default)]
    #[param(value_type = u32, minimum = 1, maximum = 1000, default = 100)]
    pub limit: PageLimit,
    /// The `next_cursor` of the previous page.
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Only folders, or only files.
    #[serde(rename = "type")]
    #[param(inline, nullable = false)]
    pub kind: Option<TypeFilter>,
    /// Only items with exactly this name.
    #[param(nullable = false)]
    pub name: Option<String>,
    /// The order of the files. Folders come before the files and are ordered by name. `null` values come last; ties are
    /// ordered by id.
    #[param(inline, nullable = false, value_type = Option<SortWord>)]
    pub sort: Option<String>,
}

/// The maximum number of items on a page: 1 to 1000.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct PageLimit(u32);

impl Default for PageLimit {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u32> for PageLimit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, &'static str> {
        if (1..=1000).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 1000") }
    }
}

/// A kind of item.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TypeFilter {
    /// Files.
    File,
    /// Folders.
    Folder,
}

/// The orders of a folder's files; `-` means descending.
#[derive(Debug, ToSchema, Serialize)]
#[expect(dead_code, reason = "a type of the OpenAPI document alone")]
pub(crate) enum SortWord {
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// By name, descending.
    #[serde(rename = "-name")]
    NameDown,
    /// By size.
    #[serde(rename = "size")]
    Size,
    /// By size, the largest first.
    #[serde(rename = "-size")]
    SizeDown,
    /// By the time of the upload.
    #[serde(rename = "uploaded_at")]
    UploadedAt,
    /// By the time of the upload, the latest first.
    #[serde(rename = "-uploaded_at")]
    UploadedAtDown,
}

/// A page of a folder: folders, then files.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ItemPage {
    /// The items.
    pub items: Vec<Item>,
    /// The cursor of the next page; `null` on the last page.
    pub next_cursor: Option<String>,
    /// The number of entries of the whole folder without a usable id. They are on no page, but they still make the
    /// folder non-empty.
    #[schema(example = 0)]
    pub unreadable: usize,
}

/// A folder or a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "a type of the OpenAPI document alone")]
pub(crate) enum Item {
    /// A folder.
    Folder(Folder),
    /// A file.
    File(File),
}

/// List a folder.
///
/// All pages show the folder as it was at the first page, even if it changes meanwhile. Only a request without a cursor
/// sees the changes. Responses are cached for a short time; `Cache-Control: no-cache` requests the site again. OpenLoad
/// dialect: `file/listfolder`, which has no pages of its own.
#[utoipa::path(get, path = "/v1/accounts/{account}/folders/{id}/items", tag = "Folders",
    params(FolderPath, ListParameters),
    responses(
        (status = 200, description = "A page", body = ItemPage, headers(
            ("ETag" = String, description = "A strong entity tag"),
            ("Age" = u64, description = "The age of the data, in seconds"),
            ("Cache-Status" = String, description = "Whether the response comes from the cache (RFC 9211)"),
        )),
        Unchanged,
        ListProblems
    ))]
pub(crate) async fn list_folder_items(
    State(app): State<App>,
    access: Access,
    CacheControl(freshness): CacheControl,
    StrictQuery(parameters): StrictQuery<ListParameters>,
    Conditions(conditions): Conditions,
) -> Result<Response, Failure> {
    let folder = access.folder()?;
    let request = page_request(parameters, freshness, &access.client)?;
    let page = app.catalogue().page(&access.account, &folder, &request).await?;
    cached::page(&conditions, page)
}

/// Answers [`list_folder_items`] from the cache.
pub(crate) fn cached_page(read: &CachedRead<'_>, access: &Access) -> Option<Response> {
    let request = page_request(read.parameters()?, Freshness::Cached, &access.client).ok()?;
    let page = read.app.catalogue().cached_page(&access.account, &access.folder().ok()?, &request)?;
    cached::page(&read.conditions()?, page).ok()
}

fn page_request(
    parameters: ListParameters,
    freshness: Freshness,
    client: &Arc<Client>,
) -> Result<PageRequest, Problem> {
    let mut faults = Faults::default();
    let sort = parameters.sort.and_then(|sort| faults.parse(&sort, |error| Fault::parameter("sort", error)));
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let kind = parameters.kind.map(|kind| match kind {
        TypeFilter::File => ItemKind::File,
        TypeFilter::Folder => ItemKind::Folder,
    });
    Ok(PageRequest {
        query: ListQuery { kind, name: parameters.name, sort: sort.unwrap_or_default() },
        limit: parameters.limit.0 as usize,
        cursor: parameters.cursor,
        freshness,
        secret: client.keys.first().map_or_else(Vec::new, |key| key.as_bytes().to_vec()),
    })
}
