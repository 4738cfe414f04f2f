//! Tests of concurrent writes: every two write operations run concurrently on one tree, at both sites, with delays that
//! a seed chooses. In either order, nothing that was answered with success is lost, nothing becomes unreachable, and no
//! non-empty folder is deleted without `recursive`.
//!
//! `POLYHOST_PAIRS_ROUNDS` (default 1) sets the number of runs of each pair, `POLYHOST_PAIRS_SEED` the delays.

use std::time::Duration;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use polyhost_sandbox::{Fault, Faults, Rule};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::streamplay::world::{KEY1, KEY2, account, login};
use crate::world::{KEY, LOGIN, SITE_KEY};

/// A write to a tree: the sibling folders `a`, `b` and the empty `c`, and the file `f` in `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    UploadIntoC,
    CreateInC,
    MoveFileToC,
    CopyFileToC,
    RenameFile,
    DeleteFile,
    MoveAToB,
    MoveBToA,
    MoveCToA,
    RenameC,
    DeleteB,
    DeleteC,
    DeleteAWithAll,
}

use Write::{
    CopyFileToC, CreateInC, DeleteAWithAll, DeleteB, DeleteC, DeleteFile, MoveAToB, MoveBToA, MoveCToA, MoveFileToC,
    RenameC, RenameFile, UploadIntoC,
};

const AT_YETISHARE: [Write; 13] = [
    UploadIntoC,
    CreateInC,
    MoveFileToC,
    CopyFileToC,
    RenameFile,
    DeleteFile,
    MoveAToB,
    MoveBToA,
    MoveCToA,
    RenameC,
    DeleteB,
    DeleteC,
    DeleteAWithAll,
];
const AT_OPENLOAD: [Write; 8] =
    [UploadIntoC, CreateInC, MoveFileToC, RenameFile, DeleteFile, RenameC, DeleteC, DeleteAWithAll];

/// The operations of the sites that these writes call.
const OPERATIONS: [&str; 20] = [
    "file/upload",
    "file/ul",
    "upload",
    "file/move",
    "file/copy",
    "file/edit",
    "file/rename",
    "file/delete",
    "file/info",
    "folder/create",
    "folder/edit",
    "folder/move",
    "folder/delete",
    "folder/info",
    "folder/listing",
    "file/createfolder",
    "file/renamefolder",
    "file/deletefolder",
    "file/listfolder",
    "account/package",
];

/// A simulated site.
enum Site {
    Openload(Openload),
    Yetishare(Yetishare),
}

/// One tree at a site.
struct Tree {
    case: String,
    a: String,
    b: String,
    c: String,
    f: String,
}

/// The answers of one pair of writes.
struct Outcome {
    writes: [Write; 2],
    answers: [Answer; 2],
}

