//! The functions of the API: name, code, and the flavours whose typical site has each.

use super::flavours::Flavour::{self, Byse, Dood, Voe, Xfs, Xvs};
use super::reply::Answer;
use super::site::Context;
use super::{account, downloads, encodings, file_changes, file_list, files, folders, pages, remote_uploads, sessions};
use crate::parameters::Parameters;

/// The code of a function. The store is locked while it runs, so it is not async.
pub(crate) type Function = fn(&mut Context<'_>, &Parameters) -> Answer;

const ALL: &[Flavour] = &[Xvs, Xfs, Dood, Byse, Voe];

const FUNCTIONS: &[(&str, Function, &[Flavour])] = &[
    ("account/info", account::info, ALL),
    ("upload/server", sessions::server, ALL),
    ("upload/url", remote_uploads::add, &[Xvs, Dood, Voe]),
    ("upload/url/list", remote_uploads::list_with_numbers, &[Voe]),
    ("remote/add", remote_uploads::add, &[Byse]),
    ("remote/status", remote_uploads::status, &[Byse]),
    ("remote/remove", remote_uploads::remove, &[Byse]),
    ("urlupload/list", remote_uploads::list_with_bytes, &[Dood]),
    ("urlupload/status", remote_uploads::list_with_bytes, &[Dood]),
    ("urlupload/actions", remote_uploads::actions, &[Dood]),
    ("urlupload/slots", remote_uploads::slots, &[Dood]),
    ("file/url_uploads", remote_uploads::list, &[Xvs]),
    ("file/url_actions", remote_uploads::actions, &[Xvs]),
    ("file/info", files::info, ALL),
    ("file/check", files::check, &[Dood]),
    ("files/check", files::check, &[]),
    ("file/list", file_list::list, ALL),
    ("file/edit", file_changes::edit, &[Xvs]),
    ("file/rename", file_changes::rename, &[Xfs, Dood, Voe]),
    ("file/set_folder", file_changes::set_folder, &[Xfs, Voe]),
    ("file/move", file_changes::set_folder, &[Dood]),
    ("file/clone", file_changes::clone, &[Xvs, Dood, Byse, Voe]),
    ("file/delete", file_changes::delete, &[Xvs, Voe]),
    ("file/direct_link", downloads::direct_link, &[Xvs, Xfs]),
    ("file/image", files::image, &[Dood]),
    ("file/encodings", encodings::list, &[Xvs]),
    ("file/deleted", files::deleted, &[Xvs]),
    ("files/deleted", files::deleted, &[Byse, Voe]),
    ("file/dmca", files::blocked, &[Xvs]),
    ("files/dmca", files::blocked, &[Byse]),
    ("dmca/list", files::blocked, &[Dood, Voe]),
    ("images/thumb", files::thumb, &[Byse]),
    ("images/splash", files::splash, &[Byse]),
    ("images/preview", files::preview, &[Byse]),
    ("encoding/list", encodings::list_all, &[Byse]),
    ("encoding/status", encodings::status, &[Byse]),
    ("encoding/restart", encodings::restart, &[Byse]),
    ("encoding/delete", encodings::delete, &[Byse]),
    ("get/domain", pages::domain, &[Byse]),
    ("folder/list", folders::list, ALL),
    ("folder/create", folders::create, ALL),
    ("folder/edit", folders::edit, &[Xvs]),
    ("folder/rename", folders::rename, &[Xfs, Dood, Voe]),
    ("folder/move", folders::relocate, &[]),
    ("folder/delete", folders::delete, &[Xvs]),
];

/// Returns the functions of a flavour's typical site.
pub(crate) fn of(flavour: Flavour) -> Vec<String> {
    let its = FUNCTIONS.iter().filter(|(_, _, flavours)| flavours.contains(&flavour));
    its.map(|(name, ..)| (*name).to_owned()).collect()
}

/// Returns a function by its name.
pub(crate) fn find(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(_, function, _)| *function)
}

/// Returns the names of all operations, as in the journal.
pub(crate) fn operations() -> Vec<String> {
    let names = FUNCTIONS.iter().map(|(name, ..)| *name).chain(["upload", "content", "picture"]);
    names.map(str::to_owned).collect()
}
