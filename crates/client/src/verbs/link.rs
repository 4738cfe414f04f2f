//! `polyhost link` and `polyhost open`: the web address of a file or folder.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Item, Kind};
use crate::location::Location;
use crate::report::Subject;
use crate::session::Session;
use crate::tree::{File, Folder, Object, Prefer, find};
use crate::walk::Walk;

/// The kind of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The page of a file or folder.
    Page,
    /// The player of a file, for other web pages.
    Embed,
    /// The bytes of a file, for a limited time.
    Download,
}

/// Runs `polyhost link`.
pub async fn run(session: &Session, locations: &[Location], address: Address) -> Exit {
    let work = async |location: &Location| {
        let url = find_address(session, location, address).await?;
        let object = json!({"path": location.to_string(), "url": url});
        session.report.show(&object, || vec![escaped(&url)])
    };
    session.each(locations, work).await
}

/// Runs `polyhost open`: shows the page in the browser of the desktop.
pub async fn open_page(session: &Session, location: &Location) -> Exit {
    session
        .run(async {
            let url = find_address(session, location, Address::Page).await?;
            // The site's text goes to a program of the desktop, which would also open a file or start another program.
            if !url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                let detail = format!("{url} is not the address of a web page.");
                return Err(Failure::from_client("no_page", "The page cannot be opened", detail));
            }
            let fields = [("url", json!(url))];
            open::that_detached(&url).map_err(|_| {
                let detail = format!("No browser could be started. The page is {url}");
                Failure::from_client("no_browser", "The page cannot be opened", detail)
            })?;
            session.report.succeeded(&Subject::path(location.to_string()), &fields, Some(&escaped(&url)));
            Ok(())
        })
        .await
}

async fn find_address(session: &Session, location: &Location, address: Address) -> Result<String, Failure> {
    let gateway = &session.gateway;
    let field = match address {
        Address::Page => "page_url",
        Address::Embed => "embed_url",
        Address::Download => "url",
    };
    let object = match (find(gateway, location, Prefer::File).await?, address) {
        (Object::File(file), Address::Download) => {
            let body = json!({"file_id": file.item.id});
            gateway.write(Method::POST, &["accounts", &file.account, "download-links"], &[], Some(&body)).await?
        }
        (Object::File(file), _) if file.item.json()[field].is_null() && location.names.is_empty() => {
            listed(gateway, &file).await?.json()
        }
        (Object::File(file), _) => file.item.json(),
        (Object::Folder(folder), Address::Page) => {
            gateway.read(&["accounts", &folder.account, "folders", folder.id(gateway).await?], &[]).await?
        }
        (Object::Folder(folder), _) => {
            let detail = format!("{} is a folder. Only files can be downloaded or embedded.", folder.path);
            return Err(Failure::from_client("is_a_folder", "A file is needed", detail));
        }
    };
    object[field].as_str().map(str::to_owned).ok_or_else(|| {
        let kind = if address == Address::Page { "page" } else { "player" };
        let detail = format!("The site reports no address of a {kind} for {location}.");
        Failure::from_client("no_address", "There is no address", detail)
    })
}

/// Returns a file that was found by its id as its folder's listing describes it. Some sites report the addresses only
/// there. If the file's folder is not known either, all folders of the account are searched.
async fn listed(gateway: &Gateway, file: &File) -> Result<Item, Failure> {
    let folder_id = file.item.json()["folder_id"].as_str().map(str::to_owned);
    let first = Folder::existing(&file.account, folder_id.as_deref().unwrap_or("root"));
    let mut walk = Walk::from(Arc::new(first));
    while let Some((_, items)) = walk.next(gateway).await? {
        let is_it = |item: &Item| item.kind == Kind::File && item.id == file.item.id;
        if let Some(item) = items.into_iter().find(is_it) {
            return Ok(item);
        }
        if folder_id.is_some() {
            break;
        }
    }
    Ok(file.item.clone())
}
