//! Pairs of writes: every two write operations side by side on one tree, at both sites, with delays that a seed chooses.
//! Whatever comes first, nothing that was answered with a success is lost, nothing becomes unreachable, and no folder
//! that is not empty is deleted without `recursive`.
//!
//! `POLYHOST_PAIRS_ROUNDS` (1 unless given) says how often each pair is tried, `POLYHOST_PAIRS_SEED` with which delays.

use std::time::Duration;

use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use polyhost_sandbox::{Fault, Faults, Rule};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::streamplay::world::{KEY1, KEY2, account, login};
use crate::world::{KEY, LOGIN, SITE_KEY};

/// A write to the tree: folders `a`, `b` and the empty `c` beside each other, and the file `f` in `a`.
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

/// What the sites are asked by these writes.
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

/// A simulated site, and how the account there is called.
enum Site {
    Openload(Openload),
    Yetishare(Yetishare),
}

/// One tree at the site.
struct Tree {
    case: String,
    a: String,
    b: String,
    c: String,
    f: String,
}

/// What one pair of writes has led to.
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

    fn plant(&self, case: String) -> Tree {
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

    /// Whether a folder can be reached from the root.
    fn reaches_folder(&self, tree: &Tree, folder: &str) -> bool {
        match self {
            // Folders are never moved there, and go with the folder that they are in.
            Self::Openload(site) => {
                let names = [(&tree.a, "a"), (&tree.b, "b"), (&tree.c, "c")];
                let name = names.iter().find(|(id, _)| *id == folder).map(|(_, name)| *name);
                // Two new folders may have one name, by which only the first is found.
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

    /// Whether a file can be reached from the root.
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

    /// The id of what a write has made.
    fn made(&self, write: Write) -> Vec<String> {
        let made = self.writes.iter().zip(&self.answers).filter(|(own, answer)| **own == write && answer.status == 201);
        let id =
            |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).unwrap()["id"].as_str().map(str::to_owned);
        made.filter_map(|(_, answer)| id(answer)).collect()
    }

    /// What must not have become of the tree, and has.
    fn violations(&self, site: &Site, tree: &Tree) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(what.to_owned())
            }
        };
        for (write, answer) in self.writes.iter().zip(&self.answers) {
            // A refusal is one of the write that lost: something is gone, full, or would be a cycle.
            expect(matches!(answer.status, 200..=299 | 404 | 409), &format!("{write:?}: {}", answer.status));
        }
        let all = self.succeeded(DeleteAWithAll);
        let below_a = |moved: Write| all && self.succeeded(moved);
        let c_gone = self.succeeded(DeleteC) || below_a(MoveCToA);
        for id in self.made(UploadIntoC).iter().chain(&self.made(CopyFileToC)) {
            expect(c_gone && !self.succeeded(DeleteC) || site.reaches_file(tree, id), "a new file is lost");
        }
        for id in &self.made(CreateInC) {
            expect(c_gone && !self.succeeded(DeleteC) || site.reaches_folder(tree, id), "a new folder is lost");
        }
        expect(c_gone || site.reaches_folder(tree, &tree.c), "c is lost");
        expect(self.succeeded(DeleteB) || below_a(MoveBToA) || site.reaches_folder(tree, &tree.b), "b is lost");
        expect(all || site.reaches_folder(tree, &tree.a), "a is lost");
        let f_gone = self.succeeded(DeleteFile) || all && !self.succeeded(MoveFileToC);
        expect(f_gone || site.reaches_file(tree, &tree.f), "f is lost");
        wrong
    }
}

/// A small generator of numbers (xorshift), so that a seed stands for the same delays everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Delays some of the site's operations, some before they take place and some after.
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

fn given(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

fn configuration() -> Configuration {
    Configuration::new().client("web", KEY, &["*"], &["read", "write"]).upstream("requests_per_second = 0.0")
}

async fn try_all(site: &Site, caller: &Caller, writes: &[Write]) {
    let (rounds, seed) = (given("POLYHOST_PAIRS_ROUNDS", 1), given("POLYHOST_PAIRS_SEED", 1));
    let mut wrong = Vec::new();
    for round in seed..seed + rounds {
        let mut chance = Chance(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for (place, first) in writes.iter().enumerate() {
            for second in &writes[place..] {
                let pair = [*first, *second];
                let tree = site.plant(format!("{round}{first:?}{second:?}"));
                chance.delay(site.faults());
                let late = Duration::from_millis(chance.below(10));
                let (one, two) = tokio::join!(first.send(caller, site.account(), &tree), async {
                    sleep(late).await;
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
