//! Lists. Depending on the site's programming language, a list is an array, a map by id, or an array of one-key maps.
//! An empty map is written `[]`.
//!
//! A list is read entry by entry, and only converted entries stay in memory. An answer of garbage allocates nothing.

use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::any_text::AnyText;
use super::drift;
use super::unreadable::Unreadable;

/// A list is rejected if this many of its first entries cannot be read.
const GIVE_UP_AFTER: usize = 1_000;
/// The memory in bytes that the entries of a list may always take, except those of a short list: see [`GROWTH`].
const FLOOR: usize = 32 << 20;
/// The memory that the entries may take beyond that, as a multiple of the list's length.
const MULTIPLE: usize = 2;
/// The maximum memory that an answer may take while it is read, as a multiple of its length. It covers the answer
/// itself, its entries, and their texts.
const WHOLE_MULTIPLE: usize = 2 + MULTIPLE;
/// Limits the memory of a short list's entries, as a multiple of its length. In memory, the shortest entries that sites
/// send grow by less than this factor.
const GROWTH: usize = 32;
/// The memory in bytes that even the entries of the shortest list may take.
const BASE: usize = 64 << 10;

/// Returns the maximum memory, in bytes, that an answer of this length takes while it is read.
#[must_use]
pub fn memory_for(length: usize) -> usize {
    length.saturating_mul(WHOLE_MULTIPLE).saturating_add(length.saturating_mul(GROWTH).saturating_add(BASE).min(FLOOR))
}

/// A list in any of the notations of sites. [`List::read`] reads its entries.
pub struct List<'a, T> {
    given: Given<'a>,
    /// The field that contains the list.
    field: &'static str,
    /// Whether an empty value in place of an entry is skipped, and not counted as unreadable.
    passes_over_empty: bool,
    entry: PhantomData<fn() -> T>,
}

enum Given<'a> {
    /// The field is missing.
    Absent,
    /// `null`, `false`, a text or a number in place of a list.
    Nothing,
    List(&'a RawValue),
}

/// The entries of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<U> {
    /// The usable entries, in the site's order.
    pub items: Vec<U>,
    /// The number of entries that are not usable.
    pub unreadable: usize,
}

impl<U> Entries<U> {
    /// Returns whether there are entries, but none of them is usable.
    #[must_use]
    pub fn none_readable(&self) -> bool {
        self.items.is_empty() && self.unreadable > 0
    }
}

impl<U> Default for Entries<U> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: 0 }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { given: Given::Absent, field: drift::WHOLE, passes_over_empty: false, entry: PhantomData }
    }
}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("field", &self.field).field("is_given", &self.is_given()).finish_non_exhaustive()
    }
}

impl<T> List<'_, T> {
    /// Returns whether there is a list, and not `null`, `false`, a text or a number in its place.
    #[must_use]
    pub fn is_given(&self) -> bool {
        matches!(self.given, Given::List(_))
    }

    /// Returns the same list, of which `null`, `false`, and an empty text, list or map in place of an entry are
    /// skipped.
    #[must_use]
    pub fn passing_over_empty(self) -> Self {
        Self { passes_over_empty: true, ..self }
    }

    /// Returns whether the answer does not have the field.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.given, Given::Absent)
    }
}

impl<T: DeserializeOwned> List<'_, T> {
    /// Reads the entries, each with its key if it has one. `convert` returns `None` for an entry without a usable id.
    ///
    /// # Errors
    /// - [`Unreadable::NoEntry`]: the first thousand entries are not usable.
    /// - [`Unreadable::TooMany`]: the entries would take many times the memory of the answer.
    pub fn read<U>(self, mut convert: impl FnMut(Option<&str>, T) -> Option<U>) -> Result<Entries<U>, Unreadable> {
        self.read_some(|key, entry| convert(key, entry).map(Some), |_| 0)
    }

    /// Reads some of the entries. It differs from [`List::read`] in two ways. `convert` returns `Some(None)` for a
    /// readable entry that is left out. `weight` returns the memory of an entry beyond its own struct and its texts.
    ///
    /// # Errors
    /// As [`List::read`].
    pub fn read_some<U>(
        self,
        mut convert: impl FnMut(Option<&str>, T) -> Option<Option<U>>,
        weight: impl Fn(&U) -> usize,
    ) -> Result<Entries<U>, Unreadable> {
        let Given::List(raw) = self.given else { return Ok(Entries::default()) };
        let mut reading = Reading::of(raw.get().len());
        let outer = drift::enter(self.field);
        let mut visit = |key: Option<&str>, raw: &RawValue| {
            if self.passes_over_empty && is_empty_entry(raw) {
                return reading.leave_out();
            }
            let entry = if is_array(raw) { None } else { super::value::<T>(raw.get()).ok() };
            match entry {
                None => {
                    drift::unusable();
                    reading.skip()
                }
                Some(entry) => match convert(key, entry) {
                    None => {
                        drift::unusable_in("id");
                        reading.skip()
                    }
                    Some(None) => reading.leave_out(),
                    Some(Some(entry)) => {
                        let weight = weight(&entry);
                        reading.keep(entry, weight)
                    }
                },
            }
        };
        let mut json = serde_json::Deserializer::from_str(raw.get());
        let walked = Walk(&mut visit).deserialize(&mut json);
        outer.map(drift::enter);
        match (reading.fault, walked) {
            (Some(fault), _) => Err(fault),
            (None, Err(error)) => Err(Unreadable::from(&error)),
            (None, Ok(())) => Ok(reading.entries),
        }
    }
}

