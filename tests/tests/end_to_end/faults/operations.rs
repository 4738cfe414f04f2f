//! Every operation of both sites, each with a request to the gateway that calls it.

use super::world::Dialect;

/// One operation of a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) dialect: Dialect,
    /// The name in the sites' journals.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The code if the site answers 404. `None` if the request names no object.
    pub(super) missing: Option<&'static str>,
    pub(super) method: &'static str,
    /// The path below the account. `{file}`, `{folder}` and `{remote}` stand for ids of existing objects, `{name}` for
    /// an unused name.
    pub(super) path: &'static str,
    /// The JSON body with the same placeholders. Empty if there is none.
    pub(super) body: &'static str,
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing.
    Read,
    /// Changes something.
    Write,
    /// Receives a file's bytes.
    Upload,
    /// Begins the session of a request that reads.
    Login,
    /// Returns a file's bytes.
    Bytes,
}

const FILE: Option<&str> = Some("file_not_found");
const FOLDER: Option<&str> = Some("folder_not_found");
const REMOTE: Option<&str> = Some("remote_upload_not_found");

/// A request to the gateway: method, path, body.
type Request = (&'static str, &'static str, &'static str);

const fn row(
    dialect: Dialect,
    kind: Kind,
    name: &'static str,
    missing: Option<&'static str>,
    request: Request,
) -> Operation {
    let (method, path, body) = request;
    Operation { dialect, name, kind, missing, method, path, body }
}

const fn openload(kind: Kind, name: &'static str, missing: Option<&'static str>, request: Request) -> Operation {
    row(Dialect::Openload, kind, name, missing, request)
}

const fn yetishare(kind: Kind, name: &'static str, missing: Option<&'static str>, request: Request) -> Operation {
    row(Dialect::Yetishare, kind, name, missing, request)
}

const RENAME: Request = ("PATCH", "/files/{file}", r#"{"name": "{name}"}"#);
const MOVE: Request = ("PATCH", "/files/{file}", r#"{"folder_id": "{folder}"}"#);
const DELETE: Request = ("DELETE", "/files/{file}", "");
const UPLOAD: Request = ("POST", "/files?name={name}", "");
const CREATE_FOLDER: Request = ("POST", "/folders", r#"{"name": "{name}"}"#);
const RENAME_FOLDER: Request = ("PATCH", "/folders/{folder}", r#"{"name": "{name}"}"#);
const MOVE_FOLDER: Request = ("PATCH", "/folders/{folder}", r#"{"parent_id": "root"}"#);
const DELETE_FOLDER: Request = ("DELETE", "/folders/{folder}?recursive=true", "");
const REMOTE_UPLOAD: Request = ("POST", "/remote-uploads", r#"{"url": "https://example.org/{name}"}"#);

/// The operations that change nothing.
pub(super) const OPENLOAD_READS: &[Operation] = {
    use Kind::Read;
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
    use Kind::{Upload, Write};
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

/// These sites report a missing object by the message of the answer, with any status.
pub(super) const YETISHARE_READS: &[Operation] = {
    use Kind::Read;
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
    use Kind::{Upload, Write};
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

pub(super) const LOGIN: Operation = yetishare(Kind::Login, "authorize", None, ("GET", "/files/{file}", ""));

pub(super) const BYTES: Operation = yetishare(Kind::Bytes, "content", FILE, ("GET", "/files/{file}/content", ""));
