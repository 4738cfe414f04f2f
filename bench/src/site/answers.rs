//! What the site answers, in the words of both dialects.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::intake::Arrived;
use super::manner::Manner;

/// Where forms of the OpenLoad dialect go, and those of no dialect.
pub(crate) const UPLOAD: &str = "/upload";
/// Where forms of the YetiShare dialect go.
pub(crate) const YETISHARE_UPLOAD: &str = "/yetishare/api/v2/file/upload";

const TOKEN_LENGTH: usize = 128;

/// The answer of an endpoint; `None` where the site has none of this name.
pub(crate) fn to(path: &str, file: &str, manner: Manner, address: SocketAddr) -> Option<String> {
    let prefix = manner.prefix();
    let answer = match path.strip_prefix("/yetishare/api/v2/") {
        Some(endpoint) => yetishare(endpoint, file, address)?,
        None => match path.strip_prefix("/openload/v1/")? {
            "file/ul" => openload(json!({
                "url": format!("http://{address}{prefix}{UPLOAD}"), "valid_until": "2099-01-01 00:00:00",
            })),
            "account/info" => openload(json!({"extid": "bench", "email": "bench@example.com"})),
            "file/info" => {
                let told = json!({
                    "id": file, "status": 200, "name": "bench.bin", "size": file, "sha1": false,
                    "content_type": "application/octet-stream",
                });
                openload(json!({file: told}))
            }
            "file/listfolder" => openload(json!({"folders": [], "files": {}})),
            "file/createfolder" => openload(json!({"folderid": "1"})),
            "file/rename" | "file/delete" => openload(json!(true)),
            _ => return None,
        },
    };
    Some(answer.to_string())
}

/// The answer to an upload.
pub(crate) fn stored(path: &str, arrived: &Arrived) -> String {
    let size = arrived.size.to_string();
    let digests = arrived.digests.as_ref();
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
        "folder/listing" => json!({"folders": [], "files": []}),
        "folder/create" => json!({"id": "1", "folderName": "bench"}),
        "file/delete" | "disable_access_token" => Value::Null,
        _ => return None,
    };
    Some(yetishare_success(data))
}

fn yetishare_success(data: Value) -> Value {
    json!({"response": "Done", "data": data, "_status": "success"})
}
