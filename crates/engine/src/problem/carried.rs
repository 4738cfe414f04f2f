//! A problem inside an I/O error. The reader of a body, such as a site's adapter, can get only I/O errors.

use std::error::Error;
use std::{fmt, io};

use super::Problem;

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())
    }
}

impl Error for Problem {}

impl From<Problem> for io::Error {
    fn from(problem: Problem) -> Self {
        Self::other(problem)
    }
}

impl Problem {
    /// Returns the problem that an error carries: the error itself, or one of its sources.
    #[must_use]
    pub fn carried_by(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(problem) = error.downcast_ref::<Self>() {
            return Some(problem.clone());
        }
        // The source of an I/O error is the source of its inner error, not the inner error itself.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let source = inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
        source.and_then(Self::carried_by)
    }
}

#[cfg(test)]
mod tests {
    use polyhost_domain::{Error as SiteError, ErrorKind};

    use super::*;
    use crate::problem::Code;

    #[test]
    fn problem_is_found_at_any_depth_of_an_error() {
        let problem = || Problem::new(Code::PayloadTooLarge, "The file is too large.");
        let once: io::Error = problem().into();
        let twice = io::Error::other(io::Error::from(problem()));
        let of_an_adapter = SiteError::new(ErrorKind::BodyIncomplete).with_source(io::Error::from(problem()));
        for error in [&once as &(dyn Error + 'static), &twice, &of_an_adapter] {
            assert_eq!(Problem::carried_by(error).map(|problem| problem.code()), Some(Code::PayloadTooLarge));
        }
        assert!(Problem::carried_by(&io::Error::other("the connection broke")).is_none());
    }
}