impl Site {
    fn account(&self) -> &'static str {
        match self {
            Self::Openload(_) => "main",
            Self::Yetishare(_) => "plays",
        }
    }

    fn faults(&self) -> &Faults {
        match self {
            Self::Openload(site) => site.faults(),
            Self::Yetishare(site) => site.faults(),
        }
    }

    fn add_tree(&self, case: String) -> Tree {
        let folder = |parent: &str, name: String| match self {
            Self::Openload(site) => site.add_folder(parent, &name),
            Self::Yetishare(site) => site.add_folder(parent, &name),
        };
        let base = folder("0", case.clone());
        let [a, b, c] = ["a", "b", "c"].map(|name| folder(&base, format!("{case}{name}")));
        let f = match self {
            Self::Openload(site) => site.add_file(&a, "f.mp4", b"hello"),
            Self::Yetishare(site) => site.add_file(&a, "f.mp4", b"hello"),
        };
        Tree { case, a, b, c, f }
    }

    /// Returns whether a folder is reachable from the root.
    fn reaches_folder(&self, tree: &Tree, folder: &str) -> bool {
        match self {
            // Folders cannot be moved at this site, and are deleted with their parent.
            Self::Openload(site) => {
                let names = [(&tree.a, "a"), (&tree.b, "b"), (&tree.c, "c")];
                let name = names.iter().find(|(id, _)| *id == folder).map(|(_, name)| *name);
                // Two new folders may have the same name, by which only the first is found.
                let Some(name) = name else { return site.find_folder(&format!("{}new", tree.case)).is_some() };
                let name = format!("{}{name}", tree.case);
                let renamed = format!("{}renamed", tree.case);
                [name, renamed].iter().any(|name| site.find_folder(name).as_deref() == Some(folder))
            }
            Self::Yetishare(site) => {
                let mut at = folder.to_owned();
                for _ in 0..10 {
                    if at == "0" {
                        return true;
                    }
                    if site.folder_status(&at).as_deref() != Some("active") {
                        return false;
                    }
                    at = site.parent_of(&at).expect("a parent");
                }
                false
            }
        }
    }

    /// Returns whether a file is reachable from the root.
    fn reaches_file(&self, tree: &Tree, file: &str) -> bool {
        let folder = match self {
            Self::Openload(site) => site.folder_of(file),
            Self::Yetishare(site) => {
                site.folder_of(file).filter(|_| site.file_status(file).as_deref() == Some("active"))
            }
        };
        folder.is_some_and(|folder| folder == "0" || self.reaches_folder(tree, &folder))
    }
}

impl Write {
    async fn send(self, caller: &Caller, account: &str, tree: &Tree) -> Answer {
        let Tree { case, a, b, c, f } = tree;
        let at = |path: String| format!("/v1/accounts/{account}/{path}");
        let (file, folder) = (at(format!("files/{f}")), |id: &str| at(format!("folders/{id}")));
        match self {
            UploadIntoC => {
                let path = at(format!("files?name=new.mp4&folder_id={c}"));
                caller.typed("POST", &path, "video/mp4", b"new".to_vec()).await
            }
            CreateInC => {
                caller.post(&at("folders".to_owned()), &json!({"name": format!("{case}new"), "parent_id": c})).await
            }
            MoveFileToC => caller.patch(&file, &json!({"folder_id": c})).await,
            CopyFileToC => caller.post(&format!("{file}/copy"), &json!({"folder_id": c})).await,
            RenameFile => caller.patch(&file, &json!({"name": "renamed.mp4"})).await,
            DeleteFile => caller.delete(&file).await,
            MoveAToB => caller.patch(&folder(a), &json!({"parent_id": b})).await,
            MoveBToA => caller.patch(&folder(b), &json!({"parent_id": a})).await,
            MoveCToA => caller.patch(&folder(c), &json!({"parent_id": a})).await,
            RenameC => caller.patch(&folder(c), &json!({"name": format!("{case}renamed")})).await,
            DeleteB => caller.delete(&folder(b)).await,
            DeleteC => caller.delete(&folder(c)).await,
            DeleteAWithAll => caller.delete(&format!("{}?recursive=true", folder(a))).await,
        }
    }
}

impl Outcome {
    fn succeeded(&self, write: Write) -> bool {
        let answers = self.writes.iter().zip(&self.answers);
        answers.clone().any(|(own, answer)| *own == write && (200..300).contains(&answer.status))
    }

