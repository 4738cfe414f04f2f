//! Every operation of both sites, and the request to the gateway that ends in it.

use super::world::Dialect;

/// One operation of a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) dialect: Dialect,
    /// As the sites' journals have it.
    pub(super) name: &'static str,
    pub(super) nature: Nature,
    /// What a 404 of the site says to be missing; nothing, where the request names nothing.
    pub(super) missing: Option<&'static str>,
    pub(super) method: &'static str,
    /// Below the account. `{file}`, `{folder}` and `{remote}` stand for ids of what is there, `{name}` for a name that
    /// nothing has yet.
    pub(super) path: &'static str,
    /// The JSON body, with the same in it; nothing, where there is none.
    pub(super) body: &'static str,
}

/// What an operation is to whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
    /// It takes a file's bytes.
    Upload,
    /// It begins the session of a request that reads.
    Login,
    /// It gives a file's bytes.
    Bytes,
}

const FILE: Option<&str> = Some("file_not_found");
const FOLDER: Option<&str> = Some("folder_not_found");
const REMOTE: Option<&str> = Some("remote_upload_not_found");

/// What is asked of the gateway: method, path, body.
type Asked = (&'static str, &'static str, &'static str);

const fn row(
    dialect: Dialect,
    nature: Nature,
    name: &'static str,
    missing: Option<&'static str>,
    asked: Asked,
) -> Operation {
    let (method, path, body) = asked;
    Operation { dialect, name, nature, missing, method, path, body }
}

const fn openload(nature: Nature, name: &'static str, missing: Option<&'static str>, asked: Asked) -> Operation {
    row(Dialect::Openload, nature, name, missing, asked)
}

const fn yetishare(nature: Nature, name: &'static str, missing: Option<&'static str>, asked: Asked) -> Operation {
    row(Dialect::Yetishare, nature, name, missing, asked)
}

const RENAME: Asked = ("PATCH", "/files/{file}", r#"{"name": "{name}"}"#);
const MOVE: Asked = ("PATCH", "/files/{file}", r#"{"folder_id": "{folder}"}"#);
const DELETE: Asked = ("DELETE", "/files/{file}", "");
const UPLOAD: Asked = ("POST", "/files?name={name}", "");
const CREATE_FOLDER: Asked = ("POST", "/folders", r#"{"name": "{name}"}"#);
const RENAME_FOLDER: Asked = ("PATCH", "/folders/{folder}", r#"{"name": "{name}"}"#);
const MOVE_FOLDER: Asked = ("PATCH", "/folders/{folder}", r#"{"parent_id": "root"}"#);
const DELETE_FOLDER: Asked = ("DELETE", "/folders/{folder}?recursive=true", "");
const REMOTE_UPLOAD: Asked = ("POST", "/remote-uploads", r#"{"url": "https://example.org/{name}"}"#);

/// What is asked of a site and changes nothing.
pub(super) const OPENLOAD_READS: &[Operation] = {
    use Nature::Read;
    &[
        openload(Read, "account/info", None, ("GET", "", "")),
        openload(Read, "file/info", FILE, ("GET", "/files/{file}", "")),
        openload(Read, "file/getsplash", FILE, ("GET", "/files/{file}/thumbnail", "")),
        openload(Read, "file/listfolder", FOLDER, ("GET", "/folders/{folder}/items", "")),
        openload(Read, "file/ul", None, ("POST", "/upload-tickets", "{}")),
        openload(Read, "remotedl/status", REMOTE, ("GET", "/remote-uploads/{remote}", "")),
        openload(Read, "file/converts", FILE, ("GET", "/conversions?file_id={file}", "")),
    ]
};

pub(super) const OPENLOAD_WRITES: &[Operation] = {
    use Nature::{Upload, Write};
    &[
        openload(Upload, "upload", None, UPLOAD),
        openload(Write, "file/rename", FILE, RENAME),
        openload(Write, "file/move", FILE, MOVE),
        openload(Write, "file/delete", FILE, DELETE),
        openload(Write, "file/createfolder", None, CREATE_FOLDER),
        openload(Write, "file/renamefolder", FOLDER, RENAME_FOLDER),
        openload(Write, "file/deletefolder", FOLDER, DELETE_FOLDER),
        openload(Write, "remotedl/add", None, REMOTE_UPLOAD),
    ]
};

/// At these sites the words of an answer say that something is missing, whatever its status.
pub(super) const YETISHARE_READS: &[Operation] = {
    use Nature::Read;
    &[
        yetishare(Read, "account/info", None, ("GET", "", "")),
        yetishare(Read, "account/package", None, ("GET", "/limits", "")),
        yetishare(Read, "file/info", FILE, ("GET", "/files/{file}", "")),
        yetishare(Read, "file/download", FILE, ("POST", "/download-links", r#"{"file_id": "{file}"}"#)),
        yetishare(Read, "file/url_upload_status", REMOTE, ("GET", "/remote-uploads/{remote}", "")),
        yetishare(Read, "folder/listing", FOLDER, ("GET", "/folders/{folder}/items", "")),
        yetishare(Read, "folder/info", FOLDER, ("GET", "/folders/{folder}", "")),
    ]
};

pub(super) const YETISHARE_WRITES: &[Operation] = {
    use Nature::{Upload, Write};
    &[
        yetishare(Upload, "file/upload", None, UPLOAD),
        yetishare(Write, "file/edit", FILE, RENAME),
        yetishare(Write, "file/move", FILE, MOVE),
        yetishare(Write, "file/copy", FILE, ("POST", "/files/{file}/copy", r#"{"folder_id": "{folder}"}"#)),
        yetishare(Write, "file/delete", FILE, DELETE),
        yetishare(Write, "file/url_upload_add", None, REMOTE_UPLOAD),
        yetishare(Write, "folder/create", None, CREATE_FOLDER),
        yetishare(Write, "folder/edit", FOLDER, RENAME_FOLDER),
        yetishare(Write, "folder/move", FOLDER, MOVE_FOLDER),
        yetishare(Write, "folder/delete", FOLDER, DELETE_FOLDER),
    ]
};

pub(super) const LOGIN: Operation = yetishare(Nature::Login, "authorize", None, ("GET", "/files/{file}", ""));

pub(super) const BYTES: Operation = yetishare(Nature::Bytes, "content", FILE, ("GET", "/files/{file}/content", ""));
