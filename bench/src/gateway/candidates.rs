//! The candidates: the gateway, another version of it, the floor, and the programs of others.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

use super::floor::Recorded;
use super::load::{self, Connection, Requests};
use super::peers::Peer;
use super::pinning::Pinning;
use super::rows::{HIT, PAGE, Row};
use crate::failure::Failure;
use crate::process::{Process, free_address};
use crate::{progress, setup, usage};

/// How long a program is idle before its memory is read.
const REST: Duration = Duration::from_secs(1);

/// The title of the server with prepared answers.
pub(super) const PREPARED: &str = "hyper, prepared answers";
/// The title of the server that fetches and converts the site's answers.
pub(super) const FORWARD: &str = "hyper, fetch and convert";
/// The number of characters of a wrong answer that a message shows.
const SHOWN: usize = 500;

/// The site, and what is needed to start candidates in front of it.
pub(super) struct World {
    pub(super) site: Process,
    pub(super) pinning: Pinning,
    folder: TempDir,
}

/// What a candidate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The gateway, or another version of it.
    Gateway,
    /// Serves recorded answers with the gateway's HTTP library.
    Bare,
    /// Fetches, parses and writes answers with the gateway's libraries.
    Forward,
    /// Caches recorded answers.
    Cache,
    /// Passes on the site's answers.
    Proxy,
}

/// A program that is measured.
pub(super) struct Candidate {
    pub(super) title: String,
    pub(super) role: Role,
    pub(super) process: Process,
    /// The size of the program in bytes.
    pub(super) program_size: Option<u64>,
    /// The memory before the first request, in bytes.
    pub(super) idle: u64,
    etag: String,
}

/// All candidates, and the programs that some of them need.
pub(super) struct Candidates {
    /// The first one is the gateway.
    pub(super) all: Vec<Candidate>,
    /// The versions of the programs.
    pub(super) programs: Vec<String>,
    /// Remarks, such as about programs that are left out.
    pub(super) remarks: Vec<String>,
    pub(super) recorded: Vec<Recorded>,
}

impl World {
    pub(super) async fn start(pinning: Pinning) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
        Ok(Self { site: setup::start_site(folder.path()).await?, pinning, folder })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server of the floor.
    async fn floor(&self, arguments: &[&str]) -> Result<Process, Failure> {
        let address = free_address()?;
        let program = std::env::current_exe().map_err(Failure::of("cannot find the path of this program"))?;
        let mut command = self.pinning.command(&program);
        command.args(["floor", "--listen", &address.to_string()]).args(arguments);
        Process::start("floor", &mut command, address, self.folder()).await
    }
}

impl Candidates {
    /// Starts all candidates that are installed.
    ///
    /// # Errors
    /// Fails if one of them does not start.
    pub(super) async fn start(world: &World, polyhost: &Path, other: Option<&Path>) -> Result<Self, Failure> {
        let process = world.gateway(polyhost, 1).await?;
        let mut all = vec![Candidate::new("gateway", Role::Gateway, process, Some(polyhost)).await];
        let recorded = vec![record(&all[0], HIT)?, record(&all[0], PAGE)?];
        if let Some(other) = other {
            let title = format!("other: {}", other.file_name().unwrap_or_default().to_string_lossy());
            let process = world.gateway(other, 1).await?;
            all.push(Candidate::new(&title, Role::Gateway, process, Some(other)).await);
        }
        let answers = world.folder().join("answers.json");
        let json = serde_json::to_string(&recorded).map_err(Failure::of("no JSON"))?;
        fs::write(&answers, json).map_err(Failure::of("cannot write the recorded answers"))?;
        let bare = world.floor(&["--answers", &answers.to_string_lossy()]).await?;
        let origin = bare.address();
        all.push(Candidate::new(PREPARED, Role::Bare, bare, None).await);
        let forward = world.floor(&["--site", &world.site.address().to_string()]).await?;
        all.push(Candidate::new(FORWARD, Role::Forward, forward, None).await);
        let mut candidates = Self { all, programs: Vec::new(), remarks: Vec::new(), recorded };
        for peer in Peer::ALL {
            candidates.add_peer(world, peer, origin).await?;
        }
        Ok(candidates)
    }

    async fn add_peer(&mut self, world: &World, peer: Peer, origin: SocketAddr) -> Result<(), Failure> {
        let Some(program) = peer.installed() else {
            let advice = format!("on Debian: apt-get install {}", peer.package());
            self.remark(format!("{} is not installed and is left out; {advice}", peer.name()));
            return Ok(());
        };
        self.programs.push(peer.version(&program)?);
        for role in peer.roles() {
            let (title, server) = match role {
                Role::Cache => (format!("{}, cache", peer.name()), origin),
                _ => (format!("{}, proxy", peer.name()), world.site.address()),
            };
            match world.peer(peer, &program, *role, server).await {
                Ok(process) => self.all.push(Candidate::new(&title, *role, process, Some(&program)).await),
                Err(failure) => {
                    progress(failure);
                    self.remark(format!("\"{title}\" does not start and is left out"));
                }
            }
        }
        Ok(())
    }

    fn remark(&mut self, message: String) {
        progress(&message);
        self.remarks.push(message);
    }

