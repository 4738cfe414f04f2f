//! A folder at an account: its id, and its listings.

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Item, Kind, name_key};

/// The largest page.
const PAGE: &str = "1000";

/// A folder at an account. It may not exist yet; then it is created when its id is needed.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) account: String,
    /// The location for people and for further commands, without a slash at its end except for the root.
    pub(crate) path: String,
    /// The name; `None` for the root and for a folder that was named by its id.
    pub(crate) name: Option<String>,
    parent: Option<Arc<Folder>>,
    id: OnceCell<Result<String, Failure>>,
}

/// A page of a folder's items.
#[derive(Debug, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
    #[serde(default)]
    unreadable: u64,
}

impl Folder {
    /// Creates a folder that exists, without a known parent.
    pub(crate) fn existing(account: &str, id: &str) -> Self {
        let path = if id == "root" { format!("{account}:/") } else { format!("{account}:#{id}") };
        let id = OnceCell::new_with(Some(Ok(id.to_owned())));
        Self { account: account.to_owned(), path, name: None, parent: None, id }
    }

    /// Returns a folder in this one: an existing one with its id, or one to create.
    pub(crate) fn child(self: &Arc<Self>, name: &str, id: Option<&str>) -> Arc<Self> {
        Arc::new(Self {
            account: self.account.clone(),
            path: self.path_of(name),
            name: Some(name.to_owned()),
            parent: Some(Arc::clone(self)),
            id: OnceCell::new_with(id.map(|id| Ok(id.to_owned()))),
        })
    }

    /// Returns the location of an item in this folder.
    pub(crate) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path.strip_suffix('/').unwrap_or(&self.path))
    }

    /// Returns the id; `None` if the folder does not exist yet.
    pub(crate) fn known_id(&self) -> Option<&str> {
        self.id.get()?.as_deref().ok()
    }

    /// Returns the parent's id, if the folder was named by a path.
    pub(crate) fn parent(&self) -> Option<&Arc<Self>> {
        self.parent.as_ref()
    }

    /// Returns the id. Creates the folder, and those above it, if they do not exist; a failure is remembered.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub(crate) async fn id(&self, gateway: &Gateway) -> Result<&str, Failure> {
        let create = async {
            let (Some(parent), Some(name)) = (&self.parent, &self.name) else { return Ok("root".to_owned()) };
            let parent_id = Box::pin(parent.id(gateway)).await?;
            let body = json!({"name": name, "parent_id": parent_id});
            let folder = gateway.write(Method::POST, &["accounts", &self.account, "folders"], &[], Some(&body)).await?;
            folder["id"].as_str().map(str::to_owned).ok_or_else(|| {
                Failure::unknown(format!("The site created the folder {} and did not name its id.", self.path))
            })
        };
        self.id.get_or_init(|| create).await.as_deref().map_err(Clone::clone)
    }

    /// Calls `visit` with each page of the folder. A folder that does not exist yet has none. Returns the number of
    /// entries at the site that have no usable id, which the pages may lack.
    ///
    /// # Errors
    /// If the folder cannot be listed, or `visit` fails.
    pub(crate) async fn pages<E: From<Failure>>(
        &self,
        gateway: &Gateway,
        name: Option<&str>,
        mut visit: impl FnMut(&[Value]) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.pages_of(gateway, name, |page: Vec<Value>| visit(&page)).await
    }

    /// Does the same as [`pages`](Self::pages) with items of any type.
    async fn pages_of<T: DeserializeOwned, E: From<Failure>>(
        &self,
        gateway: &Gateway,
        name: Option<&str>,
        mut visit: impl FnMut(Vec<T>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let Some(id) = self.known_id() else { return Ok(0) };
        // Each page has the count of the whole folder.
        let mut unreadable = 0;
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", PAGE)];
            query.extend(name.map(|name| ("name", name)));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let segments = ["accounts", &self.account, "folders", id, "items"];
            let page: Page<T> = gateway.read_as(&segments, &query).await?;
            unreadable = page.unreadable.max(unreadable);
            visit(page.items)?;
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(unreadable),
            }
        }
    }

    /// Returns the items with a name. The site may have stored it in another form of Unicode.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn named(&self, gateway: &Gateway, name: &str) -> Result<Vec<Item>, Failure> {
        let mut items = self.items(gateway, Some(name)).await?;
        if items.is_empty() && !name.is_ascii() {
            let key = name_key(name);
            items = self.items(gateway, None).await?;
            items.retain(|item| item.key() == key);
        }
        Ok(items)
    }

    /// Returns the items of the folder; only those with exactly this name, if one is given.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn items(&self, gateway: &Gateway, name: Option<&str>) -> Result<Vec<Item>, Failure> {
        let (items, _) = self.listing(gateway, name, |item: Value| Item::read(&item)).await?;
        Ok(items)
    }

    /// Returns the items as [`items`](Self::items), and the number of entries of the folder that cannot be read. `read`
    /// reads an item.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub(crate) async fn listing<T: DeserializeOwned>(
        &self,
        gateway: &Gateway,
        name: Option<&str>,
        read: impl Fn(T) -> Option<Item>,
    ) -> Result<(Vec<Item>, u64), Failure> {
        let mut without_id = 0;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let counted = self.pages_of(gateway, name, |page| {
            for item in page {
                match read(item) {
                    // A site may list an item twice.
                    Some(item) if !seen.insert((item.kind == Kind::File, item.id.clone())) => {}
                    Some(item) => items.push(item),
                    None => without_id += 1,
                }
            }
            Ok::<_, Failure>(())
        });
        let unreadable = counted.await?;
        Ok((items, unreadable + without_id))
    }
}
