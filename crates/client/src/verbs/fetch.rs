//! `polyhost fetch`: lets a site fetch a file from a web address.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::watch::{Watched, watch};
use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::report::Subject;
use crate::session::Session;
use crate::tree::{Destination, find_destination};

/// The options of `polyhost fetch`.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// The web addresses.
    pub urls: Vec<String>,
    /// The folder for the files.
    pub to: Location,
    /// Header fields for the requests of the site.
    pub headers: Vec<(String, String)>,
    /// Whether to wait until the site has finished.
    pub watch: bool,
}

/// Runs `polyhost fetch`.
pub async fn run(session: &Session, options: &Fetch) -> Exit {
    session
        .run(async {
            let gateway = &session.gateway;
            let folder = match find_destination(gateway, &options.to).await? {
                Destination::Folder(folder) => folder,
                Destination::Missing { folder, name } => folder.child(&name, None),
                Destination::Files { folder, name, .. } => {
                    let detail = format!("{} is a file.", folder.path_of(&name));
                    return Err(Failure::from_client("not_a_folder", "A folder is needed", detail));
                }
            };
            let mut started = Vec::new();
            for url in &options.urls {
                let mut body = json!({"url": url, "folder_id": folder.id(gateway).await?});
                if !options.headers.is_empty() {
                    body["headers"] = headers(&options.headers);
                }
                let segments = ["accounts", &folder.account, "remote-uploads"];
                match gateway.write(Method::POST, &segments, &[], Some(&body)).await {
                    Ok(remote) => {
                        let id = remote["id"].as_str().unwrap_or("?").to_owned();
                        let line = format!("{}  {}", escaped(&id), escaped(url));
                        session.report.succeeded(&Subject::path(url), &[("remote_upload", remote)], Some(&line));
                        started.push(id);
                    }
                    Err(failure) if failure.ends_command() => return Err(failure),
                    Err(failure) => session.report.failed(&Subject::path(url), &failure),
                }
            }
            if !options.watch || started.is_empty() {
                return Ok(());
            }
            let account = folder.account.clone();
            watch(session, &Watched { account, remote_uploads: started, conversions: Vec::new() }).await
        })
        .await
}

/// Returns the header fields as the API takes them. A name may occur several times.
fn headers(fields: &[(String, String)]) -> Value {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in fields {
        match headers.get_mut(name) {
            Some(Value::Array(values)) => values.push(json!(value)),
            _ => drop(headers.insert(name.clone(), json!([value]))),
        }
    }
    Value::Object(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_header_field_has_all_values() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let fields = [field("Cookie", "a=1"), field("Referer", "x"), field("Cookie", "b=2")];
        assert_eq!(headers(&fields), json!({"Cookie": ["a=1", "b=2"], "Referer": ["x"]}));
    }
}
