//! The account and its plan: `account/info`, `account/package`.

use serde_json::{Value, json};

use super::call::Call;
use super::options::Version;
use super::reply::{Answer, Success};
use super::site::Context;

/// `account/package`.
pub(crate) fn package(context: &mut Context<'_>, _: &Call) -> Answer {
    let (options, package) = (context.options, &context.options.package);
    let mut data = json!({
        "id": options.number(package.id),
        "label": options.text(&package.label),
        "max_upload_size": options.number(package.max_upload_size),
        "can_upload": options.number(u64::from(package.can_upload)),
        "wait_between_downloads": options.number(package.wait_between_downloads),
        "download_speed": options.number(package.download_speed),
        "max_storage_bytes": options.number(package.max_storage_bytes),
        "show_site_adverts": options.number(0),
        "show_upgrade_screen": options.number(1),
        "days_to_keep_inactive_files": options.number(0),
        "concurrent_uploads": options.number(package.concurrent_uploads),
        "concurrent_downloads": options.number(package.concurrent_downloads),
        "downloads_per_24_hours": options.number(package.downloads_per_24_hours),
        "max_download_filesize_allowed": options.number(package.max_download_filesize_allowed),
        "max_remote_download_urls": options.number(package.max_remote_download_urls),
        "level_type": package.level_type,
        "on_upgrade_page": options.number(0),
    });
    if options.version >= Version::V5 {
        data["download_size_per_24_hours"] = options.number(package.download_size_per_24_hours);
    }
    Ok(Success::data(data))
}

/// `account/info`.
pub(crate) fn info(context: &mut Context<'_>, _: &Call) -> Answer {
    let options = context.options;
    Ok(Success::data(json!({
        "id": options.number(super::ACCOUNT),
        "username": options.login.username,
        "level_id": options.number(options.package.id),
        "email": "sandbox@streamplay.example",
        "lastlogindate": options.fixed_date.as_deref().unwrap_or("2017-02-18 11:43:39"),
        "lastloginip": "192.168.33.1",
        "status": "active",
        "title": "Mr",
        "firstname": "Sandbox",
        "lastname": "User",
        "languageId": options.number(1),
        "datecreated": options.fixed_date.as_deref().map_or_else(|| options.date(None), Value::from),
        "lastPayment": options.fixed_date.as_deref().unwrap_or("2011-12-27 13:45:22"),
        "paidExpiryDate": options.paid_expiry_date.as_deref().map_or_else(|| options.date(None), Value::from),
        "storageLimitOverride": options.storage_limit_override.map_or(Value::Null, |limit| options.number(limit)),
    })))
}
