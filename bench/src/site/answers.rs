//! The site's answers, in both dialects.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::mode::SiteMode;
use super::upload_form::ReceivedFile;

/// The path for uploads in the OpenLoad dialect, and for those without a gateway.
pub(crate) const UPLOAD: &str = "/upload";
/// The path for uploads in the YetiShare dialect.
pub(crate) const YETISHARE_UPLOAD: &str = "/yetishare/api/v2/file/upload";

const TOKEN_LENGTH: usize = 128;

/// The most files in a folder.
const MOST_FILES: usize = 1000;

/// Returns the answer of an endpoint about the file or the folder with this id, or `None` if the site has no endpoint
/// of this name.
pub(crate) fn to(path: &str, id: &str, mode: SiteMode, address: SocketAddr) -> Option<String> {
    let prefix = mode.prefix();
    let answer = match path.strip_prefix("/yetishare/api/v2/") {
        Some(endpoint) => yetishare(endpoint, id, address)?,
        None => match path.strip_prefix("/openload/v1/")? {
            "file/ul" => openload(json!({
                "url": format!("http://{address}{prefix}{UPLOAD}"), "valid_until": "2099-01-01 00:00:00",
            })),
            "account/info" => openload(json!({"extid": "bench", "email": "bench@example.com"})),
            "file/info" => {
                let info = json!({
                    "id": id, "status": 200, "name": "bench.bin", "size": id, "sha1": false,
                    "content_type": "application/octet-stream",
                });
                openload(json!({id: info}))
            }
            "file/listfolder" => openload(json!({"folders": [], "files": files(id)})),
            "file/createfolder" => openload(json!({"folderid": "1"})),
            "file/rename" | "file/delete" => openload(json!(true)),
            _ => return None,
        },
    };
    Some(answer.to_string())
}

/// Returns the answer to an upload.
pub(crate) fn stored(path: &str, received: &ReceivedFile) -> String {
    let size = received.size.to_string();
    let digests = received.digests.as_ref();
    let answer = if path == YETISHARE_UPLOAD {
        yetishare_success(json!([{
            "name": "bench.bin", "size": size, "type": "application/octet-stream", "error": null, "file_id": size,
            "hash": digests.map(|digests| &digests.md5),
        }]))
    } else {
        openload(json!({
            "id": size, "name": "bench.bin", "size": size, "content_type": "application/octet-stream",
            "sha1": digests.map(|digests| &digests.sha1),
        }))
    };
    answer.to_string()
}

/// Returns the files of a folder. Its id is their number; other folders are empty.
fn files(folder: &str) -> Vec<Value> {
    let file = |number: u64| {
        json!({
            "linkextid": format!("f{number}"), "name": format!("episode {number}.mkv"), "size": number, "sha1": null,
            "content_type": "video/x-matroska", "upload_at": 1_700_000_000 + number, "folderid": folder,
            "status": "active", "link": format!("https://bench.example/f{number}"),
        })
    };
    (0..folder.parse().unwrap_or_default()).take(MOST_FILES).map(file).collect()
}

/// Returns the files of a folder. Their number is the last three digits of its id.
fn yetishare_files(folder: &str) -> Vec<Value> {
    let file = |number: u64| {
        json!({
            "id": number, "filename": format!("episode {number}.mkv"), "fileType": "video/x-matroska",
            "fileSize": number, "folderId": folder, "status": "active", "downloads": "0",
            "shortUrl": format!("f{number}"), "uploadedDate": "2024-01-01 00:00:00",
            "url_file": format!("https://bench.example/f{number}"),
        })
    };
    // Ids begin with 1.
    (1..=folder.parse::<u64>().unwrap_or_default() % 1000).map(file).collect()
}

fn openload(result: Value) -> Value {
    json!({"status": 200, "msg": "OK", "result": result})
}

fn yetishare(endpoint: &str, file: &str, address: SocketAddr) -> Option<Value> {
    let data = match endpoint {
        "authorize" => json!({"access_token": "t".repeat(TOKEN_LENGTH), "account_id": "1"}),
        "account/info" => json!({"id": "1", "username": "bench", "status": "active"}),
        "account/package" => json!({"id": "1", "label": "bench", "can_upload": "1", "max_upload_size": "0"}),
        "file/info" | "file/edit" => json!({
            "id": file, "filename": "bench.bin", "fileType": "application/octet-stream", "fileSize": file,
            "file_status": "active",
        }),
        "file/download" => json!({
            "file_id": file, "filename": "bench.bin", "download_url": format!("http://{address}/bytes/{file}"),
        }),
        "folder/listing" => json!({"folders": [], "files": yetishare_files(file)}),
        "folder/create" => json!({"id": "1", "folderName": "bench"}),
        "file/delete" | "disable_access_token" => Value::Null,
        _ => return None,
    };
    Some(yetishare_success(data))
}

fn yetishare_success(data: Value) -> Value {
    json!({"response": "Done", "data": data, "_status": "success"})
}
