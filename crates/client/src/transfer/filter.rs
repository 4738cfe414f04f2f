//! The selection of files by patterns: `--include` and `--exclude`.

use fast_glob::{glob_match, validate};

/// The patterns of a command.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Filter {
    /// Creates a filter. A file is taken if it matches a pattern of `include`, or there is none, and no pattern of
    /// `exclude`. A pattern without a slash is compared with the name, another with the path below the source folder.
    ///
    /// # Errors
    /// If a pattern is malformed.
    pub fn new(include: Vec<String>, exclude: Vec<String>) -> Result<Self, String> {
        match include.iter().chain(&exclude).find(|pattern| pattern.is_empty() || validate(pattern).is_err()) {
            Some(pattern) => Err(format!("\"{pattern}\" is not a valid pattern")),
            None => Ok(Self { include, exclude }),
        }
    }

    /// Returns whether all files are taken.
    pub(super) fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Returns whether a file is taken, by its path below the source folder.
    pub(super) fn takes_file(&self, path: &str) -> bool {
        (self.include.is_empty() || any(&self.include, path)) && !any(&self.exclude, path)
    }

    /// Returns whether files below a folder may be taken, by its path below the source folder.
    pub(super) fn enters_folder(&self, path: &str) -> bool {
        !any(&self.exclude, path)
    }
}

fn any(patterns: &[String], path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    patterns.iter().any(|pattern| {
        let pattern = pattern.trim_end_matches('/');
        match pattern.strip_prefix('/') {
            Some(from_the_top) => glob_match(from_the_top, path),
            None if pattern.contains('/') => glob_match(pattern, path),
            None => glob_match(pattern, name),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let texts = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        Filter::new(texts(include), texts(exclude)).unwrap()
    }

    #[test]
    fn file_needs_an_include_and_no_exclude() {
        let filter = filter(&["*.{mp4,mkv}"], &["sample*"]);
        assert!(filter.takes_file("a.mp4") && filter.takes_file("x/東京.mkv"));
        assert!(!filter.takes_file("a.txt") && !filter.takes_file("x/sample 1.mp4"));
        assert!(Filter::default().takes_file("x") && Filter::default().is_empty());
    }

    #[test]
    fn pattern_with_a_slash_is_compared_with_the_path() {
        assert!(filter(&["x/*.mp4"], &[]).takes_file("x/a.mp4"));
        assert!(!filter(&["x/*.mp4"], &[]).takes_file("y/x/a.mp4"));
        assert!(filter(&["**/x/*.mp4"], &[]).takes_file("y/x/a.mp4"));
        assert!(filter(&["/*.mp4"], &[]).takes_file("a.mp4") && !filter(&["/*.mp4"], &[]).takes_file("x/a.mp4"));
    }

    #[test]
    fn excluded_folder_is_not_entered() {
        assert!(!filter(&[], &["tmp/"]).enters_folder("a/tmp"));
        assert!(filter(&["*.mp4"], &["tmp"]).enters_folder("a/films"));
    }

    #[test]
    fn malformed_pattern_is_rejected() {
        for pattern in ["", "a[", "{a"] {
            assert!(Filter::new(vec![pattern.to_owned()], Vec::new()).is_err(), "{pattern}");
        }
    }
}
