//! The fields of files in answers. They differ by flavour, and between `file/info` and the lists.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::dates;
use super::flavours::Flavour;
use super::rows::File;
use super::site::Context;

/// The length of every video, in seconds.
pub(crate) const SECONDS: u64 = 596;

impl Context<'_> {
    pub(crate) fn local(&self, time: Timestamp) -> String {
        dates::local(self.options, time)
    }

    /// Returns the address of a file's page.
    pub(crate) fn page(&self, file: &File) -> String {
        match self.options.flavour {
            Flavour::Xfs => format!("{}/{}/{}", self.origin, file.code, file.name),
            Flavour::Dood | Flavour::Byse => format!("{}/d/{}", self.origin, file.code),
            Flavour::Xvs | Flavour::Voe => format!("{}/{}", self.origin, file.code),
        }
    }

    /// Returns the address of a picture, such as the one with the ending `_t`.
    pub(crate) fn picture(&self, code: &str, ending: &str) -> String {
        format!("{}/i/{code}{ending}.jpg", self.origin)
    }

    /// Returns 1 if the file can be watched: its original is playable, or its encoding is over.
    pub(crate) fn can_play(&self, file: &File) -> u8 {
        u8::from(file.is_playable() || (file.is_video() && self.store.encoding_of(&file.code).is_none()))
    }

    /// Returns a file as in `file/info`.
    pub(crate) fn info_row(&self, file: &File) -> Value {
        let (code, status, name) = (&file.code, if file.blocked { 451 } else { 200 }, &file.name);
        let (uploaded, views, length) = (self.local(file.uploaded), file.views.to_string(), SECONDS.to_string());
        match self.options.flavour {
            Flavour::Xvs => json!({
                "status": status, "file_code": code, "file_title": name, "canplay": self.can_play(file),
                "file_views": (file.views + 2).to_string(), "file_views_full": views, "file_created": uploaded,
                "file_last_download": uploaded, "file_length": length, "player_img": self.picture(code, ""),
                "cat_id": file.category, "file_fld_id": file.folder.to_string(),
                "file_public": flag(file.is_public), "file_adult": flag(file.is_adult),
                "file_premium_only": flag(file.is_premium), "tags": file.tags,
            }),
            Flavour::Xfs => json!({
                "filecode": code, "name": name, "size": file.size.to_string(), "status": status,
                "uploaded": uploaded, "downloads": views,
            }),
            Flavour::Dood => json!({
                "status": status, "filecode": code, "title": name, "canplay": self.can_play(file),
                "size": file.size.to_string(), "length": length, "views": views, "uploaded": uploaded,
                "last_view": "", "single_img": self.picture(code, ""), "splash_img": self.picture(code, "_s"),
                "protected_embed": format!("/e/{code}"), "protected_dl": format!("/d/{code}"),
            }),
            Flavour::Byse => json!({
                "status": status, "file_code": code, "name": name, "canplay": self.can_play(file),
                "views_started": (file.views + 2).to_string(), "views": views, "length": length,
                "uploaded": uploaded,
            }),
            Flavour::Voe => {
                let mut row = self.voe_row(file);
                row["status"] = Value::from(status);
                row
            }
        }
    }

    /// Returns a file as in `file/list`, and at most sites as in `folder/list`.
    pub(crate) fn list_row(&self, file: &File) -> Value {
        let (code, name) = (&file.code, &file.name);
        let (uploaded, views, length) = (self.local(file.uploaded), file.views.to_string(), SECONDS.to_string());
        match self.options.flavour {
            Flavour::Xvs => json!({
                "file_code": code, "fld_id": file.folder.to_string(), "title": name, "uploaded": uploaded,
                "length": length, "public": flag(file.is_public), "views": views, "link": self.page(file),
                "canplay": self.can_play(file), "thumbnail": self.picture(code, "_t"),
            }),
            Flavour::Xfs => {
                let mut row = json!({
                    "file_code": code, "name": name, "fld_id": file.folder, "size": file.size.to_string(),
                    "uploaded": uploaded, "public": flag(file.is_public), "downloads": views,
                    "link": self.page(file),
                });
                if file.is_video() {
                    row["thumbnail"] = Value::from(self.picture(code, "_t"));
                }
                row
            }
            Flavour::Dood => json!({
                "download_url": self.page(file), "single_img": self.picture(code, ""), "file_code": code,
                "canplay": self.can_play(file), "length": length, "views": views, "uploaded": uploaded,
                "public": flag(file.is_public), "fld_id": file.folder.to_string(), "title": name,
            }),
            Flavour::Byse => json!({
                "status": 200, "filecode": code, "name": name, "canplay": self.can_play(file),
                "views_started": (file.views + 2).to_string(), "views": views, "length": length,
                "uploaded": uploaded,
            }),
            Flavour::Voe => self.voe_row(file),
        }
    }

    /// Returns a file as in `folder/list`.
    pub(crate) fn folder_row(&self, file: &File) -> Value {
        match self.options.flavour {
            Flavour::Xfs => json!({
                "fld_id": file.folder, "file_code": file.code, "name": file.name, "link": self.page(file),
                "uploaded": self.local(file.uploaded),
            }),
            Flavour::Byse => json!({
                "file_code": file.code, "fld_id": file.folder.to_string(), "title": file.name,
                "uploaded": self.local(file.uploaded), "length": SECONDS.to_string(),
                "public": flag(file.is_public), "views": file.views.to_string(), "link": self.page(file),
                "canplay": self.can_play(file), "thumbnail": self.picture(&file.code, "_t"),
            }),
            Flavour::Xvs | Flavour::Dood | Flavour::Voe => self.list_row(file),
        }
    }

    fn voe_row(&self, file: &File) -> Value {
        json!({
            "filecode": file.code, "name": file.name, "title": file.name, "uploaded": self.local(file.uploaded),
            "size": file.size, "length": SECONDS, "thumbnails": [self.picture(&file.code, "_t")], "subtitles": [],
        })
    }
}

/// Returns a switch of the database.
pub(crate) fn flag(value: bool) -> &'static str {
    if value { "1" } else { "0" }
}