    /// Checks the answers of all candidates, so that none is measured with an error page.
    ///
    /// # Errors
    /// Fails if an answer differs from that of the gateway, or from that of the site for a proxy.
    pub(super) fn verify(&mut self, world: &World) -> Result<(), Failure> {
        let expected = self.recorded.clone();
        let gateway = self.all[0].process.address();
        for candidate in &mut self.all {
            candidate.etag = if candidate.serves_hits() { candidate.answer_to(HIT)?.0 } else { String::new() };
            for row in Row::REQUESTS {
                candidate.verify(row, &expected, gateway, world.site.address())?;
            }
        }
        Ok(())
    }
}

impl Candidate {
    async fn new(title: &str, role: Role, process: Process, program: Option<&Path>) -> Self {
        let idle = rested(&process).await;
        let program_size = program.map(PathBuf::from).and_then(|path| Some(fs::metadata(path).ok()?.len()));
        Self { title: title.to_owned(), role, process, program_size, idle, etag: String::new() }
    }

    /// Returns whether it serves cached or prepared answers.
    pub(super) fn serves_hits(&self) -> bool {
        matches!(self.role, Role::Gateway | Role::Bare | Role::Cache)
    }

    /// Returns the requests of a row, or `None` if the row is not measured with this candidate.
    pub(super) fn requests(&self, row: Row) -> Option<Requests> {
        let is_hit = matches!(row, Row::Hit | Row::Page | Row::NotModified);
        let requests = match self.role {
            Role::Proxy => row.of_site(),
            Role::Bare | Role::Cache if !is_hit => None,
            Role::Forward if row != Row::Miss => None,
            _ => row.of_gateway(),
        };
        requests.map(|requests| if row == Row::NotModified { requests.if_none_match(&self.etag) } else { requests })
    }

    /// Returns the entity tag and the body of the answer to a path.
    fn answer_to(&self, path: &str) -> Result<(String, String), Failure> {
        let mut buffer = Vec::new();
        let requests = Requests::get(path, load::Numbers::None);
        let answer = Connection::open(self.process.address())?.send(&requests, &mut buffer)?;
        let body = String::from_utf8_lossy(answer.body(&buffer)).into_owned();
        Ok((answer.field(&buffer, "etag").unwrap_or_default(), body))
    }

    fn verify(&self, row: Row, recorded: &[Recorded], gateway: SocketAddr, site: SocketAddr) -> Result<(), Failure> {
        let Some(requests) = self.requests(row) else { return Ok(()) };
        let mut buffer = Vec::new();
        let number = load::fresh();
        let mut connection = Connection::open(self.process.address())?;
        // The first answer may come from behind a cache.
        for _ in 0..2 {
            connection.send(&requests, &mut buffer)?;
        }
        let answer = connection.exchange(&requests.numbered(number), &mut buffer)?;
        let body = String::from_utf8_lossy(answer.body(&buffer)).into_owned();
        let of = |address, requests: Option<Requests>| body_of(address, requests, number);
        let expected = match (row, self.role) {
            (Row::Hit, Role::Bare | Role::Cache) => recorded[0].body.clone(),
            (Row::Page, Role::Bare | Role::Cache) => recorded[1].body.clone(),
            (Row::NotModified, _) => String::new(),
            (_, Role::Proxy) => of(site, row.of_site())?,
            (_, Role::Forward) => of(gateway, row.of_gateway())?,
            _ => return self.verify_json(row, &body),
        };
        if body == expected {
            return Ok(());
        }
        Err(self.wrong(row, &body))
    }

    /// Checks the answer of a gateway: a file, or a page of a hundred.
    fn verify_json(&self, row: Row, body: &str) -> Result<(), Failure> {
        let json: Value = serde_json::from_str(body).map_err(Failure::of(format_args!("{}: no JSON", self.title)))?;
        let is_right = match row {
            Row::Page | Row::Listing => json["items"].as_array().is_some_and(|items| items.len() == 100),
            _ => json["type"] == "file",
        };
        if is_right {
            return Ok(());
        }
        Err(self.wrong(row, body))
    }

    fn wrong(&self, row: Row, body: &str) -> Failure {
        let begin: String = body.chars().take(SHOWN).collect();
        Failure::new(format_args!("{}, {}: the answer is {begin}", self.title, row.title()))
    }
}

/// Returns the memory of an idle program.
pub(super) async fn rested(process: &Process) -> u64 {
    sleep(REST).await;
    usage::memory(&process.ids())
}

fn record(gateway: &Candidate, path: &str) -> Result<Recorded, Failure> {
    let (etag, body) = gateway.answer_to(path)?;
    Ok(Recorded { path: path.to_owned(), etag, body })
}

fn body_of(address: SocketAddr, requests: Option<Requests>, number: u64) -> Result<String, Failure> {
    let Some(requests) = requests else { return Ok(String::new()) };
    let mut buffer = Vec::new();
    let answer = Connection::open(address)?.exchange(&requests.numbered(number), &mut buffer)?;
    Ok(String::from_utf8_lossy(answer.body(&buffer)).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::floor::FILES;
    use super::*;

    #[test]
    fn path_of_the_floor_is_that_of_the_gateway() {
        assert!(HIT.starts_with(FILES));
    }
}