/// The state while a list is read.
struct Reading<U> {
    entries: Entries<U>,
    /// The memory that the entries may take, in bytes.
    allowed: usize,
    /// The memory that they take beyond their own structs, in bytes.
    weight: usize,
    is_any_readable: bool,
    /// The reason to stop reading the list.
    fault: Option<Unreadable>,
}

impl<U> Reading<U> {
    fn of(length: usize) -> Self {
        let floor = length.saturating_mul(GROWTH).saturating_add(BASE).min(FLOOR);
        let allowed = length.saturating_mul(MULTIPLE).saturating_add(floor);
        Self { entries: Entries::default(), allowed, weight: 0, is_any_readable: false, fault: None }
    }

    fn skip(&mut self) -> ControlFlow<()> {
        self.entries.unreadable += 1;
        if !self.is_any_readable && self.entries.unreadable >= GIVE_UP_AFTER {
            return self.end(Unreadable::NoEntry);
        }
        ControlFlow::Continue(())
    }

    fn leave_out(&mut self) -> ControlFlow<()> {
        self.is_any_readable = true;
        ControlFlow::Continue(())
    }

    fn keep(&mut self, entry: U, weight: usize) -> ControlFlow<()> {
        self.is_any_readable = true;
        self.weight = self.weight.saturating_add(weight);
        let items = &mut self.entries.items;
        let more = if items.len() == items.capacity() { (items.len() / 2).max(8) } else { 0 };
        // While a vector grows, both its old and its new buffer exist.
        let structures = (2 * items.len() + more).saturating_mul(size_of::<U>());
        if structures.saturating_add(self.weight) > self.allowed {
            return self.end(Unreadable::TooMany);
        }
        if more > 0 {
            items.reserve_exact(more);
        }
        items.push(entry);
        ControlFlow::Continue(())
    }

    fn end(&mut self, fault: Unreadable) -> ControlFlow<()> {
        self.fault = Some(fault);
        ControlFlow::Break(())
    }
}

impl<'de: 'a, 'a, T> Deserialize<'de> for List<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let given = if raw.get().starts_with(['[', '{']) {
            Given::List(raw)
        } else {
            drift::unusable();
            Given::Nothing
        };
        Ok(Self { given, field: drift::field(), passes_over_empty: false, entry: PhantomData })
    }
}

/// Returns whether an entry is one of the values that PHP writes for "no entry".
fn is_empty_entry(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | "false" | "\"\"") || super::is_empty(raw.get())
}

/// Returns whether an entry is an array. Such an entry is never usable.
fn is_array(raw: &RawValue) -> bool {
    raw.get().starts_with('[')
}

/// Passes each entry of a list to a function until it returns `Break`.
struct Walk<'v, F>(&'v mut F);

impl<'de, F: FnMut(Option<&str>, &'de RawValue) -> ControlFlow<()>> DeserializeSeed<'de> for Walk<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Option<&str>, &'de RawValue) -> ControlFlow<()>> Visitor<'de> for Walk<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<&RawValue>()? {
            let wrapped = if raw.get().starts_with('{') { serde_json::from_str(raw.get()).ok() } else { None };
            let shown = match wrapped {
                Some(Wrapped(Some((key, inner)))) => (self.0)(Some(key.0.as_ref()), inner),
                _ => (self.0)(None, raw),
            };
            if shown.is_break() {
                return Err(A::Error::custom("the rest is not read"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, raw)) = map.next_entry::<AnyText<'de>, &RawValue>()? {
            if (self.0)(Some(key.0.as_ref()), raw).is_break() {
                return Err(A::Error::custom("the rest is not read"));
            }
        }
        Ok(())
    }
}

/// An entry that is a map of exactly one key, whose value is itself a map. It holds the key and that inner map.
struct Wrapped<'de>(Option<(AnyText<'de>, &'de RawValue)>);

impl<'de> Deserialize<'de> for Wrapped<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OneKey)
    }
}

struct OneKey;

impl<'de> Visitor<'de> for OneKey {
    type Value = Wrapped<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let first = map.next_entry::<AnyText<'de>, &'de RawValue>()?;
        let first = first.filter(|(_, raw)| raw.get().starts_with('{'));
        // An ordinary entry fails here without being read to its end.
        if first.is_none() || map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("not a map of one key"));
        }
        Ok(Wrapped(first))
    }
}

#[cfg(test)]
mod tests;
