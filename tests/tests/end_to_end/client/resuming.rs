//! Tests of interrupted downloads that resume.

use std::path::PathBuf;

use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::{User, check_code, check_secret, grown};
use crate::streamplay::world::{World, bytes};
use crate::world::KEY;

const SIZE: usize = 300_000;

/// A user, and a file at the site whose download is interrupted.
struct Interruptible {
    user: User,
    id: String,
    content: Vec<u8>,
}

impl Interruptible {
    async fn of(world: World) -> Self {
        let content = bytes(SIZE);
        let id = world.site.add_file("0", "a.mp4", &content);
        Self { user: User::of(world), id, content }
    }

    async fn start() -> Self {
        Self::of(World::start().await).await
    }

    fn part(&self) -> PathBuf {
        self.user.path("a.mp4.part")
    }

    fn record(&self) -> PathBuf {
        self.user.path("a.mp4.part.json")
    }

    /// Begins the download, interrupts it with Ctrl-C once the site has sent a part, and returns the length of the
    /// partial file.
    async fn interrupted(&self) -> u64 {
        self.user.world.inject("content", Fault::Stall { sent: 100_000 });
        let folder = self.user.argument("");
        let program = self.user.begin(&["download", &format!("plays:#{}", self.id), &folder]);
        grown(&self.part(), 1).await;
        program.interrupt();
        let ended = program.ended().await;
        check_secret(&ended, KEY);
        check_code(&ended, 130);
        assert!(ended.stderr.contains("Interrupted"), "{}", ended.stderr);
        self.user.world.site.faults().clear();
        self.user.world.site.journal().clear();
        std::fs::metadata(self.part()).unwrap().len()
    }

    /// Runs the download, and asserts that it leaves the complete file and nothing else.
    async fn completed(&self) {
        check_code(&self.user.download(&[&self.id], &[]).await, 0);
        assert!(std::fs::read(self.user.path("a.mp4")).unwrap() == self.content);
        assert_eq!(self.user.names(""), ["a.mp4"]);
    }

    /// Returns the ranges of the site's requests since the journal was cleared.
    fn ranges(&self) -> Vec<Option<String>> {
        let received = self.user.world.site.journal().of("content");
        received.iter().map(|received| received.header("range").map(str::to_owned)).collect()
    }

    /// Changes a field of the record of the partial file.
    fn note(&self, field: &str, value: Value) {
        let mut record: Value = serde_json::from_slice(&std::fs::read(self.record()).unwrap()).unwrap();
        record[field] = value;
        std::fs::write(self.record(), record.to_string()).unwrap();
    }
}

/// Returns the position of the first byte of a range that extends to the end of the file.
#[track_caller]
fn first(range: Option<&String>) -> u64 {
    let text = range.expect("a range");
    let (first, last) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("one range");
    assert!(last.is_empty() || last == (SIZE - 1).to_string(), "{text}");
    first.parse().unwrap()
}

#[tokio::test]
async fn interrupted_download_resumes_with_the_same_command() {
    let interruptible = Interruptible::start().await;
    let partial = interruptible.interrupted().await;
    assert!(partial > 0 && partial <= 100_000, "{partial}");
    interruptible.completed().await;
    let ranges = interruptible.ranges();
    assert_eq!((ranges.len(), first(ranges[0].as_ref())), (1, partial));
}

#[tokio::test]
async fn broken_connection_is_resumed_at_once() {
    let interruptible = Interruptible::start().await;
    interruptible.user.world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    interruptible.completed().await;
    let ranges = interruptible.ranges();
    assert_eq!((ranges.len(), &ranges[0]), (2, &None));
    let partial = first(ranges[1].as_ref());
    assert!(partial > 0 && partial <= 100_000, "{partial}");
}

#[tokio::test]
async fn standard_output_gets_each_byte_once_after_a_resume() {
    let world = World::start().await;
    let content = "0123456789abcdef\n".repeat(20_000);
    world.site.add_file("0", "a.txt", content.as_bytes());
    world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    let user = User::of(world);
    let ended = user.run(&["cat", "plays:/a.txt"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout == content);
    assert_eq!(user.world.site.journal().of("content").len(), 2);
}

#[tokio::test]
async fn changed_file_is_downloaded_from_the_beginning() {
    let interruptible = Interruptible::start().await;
    let partial = interruptible.interrupted().await;
    // Replaces the partial file by content of the file's earlier version.
    std::fs::write(interruptible.part(), vec![b'x'; usize::try_from(partial).unwrap()]).unwrap();
    interruptible.note("etag", json!("\"of-before\""));
    interruptible.completed().await;
    assert_eq!(interruptible.ranges(), [None]);
}

#[tokio::test]
async fn site_without_ranges_sends_the_file_from_the_beginning() {
    let interruptible = Interruptible::of(World::at_site(|options| options.ignore_range = true).await).await;
    interruptible.user.world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    interruptible.completed().await;
}

#[tokio::test]
async fn complete_partial_file_is_verified_and_not_downloaded() {
    let interruptible = Interruptible::start().await;
    interruptible.interrupted().await;
    std::fs::write(interruptible.part(), &interruptible.content).unwrap();
    interruptible.completed().await;
    assert_eq!(interruptible.ranges(), []);
}

#[tokio::test]
async fn too_long_partial_file_is_downloaded_from_the_beginning() {
    let interruptible = Interruptible::start().await;
    interruptible.interrupted().await;
    std::fs::write(interruptible.part(), vec![b'x'; SIZE + 1]).unwrap();
    interruptible.completed().await;
    assert_eq!(interruptible.ranges(), [None]);
}

#[tokio::test]
async fn partial_file_of_another_file_is_not_changed() {
    let interruptible = Interruptible::start().await;
    let partial = interruptible.interrupted().await;
    interruptible.note("id", json!("999"));
    let ended = interruptible.user.download(&[&interruptible.id], &[]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("--force"), "{}", ended.stderr);
    assert_eq!(std::fs::metadata(interruptible.part()).unwrap().len(), partial);
    assert_eq!(interruptible.ranges(), []);
}

#[tokio::test]
async fn refused_download_leaves_no_file() {
    let interruptible = Interruptible::start().await;
    interruptible.user.world.inject("content", Fault::http(403));
    check_code(&interruptible.user.download(&[&interruptible.id], &[]).await, 1);
    assert!(!interruptible.user.names("").contains(&"a.mp4".to_owned()));
}
