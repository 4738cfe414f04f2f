//! One API call: its parameters and its file, parsed as PHP does. `$_GET` has the query and `$_POST` the body. A call
//! reads only one of the two.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Limited};
use md5::Md5;
use sha1::Sha1;

use super::php;
use super::refusal::Refusal;
use super::site::Site;
use crate::journal::Entry;
use crate::receive::{self, Damage, Lost, Saved, Trace};
use crate::serve;

/// The largest urlencoded form, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;

/// The field that must have the file of an upload.
const FILE_FIELD: &str = "upload_file";

/// The length of a hash in hexadecimal digits, for every algorithm.
const HASH_LENGTH: usize = 32;

/// The content of one call.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// The parameters, cleaned as the script cleans everything that it reads.
    parameters: Vec<(String, String)>,
    upload: Option<Saved>,
}

/// The source of a call's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Query,
    Body,
}

impl Call {
    /// Reads a request to its end.
    pub(crate) async fn read(site: &Site, request: Request) -> Result<Self, Refusal> {
        let source = source(request.method(), request.headers());
        let query = serve::pairs(request.uri().query().unwrap_or_default().as_bytes());
        let (head, body) = request.into_parts();
        let (form, upload) = if head.method == Method::POST {
            posted(site, head, body).await
        } else {
            // PHP fills $_POST only for POST.
            serve::drain(body).await;
            (Vec::new(), None)
        };
        let read = if source? == Source::Query { query } else { form };
        let parameters = read.into_iter().map(|(name, value)| (name, php::cleaned(&value))).collect();
        Ok(Self { parameters, upload })
    }

    /// Returns a parameter's value, or an empty text if it was not sent. If it was sent several times, the last value
    /// counts.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.optional(name).unwrap_or_default()
    }

    /// Returns a parameter's value. An empty one counts as not sent.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        let given = self.parameters.iter().rev().find(|(key, _)| key == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns the value of a parameter that must be sent and must not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| Refusal::missing(name))
    }

    /// Returns the value of a parameter as an id, or 0 if it is not one.
    pub(crate) fn id(&self, name: &str) -> u64 {
        php::id(self.text(name))
    }

    /// Returns the file that was sent in the right field.
    pub(crate) fn upload(&self) -> Option<&Saved> {
        self.upload.as_ref()
    }
}

/// Returns where a call's parameters are read from: `$_GET` for GET and PUT, `$_POST` for POST and DELETE. A header may
/// turn a POST into a PUT or DELETE.
fn source(method: &Method, headers: &HeaderMap) -> Result<Source, Refusal> {
    let override_method = headers.get("x-http-method").filter(|_| method == Method::POST).map(|value| value.as_bytes());
    match override_method {
        Some(b"PUT") => Ok(Source::Query),
        Some(b"DELETE") => Ok(Source::Body),
        Some(_) => Err(Refusal::unexpected_header()),
        None if method == Method::GET || method == Method::PUT => Ok(Source::Query),
        None => Ok(Source::Body),
    }
}

/// Returns `$_POST`, and the one file of `$_FILES` that matters. If the body is larger than `post_max_size`, both are
/// empty.
async fn posted(site: &Site, head: Parts, body: Body) -> (Vec<(String, String)>, Option<Saved>) {
    let length = serve::declared_length(&head.headers);
    let trace = Trace { entry: head.extensions.get::<Entry>().cloned(), length };
    let content_type = head.headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    let is = |prefix: &[u8]| content_type.as_ref().is_some_and(|value| value.starts_with(prefix));
    let is_multipart = is(b"multipart/form-data");
    if is_multipart {
        trace.begin();
    }
    if length.zip(site.options().post_max_size).is_some_and(|(length, most)| length > most) {
        serve::drain(body).await;
        return (Vec::new(), None);
    }
    if is_multipart {
        return multipart(site, Request::from_parts(head, body), &trace).await;
    }
    if is(b"application/x-www-form-urlencoded") {
        let form = Limited::new(body, LARGEST_FORM).collect().await;
        let form = form.map_or_else(|_| Vec::new(), |form| serve::pairs(&form.to_bytes()));
        trace.write(|entry| entry.note_form(&form));
        return (form, None);
    }
    serve::drain(body).await;
    (Vec::new(), None)
}

async fn multipart(site: &Site, request: Request, trace: &Trace) -> (Vec<(String, String)>, Option<Saved>) {
    let (mut form, mut upload) = (Vec::new(), None);
    let Ok(mut multipart) = Multipart::from_request(request, &()).await else { return (form, upload) };
    // If the body is aborted, the fields received so far stay, but the client is gone and cannot receive an answer.
    if parts(site, &mut multipart, trace, &mut form, &mut upload).await.is_ok() {
        trace.complete();
    } else {
        upload = None;
    }
    (form, upload)
}

async fn parts(
    site: &Site,
    multipart: &mut Multipart,
    trace: &Trace,
    form: &mut Vec<(String, String)>,
    upload: &mut Option<Saved>,
) -> Result<(), Lost> {
    while let Some(field) = multipart.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_none() {
            let value = String::from_utf8_lossy(&field.bytes().await?).into_owned();
            trace.write(|entry| entry.note_field(&name, &value));
            form.push((name, value));
            continue;
        }
        let is_upload = name == FILE_FIELD;
        let damage = if is_upload { site.with(|context| context.store.uploads.take_damage()) } else { Damage::None };
        let saved = if site.options().hash_is_md5 {
            receive::save::<Md5>(field, site.uploads(), damage, trace).await?
        } else {
            receive::save::<Sha1>(field, site.uploads(), damage, trace).await?
        };
        if is_upload {
            *upload = Some(limited_by_php(site, saved));
        }
    }
    Ok(())
}

/// Applies PHP's limits to a file. A file larger than `upload_max_filesize` is present, but empty.
fn limited_by_php(site: &Site, mut saved: Saved) -> Saved {
    saved.hash.truncate(HASH_LENGTH);
    if site.options().upload_max_filesize.is_some_and(|most| saved.size > most) {
        saved.size = 0;
    }
    saved
}
