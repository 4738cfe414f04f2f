//! Tests of the messages of the sites.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};

use super::words::{Meaning, meaning, minutes};
use super::*;

#[test]
fn each_of_the_meanings_of_403_has_its_words() {
    let rows = [
        ("Invalid key", Meaning::BadKey),
        ("Wrong Auth", Meaning::BadKey),
        ("API not enabled for your account", Meaning::Denied),
        ("API special allowed for premium only", Meaning::Denied),
        ("API special not enable for your account", Meaning::Denied),
        ("File Delete disabled by your account options", Meaning::Denied),
        ("This function not allowed in API", Meaning::SwitchedOff),
        ("Not enabled", Meaning::SwitchedOff),
        ("Invalid operation", Meaning::SwitchedOff),
        ("Requests limit reached: 5 per min", Meaning::MinuteLimit),
        ("Requests limit reached: 1000 per day", Meaning::DayLimit),
        ("Too Many Requests", Meaning::SecondLimit),
        ("Too many failed attempts. Please try again in 60 minutes.", Meaning::LockOut),
        ("Folder not exist or not yours", Meaning::NoFolder),
        ("Parent folder not exist or not yours", Meaning::NoFolder),
        ("Your account don't have such folder", Meaning::NoFolder),
        ("Folder have files inside", Meaning::FolderNotEmpty),
        ("Folder have sub-folders inside", Meaning::FolderNotEmpty),
        ("no file", Meaning::NoFile),
        ("Invalid file codes", Meaning::NoFile),
    ];
    for (message, expected) in rows {
        assert_eq!(meaning(message, Named::Nothing), Some(expected), "{message}");
    }
    assert_eq!(meaning("Moonshine", Named::Nothing), None);
}

#[test]
fn refusals_of_upload_nodes_have_their_meanings() {
    let rows = [
        ("null filesize or wrong file path", Meaning::Refused),
        ("file is too big", Meaning::TooLarge),
        ("ERROR: Max filesize limit exceeded! Filesize limit: 10 Mb", Meaning::TooLarge),
        ("ERROR: Uploads not enabled for this type of users", Meaning::Denied),
        ("uploads are not enabled for your account type", Meaning::Denied),
        ("error connecting to DB", Meaning::SiteTrouble),
        ("ERROR: Server don't allow uploads at the moment", Meaning::SiteTrouble),
    ];
    for (message, expected) in rows {
        assert_eq!(meaning(message, Named::Upload), Some(expected), "{message}");
    }
    assert_eq!(meaning("unallowed extension", Named::Upload), None);
}

#[test]
fn lock_out_ends_when_its_message_says() {
    assert_eq!(minutes("Please try again in 60 minutes."), Some(Duration::from_secs(3600)));
    assert_eq!(minutes("try again in 2 hours"), Some(Duration::from_secs(7200)));
    assert_eq!(minutes("later"), None);
}

#[test]
fn limit_of_a_day_ends_at_the_midnight_of_the_site() {
    let now: Timestamp = "2026-03-04T20:00:00Z".parse().unwrap();
    let tehran = TimeZone::fixed(Offset::from_seconds(3 * 3600 + 1800).unwrap());
    assert_eq!(until_midnight(now, &tehran), Duration::from_secs(1800));
    assert_eq!(until_midnight(now, &TimeZone::UTC), Duration::from_secs(4 * 3600));
}
