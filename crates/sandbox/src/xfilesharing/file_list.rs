//! `file/list`: the account's files, by pages that move while files are added and deleted.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::dates;
use super::flavours::{Flavour, FolderFilter};
use super::names;
use super::options::Options;
use super::reply::{Answer, Success};
use super::rows::File;
use super::site::Context;
use super::store::{self, ROOT};
use crate::parameters::Parameters;
use crate::unreadable::{self, Keys};

/// The fields of a row that are made malformed.
const KEYS: Keys = Keys {
    doubled: "uploaded",
    name: "name",
    ids: &["file_code", "filecode", "link", "download_url", "single_img", "thumbnail", "thumbnails"],
};

/// The age at which a stored total is counted anew, where totals are stored.
const TOTALS_LIFE: Duration = Duration::from_secs(300);

/// `file/list`.
pub(crate) fn list(context: &mut Context<'_>, call: &Parameters) -> Answer {
    context.store.listings += 1;
    let (page, per_page) = page_of(context.options, call);
    let found = found(context, call);
    let total = found.len();
    let codes: Vec<String> = found
        .into_iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|file| file.code.clone())
        .collect();
    let rows = rows(context, &codes, |context, file| context.list_row(file));
    let folder = folder_filter(context, call);
    for late in context.store.files.values_mut().filter(|file| folder.is_none_or(|folder| folder == file.folder)) {
        late.unlisted_for = late.unlisted_for.saturating_sub(1);
    }
    let total = stored_total(context, call, total);
    Ok(Success::of(shaped(context.options, rows, total, page, per_page)))
}

fn shaped(options: &Options, rows: Vec<Value>, total: usize, page: usize, per_page: usize) -> Value {
    let results = rows.len();
    match options.flavour {
        Flavour::Xvs => json!({
            "results": results, "results_total": total, "pages": wrong_pages(total, results), "files": rows,
        }),
        Flavour::Xfs => json!({"results": results, "results_total": total, "files": rows}),
        Flavour::Dood => json!({
            "results": results, "results_total": total.to_string(), "total_pages": total.div_ceil(per_page),
            "files": rows,
        }),
        Flavour::Byse => Value::Array(rows),
        Flavour::Voe => paged(rows, total, page, per_page),
    }
}

/// Returns VOE's page object.
pub(crate) fn paged(rows: Vec<Value>, total: usize, page: usize, per_page: usize) -> Value {
    json!({
        "data": rows, "current_page": page, "last_page": total.div_ceil(per_page).max(1), "per_page": per_page,
        "total": total,
    })
}

/// Returns the script's number of pages: the total divided by the number of files on this page, rounded.
fn wrong_pages(total: usize, on_this_page: usize) -> usize {
    if on_this_page == 0 { 0 } else { (total as f64 / on_this_page as f64 + 0.5) as usize }
}

fn page_of(options: &Options, call: &Parameters) -> (usize, usize) {
    let number = |name: &str| call.optional(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    let (default, most) = options.per_page;
    (number("page").unwrap_or(1), number("per_page").unwrap_or(default).min(most))
}

/// Returns all files that the filters select, newest first.
fn found<'a>(context: &'a Context<'_>, call: &Parameters) -> Vec<&'a File> {
    let folder = folder_filter(context, call);
    let title = title_filter(call);
    let since = call.optional("created").and_then(|text| since(context, text));
    let is = |value: bool, name: &str| call.optional(name).is_none_or(|wanted| (wanted == "1") == value);
    let is_found = |file: &&File| {
        file.is_own()
            && file.unlisted_for == 0
            && folder.is_none_or(|folder| folder == file.folder)
            && title.is_none_or(|title| names::matches(&file.name, title))
            && since.is_none_or(|since| file.uploaded > since)
            && is(file.is_public, "public")
            && is(file.is_adult, "adult")
            && is(file.is_premium, "premium_only")
    };
    let mut files = store::newest_first(context.store.files.values().filter(is_found));
    if context.options.unstable_ties && context.store.listings.is_multiple_of(2) {
        files.sort_by_key(|file| (std::cmp::Reverse(file.uploaded.as_second()), file.number));
    }
    files
}

/// Returns the folder whose files are listed, or `None` for the whole account.
fn folder_filter(context: &Context<'_>, call: &Parameters) -> Option<u64> {
    let meaning = |filter| (filter == FolderFilter::Root).then_some(ROOT);
    match call.optional("fld_id") {
        None => meaning(context.options.folder_missing),
        Some("0") => meaning(context.options.folder_zero),
        // An unknown folder is no filter.
        folder => context.store.own_folder(folder).filter(|folder| *folder != ROOT),
    }
}

/// Returns the part of the name that is searched for. A value with a quote or a line break is no filter.
fn title_filter(call: &Parameters) -> Option<&str> {
    let title = call.optional("title").or_else(|| call.optional("name"));
    title.filter(|title| !title.contains(['"', '\n', '\r']))
}

/// Returns the time after which files were created: a date, or a number of minutes ago.
fn since(context: &Context<'_>, text: &str) -> Option<Timestamp> {
    match text.parse::<u64>() {
        Ok(minutes) => Some(dates::before(context.now, Duration::from_secs(minutes.saturating_mul(60)))),
        Err(_) => dates::parse(context.options, text),
    }
}

/// Returns the total, which may come from a cache.
fn stored_total(context: &mut Context<'_>, call: &Parameters, total: usize) -> usize {
    if !context.options.stale_totals {
        return total;
    }
    let filter = call.optional("fld_id").unwrap_or_default().to_owned();
    let oldest = dates::before(context.now, TOTALS_LIFE);
    match context.store.totals.get(&filter) {
        Some((counted, total)) if *counted > oldest => *total,
        _ => {
            context.store.totals.insert(filter, (context.now, total));
            total
        }
    }
}

/// Returns the rows of files, with the malformed ones of the options.
pub(crate) fn rows(context: &Context<'_>, codes: &[String], row: impl Fn(&Context<'_>, &File) -> Value) -> Vec<Value> {
    let files = codes.iter().filter_map(|code| context.store.files.get(code));
    let mut rows: Vec<(String, Value)> = files.map(|file| (file.code.clone(), row(context, file))).collect();
    let has_title = rows.first().is_some_and(|(_, row)| row.get("title").is_some());
    let keys = if has_title { Keys { name: "title", ..KEYS } } else { KEYS };
    unreadable::spoil(&context.options.unreadable_files, &mut rows, &keys);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::wrong_pages;

    #[test]
    fn number_of_pages_is_as_wrong_as_the_scripts() {
        assert_eq!(wrong_pages(105, 2), 53);
        assert_eq!(wrong_pages(105, 5), 21);
        assert_eq!(wrong_pages(105, 0), 0);
        assert_eq!(wrong_pages(1001, 1000), 1);
    }
}
