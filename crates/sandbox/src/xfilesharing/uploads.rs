//! The upload nodes, which receive the bytes of files.

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::header::ORIGIN;

use super::codes;
use super::flavours::{Flavour, Sessions, UploadCodes};
use super::form::Form;
use super::gate;
use super::refusal::Refusal;
use super::rows::{NewFile, Owner};
use super::sessions::{self, Validity};
use super::site::{Context, Site};
use super::store::ROOT;
use super::upload_answers::{self, Outcome, Uploaded};
use crate::journal::Entry;
use crate::receive::{Saved, Trace};
use crate::serve;

/// The user of an upload, or the words with which its files are refused.
type User = Result<Owner, &'static str>;

/// Receives a form with files. The web server's own rejections come first, with its error page.
pub(crate) async fn receive(site: &Site, request: Request) -> Response {
    let length = serve::declared_length(request.headers());
    if length.is_none() && site.options().refuse_chunked {
        serve::drain_later(request.into_body());
        return serve::error_page(StatusCode::LENGTH_REQUIRED);
    }
    let query_key = request.uri().query().unwrap_or_default().to_owned();
    let origin = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_owned);
    let trace = Trace { entry: request.extensions().get::<Entry>().cloned(), length };
    trace.begin();
    let Ok(form) = Form::read(site, request, &trace).await else {
        // The client is usually gone. A body that is cut short leaves nothing behind.
        return upload_answers::error("Can't read the form");
    };
    if let Some(words) = &site.options().upload_error {
        return upload_answers::error(words);
    }
    let outcome = site.with(|context| {
        let user = match user(context, &form, &query_key)? {
            Ok(_)
                if context
                    .options
                    .required_origin
                    .as_deref()
                    .is_some_and(|wanted| Some(wanted) != origin.as_deref()) =>
            {
                Err("uploads are not enabled for your account type")
            }
            user => user,
        };
        Ok(form.files.iter().map(|file| stored(context, &form, file, user)).collect())
    });
    upload_answers::answer(site, &form, outcome)
}

/// Returns the user of a form. Dood and VOE refuse a wrong key as the API does; at the others, the refusal is the
/// file's.
fn user(context: &mut Context<'_>, form: &Form, query_key: &str) -> Result<User, Refusal> {
    let options = context.options;
    let key = form.field("key").or_else(|| form.field("api_key"));
    let is_right = |key: &str| gate::check_key(options, key);
    match options.flavour {
        Flavour::Xfs => Ok(session_user(context, form.field("sess_id").unwrap_or_default())),
        Flavour::Dood => {
            is_right(query_key)?;
            is_right(key.unwrap_or_default()).map(|()| Ok(Owner::Account))
        }
        Flavour::Voe => is_right(key.unwrap_or_default()).map(|()| Ok(Owner::Account)),
        Flavour::Xvs | Flavour::Byse => Ok(match key {
            None => Ok(Owner::Anonymous),
            Some(key) if is_right(key).is_ok() => Ok(Owner::Account),
            Some(_) => Err("Unauthorized"),
        }),
    }
}

fn session_user(context: &mut Context<'_>, id: &str) -> User {
    match (sessions::use_session(context, id), context.options.sessions) {
        (Validity::Valid, _) => Ok(Owner::Account),
        (_, Sessions::Anonymous) => Ok(Owner::Anonymous),
        (Validity::Expired, Sessions::Refused) => Err("session expired, please request a new upload URL"),
        (Validity::Unknown, Sessions::Refused) => Err("Invalid session"),
    }
}

/// Stores a file, unless the site refuses it.
fn stored(context: &mut Context<'_>, form: &Form, arrived: &Saved, user: User) -> Uploaded {
    let uploaded = |outcome| Uploaded { file_name: arrived.name.clone(), size: arrived.size, outcome };
    let owner = match user {
        Ok(owner) => owner,
        Err(words) => return uploaded(Outcome::Refused(words.to_owned())),
    };
    if let Some(words) = refusal_of(context, arrived) {
        return uploaded(Outcome::Refused(words));
    }
    match context.options.upload_codes {
        UploadCodes::Given => {}
        UploadCodes::Undef => return uploaded(Outcome::Discarded("undef")),
        UploadCodes::Empty => return uploaded(Outcome::Discarded("")),
    }
    let title = form.field("file_title").filter(|_| context.options.flavour == Flavour::Xvs);
    let name = match title {
        Some(title) => context.options.stored_name(title),
        None => context.options.name_of_upload(&arrived.name),
    };
    let folder = context.options.upload_folder.as_deref().and_then(|field| form.field(field));
    let file = NewFile {
        name,
        // An unknown folder is the root.
        folder: context.store.own_folder(folder).filter(|_| owner == Owner::Account).unwrap_or(ROOT),
        content: arrived.content.clone(),
        size: arrived.size,
        content_type: arrived.content_type.clone(),
        uploaded: context.now,
        owner,
    };
    let code = context.store.add_file(context.options, codes::random_code(), file);
    if let Some(file) = context.store.files.get_mut(&code) {
        file.unlisted_for = context.options.listed_late;
        file.tags =
            form.field("tags").filter(|_| context.options.flavour == Flavour::Xvs).unwrap_or_default().to_owned();
        file.is_public = form.field("file_public") != Some("0");
    }
    uploaded(Outcome::Stored(code))
}

/// Returns the words with which the site refuses a file.
fn refusal_of(context: &mut Context<'_>, arrived: &Saved) -> Option<String> {
    let options = context.options;
    if let Some(words) = context.store.refuse_next_upload.take().or_else(|| options.upload_refusal.clone()) {
        return Some(words);
    }
    let extension = arrived.name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let is_refused = extension.is_some_and(|extension| options.refused_extensions.contains(&extension));
    let is_video = arrived.content_type.starts_with("video/");
    let words = match arrived.size {
        0 => "null filesize or wrong file path",
        size if options.max_upload.is_some_and(|most| size > most) => "file is too big",
        _ if is_refused || (options.only_videos && !is_video) => "unallowed extension",
        _ => return None,
    };
    Some(words.to_owned())
}
