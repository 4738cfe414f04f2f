//! Ids and names from callers, parsed by the grammars of the account's provider: what is outside them is never sent to a
//! site.

use polyhost_domain::{EntryName, FileId, FolderId, InvalidEntryName, RemoteUploadId, ShortCode};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

impl Account {
    /// A name for a file or folder.
    ///
    /// # Errors
    /// What is wrong with it, or what of it the account's site cannot keep.
    pub fn entry_name(&self, text: &str) -> Result<EntryName, InvalidEntryName> {
        self.profile().names.name(text)
    }

    /// A file's id.
    ///
    /// # Errors
    /// `file_not_found` outside the grammar.
    pub fn file_id(&self, text: &str) -> Result<FileId, Problem> {
        self.profile().ids.file(text).map_err(|_| self.nothing_has(Code::FileNotFound, "file", text))
    }

    /// A file's short code.
    ///
    /// # Errors
    /// `file_not_found` outside the grammar.
    pub fn short_code(&self, text: &str) -> Result<ShortCode, Problem> {
        let text_shown: String = text.chars().take(80).collect();
        self.profile().ids.short_code(text).map_err(|_| {
            let detail = format!("No file has the short code {text_shown:?} in account \"{}\".", self.name());
            Problem::new(Code::FileNotFound, detail)
        })
    }

    /// A folder's id, `root` included.
    ///
    /// # Errors
    /// `folder_not_found` outside the grammar.
    pub fn folder_id(&self, text: &str) -> Result<FolderId, Problem> {
        self.profile().ids.folder(text).map_err(|_| self.nothing_has(Code::FolderNotFound, "folder", text))
    }

    /// A remote upload's id.
    ///
    /// # Errors
    /// `remote_upload_not_found` outside the grammar.
    pub fn remote_upload_id(&self, text: &str) -> Result<RemoteUploadId, Problem> {
        let id = self.profile().ids.remote_upload(text);
        id.map_err(|_| self.nothing_has(Code::RemoteUploadNotFound, "remote upload", text))
    }

    /// A folder's id in a body or a query; the root where there is none.
    ///
    /// # Errors
    /// `folder_not_found` outside the grammar.
    pub fn folder_or_root(&self, text: Option<&str>) -> Result<FolderId, Problem> {
        text.map_or(Ok(FolderId::Root), |text| self.folder_id(text))
    }

    /// The answer for an id that nothing has.
    #[must_use]
    pub fn nothing_has(&self, code: Code, noun: &str, id: &str) -> Problem {
        let id: String = id.chars().take(80).collect();
        Problem::new(code, format!("No {noun} has the id {id:?} in account \"{}\".", self.name()))
    }
}
