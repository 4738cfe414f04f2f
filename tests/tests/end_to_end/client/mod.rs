//! Tests of the commands of callers, run as a user runs them against a gateway: their output, their exit codes, and the
//! requests that arrive at the site.

mod browsing;
mod changes;
mod copies;
mod deletions;
mod downloads;
mod exits;
mod folders;
mod hints;
mod interrupts;
mod listings;
mod pacing;
mod remote;
mod resuming;
mod safety;
mod settings;
mod uploads;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use polyhost_end_to_end::{Ended, Program};
use serde_json::Value;
use tempfile::TempDir;

use crate::streamplay::world::World;
use crate::world::KEY;

/// A user at a command line, with a folder for files, and a gateway with an account at each site.
pub(crate) struct User {
    pub(crate) world: World,
    folder: TempDir,
}

impl User {
    pub(crate) async fn start() -> Self {
        Self::of(World::start().await)
    }

    pub(crate) fn of(world: World) -> Self {
        Self { world, folder: tempfile::tempdir().unwrap() }
    }

    /// Returns a path in the user's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns a path in the user's folder as an argument.
    pub(crate) fn argument(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a file in the user's folder, and returns its path as an argument.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
        self.argument(name)
    }

    /// Writes a file in the user's folder that other users cannot read.
    pub(crate) fn private_file(&self, name: &str, bytes: &[u8]) {
        let path = self.file(name, bytes);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Returns the names in the user's folder, or in one below it.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Returns the environment variables that select the gateway and the key.
    pub(crate) fn environment(&self, key: &str) -> Vec<(String, String)> {
        let server = format!("http://{}", self.world.gateway.address());
        environment(&server, key)
    }

    /// Starts the program with the user's key.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Program {
        Program::start_with(arguments, &self.environment(KEY))
    }

    /// Runs the program with the user's key, and asserts that it does not print the key.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(KEY, arguments).await
    }

    /// Runs the program with a key, and asserts that it does not print the key.
    pub(crate) async fn run_with(&self, key: &str, arguments: &[&str]) -> Ended {
        let ended = Program::start_with(arguments, &self.environment(key)).ended().await;
        check_secret(&ended, key);
        ended
    }

    /// Runs `polyhost upload … plays:/` with further arguments.
    pub(crate) async fn upload(&self, arguments: &[&str]) -> Ended {
        self.run(&[&["upload"], arguments, &["plays:/"]].concat()).await
    }

    /// Runs `polyhost download … FOLDER` for files with these ids, into the user's folder, with further options.
    pub(crate) async fn download(&self, ids: &[&str], options: &[&str]) -> Ended {
        let locations: Vec<String> = ids.iter().map(|id| format!("plays:#{id}")).collect();
        let locations: Vec<&str> = locations.iter().map(String::as_str).collect();
        self.run(&[&["download"], options, &locations, &[&self.argument("")]].concat()).await
    }
}

/// Returns the environment variables that select the gateway and the key. Proxies of the machine are disabled.
pub(crate) fn environment(server: &str, key: &str) -> Vec<(String, String)> {
    let nowhere = ("XDG_CONFIG_HOME", "/nowhere");
    let pairs = [("POLYHOST_SERVER", server), ("POLYHOST_API_KEY", key), ("NO_PROXY", "*"), nowhere];
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Asserts that a key is not printed.
#[track_caller]
pub(crate) fn check_secret(ended: &Ended, key: &str) {
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    assert!(key.is_empty() || !printed.contains(key), "{printed}");
}

/// Asserts the exit code.
#[track_caller]
pub(crate) fn check_code(ended: &Ended, code: i32) {
    assert_eq!(ended.code(), Some(code), "stdout:\n{}\nstderr:\n{}", ended.stdout, ended.stderr);
}

/// Parses the standard output, of which every line must be JSON. A summary is left out.
#[track_caller]
pub(crate) fn lines(ended: &Ended) -> Vec<Value> {
    all_lines(ended).into_iter().filter(|line| line.get("summary").is_none()).collect()
}

/// Returns the counts of the summary: done, skipped and failed. It must be the last line.
#[track_caller]
pub(crate) fn counts(ended: &Ended) -> [u64; 3] {
    let lines = all_lines(ended);
    let summary = &lines.last().expect("a line is printed")["summary"];
    ["done", "skipped", "failed"].map(|count| summary[count].as_u64().expect(&ended.stdout))
}

fn all_lines(ended: &Ended) -> Vec<Value> {
    ended.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Returns the problem's code of the only line printed, which must be a failure.
#[track_caller]
pub(crate) fn code_of_only(ended: &Ended) -> String {
    let lines = lines(ended);
    assert_eq!((lines.len(), &lines[0]["ok"]), (1, &Value::Bool(false)), "{}", ended.stdout);
    lines[0]["problem"]["code"].as_str().unwrap().to_owned()
}

/// Waits until a file has at least `length` bytes.
pub(crate) async fn grown(path: &Path, length: u64) {
    let grown = async {
        while std::fs::metadata(path).map_or(0, |metadata| metadata.len()) < length {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), grown).await.expect("the file grows");
}
