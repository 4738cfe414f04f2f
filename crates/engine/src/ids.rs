//! Parses ids and names from callers with the grammars of the account's provider. Values outside these grammars are
//! never sent to a site.

use polyhost_domain::{EntryName, FileId, FolderId, InvalidEntryName, RemoteUploadId, ShortCode};

use crate::accounts::Account;
use crate::problem::{Code, Problem};

impl Account {
    /// Parses the name of a file or folder.
    ///
    /// # Errors
    /// The part of the name that is invalid, or that the account's site cannot store.
    pub fn entry_name(&self, text: &str) -> Result<EntryName, InvalidEntryName> {
        self.profile().names.name(text)
    }

    /// Parses the id of a file.
    ///
    /// # Errors
    /// `file_not_found` for an id outside the grammar.
    pub fn file_id(&self, text: &str) -> Result<FileId, Problem> {
        self.profile().ids.file(text).map_err(|_| self.nothing_has(Code::FileNotFound, "file", text))
    }

    /// Parses the short code of a file.
    ///
    /// # Errors
    /// `file_not_found` for a code outside the grammar.
    pub fn short_code(&self, text: &str) -> Result<ShortCode, Problem> {
        let text_shown: String = text.chars().take(80).collect();
        self.profile().ids.short_code(text).map_err(|_| {
            let detail = format!("No file has the short code {text_shown:?} in account \"{}\".", self.name());
            Problem::new(Code::FileNotFound, detail)
        })
    }

    /// Parses the id of a folder, which may be `root`.
    ///
    /// # Errors
    /// `folder_not_found` for an id outside the grammar.
    pub fn folder_id(&self, text: &str) -> Result<FolderId, Problem> {
        self.profile().ids.folder(text).map_err(|_| self.nothing_has(Code::FolderNotFound, "folder", text))
    }

    /// Parses the id of a remote upload.
    ///
    /// # Errors
    /// `remote_upload_not_found` for an id outside the grammar.
    pub fn remote_upload_id(&self, text: &str) -> Result<RemoteUploadId, Problem> {
        let id = self.profile().ids.remote_upload(text);
        id.map_err(|_| self.nothing_has(Code::RemoteUploadNotFound, "remote upload", text))
    }

    /// Parses the optional id of a folder in a body or a query. Without an id, returns the root folder.
    ///
    /// # Errors
    /// `folder_not_found` for an id outside the grammar.
    pub fn folder_or_root(&self, text: Option<&str>) -> Result<FolderId, Problem> {
        text.map_or(Ok(FolderId::Root), |text| self.folder_id(text))
    }

    /// Returns the problem for an id that does not exist in the account.
    #[must_use]
    pub fn nothing_has(&self, code: Code, noun: &str, id: &str) -> Problem {
        let id: String = id.chars().take(80).collect();
        Problem::new(code, format!("No {noun} has the id {id:?} in account \"{}\".", self.name()))
    }
}
