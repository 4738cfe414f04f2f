//! The form of an upload, parsed by pattern as the upload nodes do: `name="…"` and `filename="…"` must be quoted, and
//! `filename*=` has no meaning.

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use http::header::CONTENT_DISPOSITION;
use sha1::Sha1;

use super::site::Site;
use crate::receive::{self, Lost, Saved, Trace};

/// The fields and files of a form.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// The text fields that count.
    fields: Vec<(String, String)>,
    pub(crate) files: Vec<Saved>,
}

impl Form {
    /// Reads a form to its end. Fails if it is no form, or if it ends early.
    pub(crate) async fn read(site: &Site, request: Request, trace: &Trace) -> Result<Self, Lost> {
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Lost::BrokenOff)?;
        let mut form = Self::default();
        while let Some(field) = multipart.next_field().await? {
            form.take(site, field, trace).await?;
        }
        trace.complete();
        Ok(form)
    }

    async fn take(&mut self, site: &Site, field: Field<'_>, trace: &Trace) -> Result<(), Lost> {
        let disposition = field.headers().get(CONTENT_DISPOSITION).map(|value| value.as_bytes().to_vec());
        let disposition = String::from_utf8_lossy(&disposition.unwrap_or_default()).into_owned();
        let name = quoted(&disposition, "name").unwrap_or_default();
        let Some(file_name) = quoted(&disposition, "filename") else {
            let value = String::from_utf8_lossy(&field.bytes().await?).into_owned();
            trace.write(|entry| entry.note_field(&name, &value));
            if self.files.is_empty() || site.options().late_fields {
                self.fields.push((name, value));
            }
            return Ok(());
        };
        let damage = site.with(|context| std::mem::take(&mut context.store.damage_next_upload));
        let saved = receive::save::<Sha1>(field, site.uploads(), damage, trace).await?;
        // Only the part after the last backslash stays.
        let file_name = file_name.rsplit('\\').next().unwrap_or_default().to_owned();
        if name != "snapshot" {
            self.files.push(Saved { name: file_name, ..saved });
        }
        Ok(())
    }

    /// Returns the value of a text field that is not empty. If it was sent several times, the last value counts.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().rev().find(|(key, _)| key == name);
        field.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Returns the quoted value of a parameter of a Content-Disposition. The first quote ends it.
fn quoted(disposition: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let at = disposition.match_indices(&start).find(|(at, _)| {
        let before = disposition.get(..*at).unwrap_or_default();
        before.ends_with([' ', ';'])
    });
    let value = disposition.get(at?.0 + start.len()..)?;
    value.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn only_quoted_values_are_read_and_a_quote_ends_them() {
        let value = quoted;
        assert_eq!(value(r#"form-data; name="file"; filename="é.mp4""#, "filename").as_deref(), Some("é.mp4"));
        assert_eq!(value(r#"form-data; name="file"; filename="é.mp4""#, "name").as_deref(), Some("file"));
        assert_eq!(value("form-data; name=file", "name"), None);
        assert_eq!(value("form-data; name=\"f\"; filename*=UTF-8''a.mp4", "filename"), None);
        assert_eq!(value(r#"form-data; name="f"; filename="a\"b.mp4""#, "filename").as_deref(), Some("a\\"));
    }
}
