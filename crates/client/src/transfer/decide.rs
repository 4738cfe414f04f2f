//! The decision whether a file is already at its destination.

/// What is known about a file and one with the same name at the destination.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// The sizes of both files, if they are known.
    pub(super) sizes: [Option<u64>; 2],
    /// Whether the digests that both sides know are equal; `None` if there is none.
    pub(super) digests: Option<bool>,
}

/// The relation of two files with the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// They have the same size, and no known digest differs.
    Same,
    /// They have the same name; the size of the destination's file is not known.
    Unknown,
    /// They have the same name; the size of the source is not known.
    SourceUnknown,
    /// They have different bytes.
    Different,
}

/// The treatment of a file with the same name and different bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It is kept, and the transfer fails.
    Keep,
    /// It is replaced.
    Replace,
    /// Every file is transferred again, even if the same file is there.
    Force,
}

/// The action for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing is there: transfer it.
    Send,
    /// It is there.
    Skip(&'static str),
    /// Transfer it, and remove what is there.
    Replace,
    /// Another file is there, and is kept.
    Refuse,
}

/// The reason for a skipped file.
pub(super) const THERE: &str = "already there";
/// The reason for a skipped file of which no size is known.
pub(super) const SIZE_UNKNOWN: &str = "already there, size unknown";

impl Comparison {
    /// Returns the relation of the files.
    pub(super) fn relation(self) -> Relation {
        match (self.sizes, self.digests) {
            (_, Some(false)) => Relation::Different,
            // Equal digests prove equal bytes; the size of some sites is not exact.
            (_, Some(true)) => Relation::Same,
            ([Some(one), Some(other)], None) if one == other => Relation::Same,
            ([Some(_), Some(_)], None) => Relation::Different,
            ([None, _], None) => Relation::SourceUnknown,
            ([Some(_), None], None) => Relation::Unknown,
        }
    }
}

/// Returns the action, given the relations to all files with the same name at the destination.
pub(super) fn action(relations: &[Relation], existing: Existing) -> Action {
    match existing {
        _ if relations.is_empty() => Action::Send,
        Existing::Force => Action::Replace,
        _ if relations.contains(&Relation::Same) => Action::Skip(THERE),
        _ if relations.contains(&Relation::Unknown) => Action::Skip(SIZE_UNKNOWN),
        // The source may have changed, and nothing shows whether it has.
        Existing::Replace => Action::Replace,
        Existing::Keep if relations.contains(&Relation::SourceUnknown) => Action::Skip(SIZE_UNKNOWN),
        Existing::Keep => Action::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(one: Option<u64>, other: Option<u64>, digests: Option<bool>) -> Relation {
        Comparison { sizes: [one, other], digests }.relation()
    }

    #[test]
    fn file_is_the_same_by_size_and_digest() {
        assert_eq!(relation(Some(5), Some(5), None), Relation::Same);
        assert_eq!(relation(Some(5), Some(5), Some(true)), Relation::Same);
        assert_eq!(relation(Some(5), None, Some(true)), Relation::Same);
        assert_eq!(relation(Some(5), Some(5), Some(false)), Relation::Different);
        assert_eq!(relation(Some(5), Some(6), None), Relation::Different);
        assert_eq!(relation(Some(5), None, None), Relation::Unknown);
        assert_eq!(relation(None, Some(5), None), Relation::SourceUnknown);
        assert_eq!(relation(None, None, None), Relation::SourceUnknown);
    }

    #[test]
    fn different_file_is_kept_unless_it_is_to_be_replaced() {
        use Relation::{Different, Same, SourceUnknown, Unknown};
        for existing in [Existing::Keep, Existing::Replace, Existing::Force] {
            assert_eq!(action(&[], existing), Action::Send);
        }
        for existing in [Existing::Keep, Existing::Replace] {
            assert_eq!(action(&[Different, Same], existing), Action::Skip(THERE));
            assert_eq!(action(&[Different, Unknown], existing), Action::Skip(SIZE_UNKNOWN));
        }
        assert_eq!(action(&[SourceUnknown], Existing::Keep), Action::Skip(SIZE_UNKNOWN));
        assert_eq!(action(&[SourceUnknown], Existing::Replace), Action::Replace);
        assert_eq!(action(&[Different], Existing::Keep), Action::Refuse);
        assert_eq!(action(&[Different], Existing::Replace), Action::Replace);
        assert_eq!(action(&[Same], Existing::Force), Action::Replace);
    }
}
