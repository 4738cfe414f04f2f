//! The properties that a caller declares about an upload: name, folder and digest.

use polyhost_domain::{EntryName, InvalidSha1, NameGrammar, Sha1Digest};
use polyhost_engine::problem::{Fault, Faults, Problem};

use super::{Fields, FileName};

/// The declared properties of an upload, from its query parameters or its form.
pub struct Declared {
    /// The file's name.
    pub name: Option<EntryName>,
    /// The id of the target folder, not yet checked.
    pub folder_id: Option<String>,
    /// The digest that the bytes must have.
    pub sha1: Option<Sha1Digest>,
}

impl Declared {
    /// Parses the texts of `name`, `folder_id` and `sha1`, and adds their faults to `faults`.
    pub fn read(
        texts: [Option<String>; 3],
        names: NameGrammar,
        fault: fn(&str, String) -> Fault,
        faults: &mut Faults,
    ) -> Self {
        let [name, folder_id, sha1] = texts;
        let name = name.and_then(|text| faults.take(names.name(&text), |error| fault("name", error.to_string())));
        let sha1 = sha1.and_then(|text| faults.parse(&text, |error: InvalidSha1| fault("sha1", error.to_string())));
        Self { name, folder_id, sha1 }
    }

    /// Merges the query parameters with the form's fields. If neither has a name, the file name of the form's file part
    /// is used.
    ///
    /// # Errors
    /// 400 if a property is malformed, missing or declared in both places.
    pub fn and(self, fields: Fields, names: NameGrammar) -> Result<Self, Problem> {
        let in_form = |name: &str, what: String| Fault::pointer(&format!("/{name}"), what);
        let mut faults = Faults::default();
        let twice = [
            ("name", self.name.is_some() && fields.name.is_some()),
            ("folder_id", self.folder_id.is_some() && fields.folder_id.is_some()),
            ("sha1", self.sha1.is_some() && fields.sha1.is_some()),
        ];
        for (name, _) in twice.into_iter().filter(|(_, twice)| *twice) {
            faults.push(in_form(name, "is a parameter of the address too".to_owned()));
        }
        let name = match (fields.name, &self.name, fields.file_name) {
            (Some(name), _, _) => Some(name),
            (None, Some(_), _) => None,
            (None, None, Some(FileName::Readable(name))) => Some(name),
            (None, None, Some(FileName::Unreadable(what))) => {
                faults.push(in_form("file", what.to_owned()));
                None
            }
            (None, None, None) => {
                faults.push(in_form("name", "is missing".to_owned()));
                None
            }
        };
        let from_form = Self::read([name, fields.folder_id, fields.sha1], names, in_form, &mut faults);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        Ok(Self {
            name: self.name.or(from_form.name),
            folder_id: self.folder_id.or(from_form.folder_id),
            sha1: self.sha1.or(from_form.sha1),
        })
    }
}
