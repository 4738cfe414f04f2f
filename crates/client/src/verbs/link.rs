//! `polyhost link` and `polyhost open`: the web address of a file or folder.

use reqwest::Method;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::report::Subject;
use crate::session::Session;
use crate::tree::{Object, Prefer, find};

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
        session.report.show(&object, || vec![crate::display::escaped(&url)])
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
            open::that_detached(&url).map_err(|error| {
                let detail = format!("No browser was found ({error}). The page is {url}");
                Failure::from_client("no_browser", "The page cannot be opened", detail)
            })?;
            session.report.succeeded(
                &Subject::path(location.to_string()),
                &fields,
                Some(&crate::display::escaped(&url)),
            );
            Ok(())
        })
        .await
}

async fn find_address(session: &Session, location: &Location, address: Address) -> Result<String, Failure> {
    let gateway = &session.gateway;
    let object = match (find(gateway, location, Prefer::File).await?, address) {
        (Object::File(file), Address::Download) => {
            let body = json!({"file_id": file.item.id});
            gateway.write(Method::POST, &["accounts", &file.account, "download-links"], &[], Some(&body)).await?
        }
        // Some sites report the addresses in the listing only.
        (Object::File(file), _) => file.item.json(),
        (Object::Folder(folder), Address::Page) => {
            gateway.read(&["accounts", &folder.account, "folders", folder.id(gateway).await?], &[]).await?
        }
        (Object::Folder(_), _) => Value::Null,
    };
    let field = match address {
        Address::Page => "page_url",
        Address::Embed => "embed_url",
        Address::Download => "url",
    };
    object[field].as_str().map(str::to_owned).ok_or_else(|| {
        let detail = "The site reports no such address for this object.";
        Failure::from_client("no_address", "There is no address", detail)
    })
}
