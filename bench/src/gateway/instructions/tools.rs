//! The tools that the instructions of a request depend on. Counts are compared only if all of them are the same.

use std::env::consts::ARCH;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The value of a tool that the program does not name.
const UNKNOWN: &str = "unknown";
/// The length of the longest comment in a program.
const MAX_COMMENT: usize = 200;

/// The architecture, and the versions of the tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tools {
    /// The architecture, with its extensions that libraries look for at run time.
    architecture: String,
    /// The compiler of the program.
    rustc: String,
    /// The compiler of the program's parts in C.
    gcc: String,
    valgrind: String,
}

impl Tools {
    /// Returns the tools of this machine, and those that have built a program.
    ///
    /// # Errors
    /// Fails if the program cannot be read, or valgrind is not installed.
    pub(super) fn of(program: &Path) -> Result<Self, Failure> {
        let bytes = fs::read(program).map_err(Failure::of(program.display()))?;
        // "GCC: (Debian 12.2.0-14) 12.2.0": only the version, as a distribution's revisions do not change the code.
        let gcc = comment(&bytes, "GCC: ").and_then(|text| text.rsplit(' ').next().map(str::to_owned));
        Ok(Self {
            architecture: architecture(),
            rustc: comment(&bytes, "rustc version ").unwrap_or_else(|| UNKNOWN.to_owned()),
            gcc: gcc.unwrap_or_else(|| UNKNOWN.to_owned()),
            valgrind: valgrind()?,
        })
    }

    /// Returns how these recorded tools differ from others, or `None` if counts can be compared.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let pairs = [
            ("architecture", &self.architecture, &other.architecture),
            ("rustc", &self.rustc, &other.rustc),
            ("gcc", &self.gcc, &other.gcc),
            ("valgrind", &self.valgrind, &other.valgrind),
        ];
        let differing = pairs.iter().filter(|(_, recorded, this)| recorded != this || *this == UNKNOWN);
        let texts: Vec<String> =
            differing.map(|(name, recorded, this)| format!("{name} is {this}, recorded {recorded}")).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

#[cfg(target_arch = "x86_64")]
fn architecture() -> String {
    let extension = if std::arch::is_x86_feature_detected!("avx2") { "with" } else { "without" };
    format!("{ARCH} {extension} AVX2")
}

#[cfg(not(target_arch = "x86_64"))]
fn architecture() -> String {
    ARCH.to_owned()
}

/// Returns what follows a word in the comments that compilers leave in a program, up to their end.
fn comment(program: &[u8], word: &str) -> Option<String> {
    let text = |rest: &[u8]| {
        let rest = rest.strip_prefix(word.as_bytes())?;
        let end = rest.iter().take(MAX_COMMENT).position(|byte| *byte == 0)?;
        String::from_utf8(rest[..end].to_vec()).ok()
    };
    // Comments are near the end of a program, and begin after the end of another one.
    (1..program.len()).rev().filter(|at| program[at - 1] == 0).find_map(|at| text(&program[at..]))
}

fn valgrind() -> Result<String, Failure> {
    let output = Command::new("valgrind").arg("--version").output();
    let output = output.map_err(Failure::of("cannot start valgrind; on Debian: apt-get install valgrind"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim().trim_start_matches("valgrind-").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Tools {
        /// Returns tools with this version of rustc.
        pub(in super::super) fn with_rustc(version: &str) -> Self {
            let same = || "1".to_owned();
            Self { architecture: same(), rustc: version.to_owned(), gcc: same(), valgrind: same() }
        }
    }

    #[test]
    fn compilers_are_read_from_a_program() {
        let program =
            b"\x7fELF\0rustc version \0x\0rustc version 1.95.0 (5980 2026)\0GCC: (Debian 12.2.0-14) 12.2.0\0\0";
        assert_eq!(comment(program, "rustc version ").as_deref(), Some("1.95.0 (5980 2026)"));
        assert_eq!(comment(program, "GCC: ").as_deref(), Some("(Debian 12.2.0-14) 12.2.0"));
        assert_eq!(comment(program, "clang "), None);
    }

    #[test]
    fn counts_with_other_tools_are_not_compared() {
        assert_eq!(Tools::with_rustc("1.95.0").difference(&Tools::with_rustc("1.95.0")), None);
        let difference = Tools::with_rustc("1.95.0").difference(&Tools::with_rustc("1.96.0"));
        assert_eq!(difference.as_deref(), Some("rustc is 1.96.0, recorded 1.95.0"));
        assert!(Tools::with_rustc(UNKNOWN).difference(&Tools::with_rustc(UNKNOWN)).is_some());
    }
}
