//! Downloads that break off, and go on.

use std::path::PathBuf;

use polyhost_sandbox::{Fault, Rule};
use serde_json::{Value, json};

use super::{User, check_code, check_secret, grown};
use crate::streamplay::world::{World, bytes};
use crate::world::KEY;

const SIZE: usize = 300_000;

/// A user, and a file at the site.
struct Broken {
    user: User,
    id: String,
    content: Vec<u8>,
}

impl Broken {
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

    /// Begins the download and stops it with Ctrl-C when the site has sent some of it. Gives how many bytes are there.
    async fn interrupted(&self) -> u64 {
        self.user.world.breaks("content", Fault::Stall { sent: 100_000 });
        let folder = self.user.argument("");
        let program = self.user.begin(&["download", &self.id, "--account", "plays", "-d", &folder]);
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

    /// Runs the download to its end; the file must be whole then, and nothing else there.
    async fn completed(&self) {
        check_code(&self.user.download(&[&self.id]).await, 0);
        assert!(std::fs::read(self.user.path("a.mp4")).unwrap() == self.content);
        assert_eq!(self.user.names(""), ["a.mp4"]);
    }

    /// The ranges that the site was asked for since the last look.
    fn ranges(&self) -> Vec<Option<String>> {
        let asked = self.user.world.site.journal().of("content");
        asked.iter().map(|received| received.header("range").map(str::to_owned)).collect()
    }

    /// Changes what is noted of the part.
    fn note(&self, field: &str, value: Value) {
        let mut record: Value = serde_json::from_slice(&std::fs::read(self.record()).unwrap()).unwrap();
        record[field] = value;
        std::fs::write(self.record(), record.to_string()).unwrap();
    }
}

/// The first byte of a range that goes to the end of the file.
#[track_caller]
fn first(range: Option<&String>) -> u64 {
    let text = range.expect("a range");
    let (first, last) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("one range");
    assert!(last.is_empty() || last == (SIZE - 1).to_string(), "{text}");
    first.parse().unwrap()
}

#[tokio::test]
async fn what_ctrl_c_leaves_is_gone_on_with_by_the_same_command() {
    let broken = Broken::start().await;
    let there = broken.interrupted().await;
    assert!(there > 0 && there <= 100_000, "{there}");
    broken.completed().await;
    let ranges = broken.ranges();
    assert_eq!((ranges.len(), first(ranges[0].as_ref())), (1, there));
}

#[tokio::test]
async fn a_connection_that_breaks_is_gone_on_with_at_once() {
    let broken = Broken::start().await;
    broken.user.world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    broken.completed().await;
    let ranges = broken.ranges();
    assert_eq!((ranges.len(), &ranges[0]), (2, &None));
    let there = first(ranges[1].as_ref());
    assert!(there > 0 && there <= 100_000, "{there}");
}

#[tokio::test]
async fn the_standard_output_gets_each_byte_once_though_the_connection_breaks() {
    let world = World::start().await;
    let content = "0123456789abcdef\n".repeat(20_000);
    let id = world.site.add_file("0", "a.txt", content.as_bytes());
    world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    let user = User::of(world);
    let ended = user.run(&["download", &id, "--account", "plays", "-o", "-"]).await;
    check_code(&ended, 0);
    assert!(ended.stdout == content);
    assert_eq!(user.world.site.journal().of("content").len(), 2);
}

#[tokio::test]
async fn a_file_that_has_changed_is_begun_anew() {
    let broken = Broken::start().await;
    let there = broken.interrupted().await;
    // What is there was the beginning of what the file was before.
    std::fs::write(broken.part(), vec![b'x'; usize::try_from(there).unwrap()]).unwrap();
    broken.note("etag", json!("\"of-before\""));
    broken.completed().await;
    assert_eq!(broken.ranges(), [None]);
}

#[tokio::test]
async fn a_site_without_ranges_sends_it_from_the_beginning() {
    let broken = Broken::of(World::at_site(|options| options.ignore_range = true).await).await;
    broken.user.world.site.faults().add(Rule::new("content", Fault::CutBody { sent: 100_000 }).times(1));
    broken.completed().await;
}

#[tokio::test]
async fn a_part_that_is_whole_is_asked_about_and_not_fetched() {
    let broken = Broken::start().await;
    broken.interrupted().await;
    std::fs::write(broken.part(), &broken.content).unwrap();
    broken.completed().await;
    assert_eq!(broken.ranges(), []);
}

#[tokio::test]
async fn a_part_that_is_longer_than_the_file_is_begun_anew() {
    let broken = Broken::start().await;
    broken.interrupted().await;
    std::fs::write(broken.part(), vec![b'x'; SIZE + 1]).unwrap();
    broken.completed().await;
    assert_eq!(broken.ranges(), [None]);
}

#[tokio::test]
async fn a_part_of_another_file_is_not_touched() {
    let broken = Broken::start().await;
    let there = broken.interrupted().await;
    broken.note("id", json!("999"));
    let ended = broken.user.download(&[&broken.id]).await;
    check_code(&ended, 1);
    assert!(ended.stderr.contains("--force"), "{}", ended.stderr);
    assert_eq!(std::fs::metadata(broken.part()).unwrap().len(), there);
    assert_eq!(broken.ranges(), []);
}

#[tokio::test]
async fn what_the_site_refuses_is_no_file() {
    let broken = Broken::start().await;
    broken.user.world.breaks("content", Fault::http(403));
    check_code(&broken.user.download(&[&broken.id]).await, 1);
    assert!(!broken.user.names("").contains(&"a.mp4".to_owned()));
}
