//! How the site handles bytes. The path of a request selects it.

/// How the site handles bytes, selected by the first segment of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiteMode {
    /// Receives them as fast as possible.
    Fast,
    /// `/slow`: receives them slowly, so that the sender has to wait.
    Slow,
    /// `/digesting`: reports the digests of the received bytes.
    Digesting,
    /// `/troubled`: receives them as fast as possible, and fails at random while its state is `Failing`.
    Troubled,
}

impl SiteMode {
    /// The modes in which transfers are measured.
    pub(crate) const MEASURED: [Self; 3] = [Self::Fast, Self::Slow, Self::Digesting];

    /// Returns the mode of a path, and the rest of the path.
    pub(super) fn of(path: &str) -> (Self, &str) {
        let named = [Self::Slow, Self::Digesting, Self::Troubled];
        let found = named.into_iter().find_map(|mode| Some((mode, path.strip_prefix(mode.prefix())?)));
        found.unwrap_or((Self::Fast, path))
    }

    /// Returns the first segment of paths of this mode.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Fast => "",
            Self::Slow => "/slow",
            Self::Digesting => "/digesting",
            Self::Troubled => "/troubled",
        }
    }

    /// Returns the suffix of the names of accounts that use this mode.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Digesting => "digesting",
            Self::Troubled => "troubled",
        }
    }
}
