//! How the site treats bytes, which the path of a request says.

/// How the site treats bytes, by the first part of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes them as fast as it can.
    Fast,
    /// `/slow`: takes them slowly, so that those who send have to wait.
    Slow,
    /// `/digesting`: tells the digests of what has arrived.
    Digesting,
    /// `/troubled`: takes them as fast as it can, and is in trouble for as long as it is told to be.
    Troubled,
}

impl Manner {
    /// Those in which bytes are measured.
    pub(crate) const MEASURED: [Self; 3] = [Self::Fast, Self::Slow, Self::Digesting];

    /// The manner of a path, and the rest of the path.
    pub(super) fn of(path: &str) -> (Self, &str) {
        let named = [Self::Slow, Self::Digesting, Self::Troubled];
        let found = named.into_iter().find_map(|manner| Some((manner, path.strip_prefix(manner.prefix())?)));
        found.unwrap_or((Self::Fast, path))
    }

    /// What a path of this manner begins with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Fast => "",
            Self::Slow => "/slow",
            Self::Digesting => "/digesting",
            Self::Troubled => "/troubled",
        }
    }

    /// What accounts of this manner are called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Digesting => "digesting",
            Self::Troubled => "troubled",
        }
    }
}