    /// Returns the ids of the objects that writes of this kind created.
    fn created(&self, write: Write) -> Vec<String> {
        let created = self.writes.iter().zip(&self.answers);
        let created = created.filter(|(own, answer)| **own == write && answer.status == 201);
        let id =
            |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).unwrap()["id"].as_str().map(str::to_owned);
        created.filter_map(|(_, answer)| id(answer)).collect()
    }

    /// Returns the ways in which the tree contradicts the answers.
    fn violations(&self, site: &Site, tree: &Tree) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned())
            }
        };
        for (write, answer) in self.writes.iter().zip(&self.answers) {
            // The losing write may be refused: an object is missing, a folder is not empty, or a move would make a
            // cycle.
            expect(matches!(answer.status, 200..=299 | 404 | 409), &format!("{write:?}: {}", answer.status));
        }
        let a_deleted = self.succeeded(DeleteAWithAll);
        let below_a = |moved: Write| a_deleted && self.succeeded(moved);
        let c_gone = self.succeeded(DeleteC) || below_a(MoveCToA);
        for id in self.created(UploadIntoC).iter().chain(&self.created(CopyFileToC)) {
            expect(c_gone && !self.succeeded(DeleteC) || site.reaches_file(tree, id), "a new file is lost");
        }
        for id in &self.created(CreateInC) {
            expect(c_gone && !self.succeeded(DeleteC) || site.reaches_folder(tree, id), "a new folder is lost");
        }
        expect(c_gone || site.reaches_folder(tree, &tree.c), "c is lost");
        expect(self.succeeded(DeleteB) || below_a(MoveBToA) || site.reaches_folder(tree, &tree.b), "b is lost");
        expect(a_deleted || site.reaches_folder(tree, &tree.a), "a is lost");
        let f_gone = self.succeeded(DeleteFile) || a_deleted && !self.succeeded(MoveFileToC);
        expect(f_gone || site.reaches_file(tree, &tree.f), "f is lost");
        wrong
    }
}

/// A small random number generator (xorshift): a seed selects the same delays on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Delays some operations of the site, before or after they are performed.
    fn delay(&mut self, faults: &Faults) {
        faults.clear();
        for operation in OPERATIONS {
            let millis = self.below(12);
            match self.below(3) {
                0 => faults.add(Rule::new(operation, Fault::Delay { millis })),
                1 => faults.add(Rule::new(operation, Fault::DelayAnswer { millis })),
                _ => {}
            }
        }
    }
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

fn configuration() -> Configuration {
    Configuration::new().client("web", KEY, &["*"], &["read", "write"]).upstream("requests_per_second = 0.0")
}

async fn try_all(site: &Site, caller: &Caller, writes: &[Write]) {
    let (rounds, seed) = (variable("POLYHOST_PAIRS_ROUNDS", 1), variable("POLYHOST_PAIRS_SEED", 1));
    let mut wrong = Vec::new();
    for round in seed..seed + rounds {
        let mut random = Random(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for (place, first) in writes.iter().enumerate() {
            for second in &writes[place..] {
                let pair = [*first, *second];
                let tree = site.add_tree(format!("{round}{first:?}{second:?}"));
                random.delay(site.faults());
                let delay = Duration::from_millis(random.below(10));
                let (one, two) = tokio::join!(first.send(caller, site.account(), &tree), async {
                    sleep(delay).await;
                    second.send(caller, site.account(), &tree).await
                });
                let outcome = Outcome { writes: pair, answers: [one, two] };
                let violations = outcome.violations(site, &tree);
                if !violations.is_empty() {
                    let statuses = outcome.answers.each_ref().map(|answer| answer.status);
                    wrong.push(format!("seed {round}, {pair:?}, {statuses:?}: {}", violations.join("; ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn pairs_of_writes_lose_nothing_at_yetishare() {
    let options = yetishare::Options { login: login(), seeded: false, ..yetishare::Options::default() };
    let site = Yetishare::start(options).await.unwrap();
    let gateway = Gateway::start(&configuration().table(&account("plays", &site.base_url(), KEY1, KEY2))).await;
    try_all(&Site::Yetishare(site), &gateway.caller(KEY), &AT_YETISHARE).await;
}

#[tokio::test]
async fn pairs_of_writes_lose_nothing_at_openload() {
    let (login, key) = (LOGIN.to_owned(), SITE_KEY.to_owned());
    let options = openload::Options { login, key, seeded: false, ..openload::Options::default() };
    let site = Openload::start(options).await.unwrap();
    let gateway = Gateway::start(&configuration().account("main", &site.base_url(), LOGIN, SITE_KEY)).await;
    try_all(&Site::Openload(site), &gateway.caller(KEY), &AT_OPENLOAD).await;
}
