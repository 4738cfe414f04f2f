//! The envelope of an answer: its status decides, and everything else depends on it.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use polyhost_domain::{AccountName, Result};
use polyhost_upstream::decode::{Documented, Entries, List, Unreadable, is_empty, json};
use polyhost_upstream::{Reply, clock};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::refusal;
use crate::named::Named;
use crate::wire::Envelope;

/// Nothing: the fields of an answer differ from site to site.
static DOCUMENTED: Documented = Documented { dialect: "xfilesharing", shapes: &[] };

/// An answer with the status of a success.
pub(crate) struct Answer<'a> {
    pub(crate) reply: &'a Reply,
    pub(crate) message: Option<String>,
    pub(crate) sess_id: Option<String>,
    /// The time zone of the site's clock.
    pub(crate) zone: TimeZone,
    result: Option<&'a RawValue>,
    list: Option<&'a RawValue>,
}

impl<'a> Answer<'a> {
    /// Reads the envelope.
    ///
    /// # Errors
    /// - For a status that is not 200, the error by the table of messages.
    /// - `InvalidResponse`, or `OutcomeUnknown` for a write: the answer does not come from this API.
    pub(crate) fn of(reply: &'a Reply, named: Named<'_>, account: &AccountName) -> Result<Self> {
        let envelope: Envelope<'a> = json(reply.body()).map_err(|why| reply.foreign(why))?;
        let Envelope { status, msg, server_time, sess_id, result, list } = envelope;
        let zone = clock::zone(server_time.as_deref(), reply.date());
        let has_result = result.is_some() || list.is_some();
        match status {
            Some(200) if msg.is_some() || has_result => {}
            None if has_result && reply.http_status() < 400 => {}
            Some(status) if msg.is_some() => {
                return Err(refusal(reply, status, msg.as_ref().map(|msg| &*msg.0), named, account, &zone));
            }
            _ => return Err(reply.foreign(Unreadable::Missing("a status"))),
        }
        Ok(Self { reply, message: msg.map(|message| message.0), sess_id, zone, result, list })
    }

    /// Returns the JSON text of the result; `null` without one.
    pub(crate) fn result(&self) -> &'a str {
        self.result.map_or("null", RawValue::get)
    }

    /// Reads the result.
    ///
    /// # Errors
    /// `InvalidResponse`, or `OutcomeUnknown` for a write: the result has another shape.
    pub(crate) fn value<T: Deserialize<'a>>(&self) -> Result<T> {
        self.converted(Ok)
    }

    /// Reads the result and converts it.
    ///
    /// # Errors
    /// As [`Answer::value`], and the error of `convert`.
    pub(crate) fn converted<W: Deserialize<'a>, T>(
        &self,
        convert: impl FnOnce(W) -> std::result::Result<T, Unreadable>,
    ) -> Result<T> {
        let read = self.reply.value_with(self.result(), &DOCUMENTED, convert);
        read.map_err(|why| self.reply.unreadable(why))
    }

    /// Reads the field `list` beside the result, where the answer has one, else the result. Converts it.
    ///
    /// # Errors
    /// As [`Answer::converted`].
    pub(crate) fn converted_list<W: Deserialize<'a>, T>(
        &self,
        convert: impl FnOnce(W) -> std::result::Result<T, Unreadable>,
    ) -> Result<T> {
        let text = self.list.map_or(self.result(), RawValue::get);
        self.reply.value_with(text, &DOCUMENTED, convert).map_err(|why| self.reply.unreadable(why))
    }

    /// Reads the entries of a list, or a single entry in its place. `convert` returns `None` for an entry without a
    /// usable id.
    ///
    /// # Errors
    /// As [`Answer::value`].
    pub(crate) fn rows<W: DeserializeOwned, T>(&self, mut convert: impl FnMut(W) -> Option<T>) -> Result<Entries<T>> {
        let text = as_list(self.result());
        let read = |list: Option<List<'_, W>>| list.unwrap_or_default().read(|_, row| convert(row));
        self.reply.value_with(&text, &DOCUMENTED, read).map_err(|why| self.reply.unreadable(why))
    }

    /// Returns the error for an answer in which a required part is missing.
    pub(crate) fn missing(&self, what: &'static str) -> polyhost_domain::Error {
        self.reply.unreadable(Unreadable::Missing(what))
    }
}

/// Returns the text of a list. A site may send a single entry in place of a list.
fn as_list(text: &str) -> Cow<'_, str> {
    if is_empty(text) {
        Cow::Borrowed("[]")
    } else if text.trim_start().starts_with('{') {
        Cow::Owned(format!("[{text}]"))
    } else {
        Cow::Borrowed(text)
    }
}
