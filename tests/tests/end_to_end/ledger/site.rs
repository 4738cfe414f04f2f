//! A site that records the received requests, and answers uploads at planned points. It implements the parts of both
//! dialects, as their documentation describes them, that an upload and the check of its file need.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::plan::{Named, Plan, Reported, Rest};

/// The site. Clones share it.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    plans: BTreeMap<String, Plan>,
    files: BTreeMap<u64, Entry>,
    deleted: Vec<Entry>,
    last: u64,
    /// The announced digests, by the number of their upload address.
    tickets: BTreeMap<u64, String>,
}

/// A file, as far as it was received.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) received: u64,
    pub(super) sha1: String,
    pub(super) is_older: bool,
    at: i64,
}

/// A request without its body.
struct Head {
    path: String,
    query: BTreeMap<String, String>,
    length: u64,
    rest: Vec<u8>,
}

impl Ledger {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let ledger = Self { address, state: Arc::default() };
        let site = ledger.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(site.clone().serve(stream));
            }
        });
        ledger
    }

    /// Sets the plan for the upload with this name.
    pub(super) fn expect(&self, name: &str, plan: Plan) {
        self.state().plans.insert(name.to_owned(), plan);
    }

    /// Adds a file that existed before the uploads.
    pub(super) fn add_older(&self, name: &str, bytes: &[u8]) {
        let sha1 = hex::encode(Sha1::digest(bytes));
        let received = bytes.len() as u64;
        self.state().put(Entry { name: name.to_owned(), received, sha1, is_older: true, at: 1_500_000_000 });
    }

    /// Returns a file once it has `length` bytes. The last bytes may still be in transit.
    pub(super) async fn settled(&self, id: &str, length: u64) -> Entry {
        for _ in 0..500 {
            if self.entry(id).is_some_and(|entry| entry.received == length) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.entry(id).expect("the site has the file")
    }

    /// Returns whether a file of this name exists.
    pub(super) fn has(&self, name: &str) -> bool {
        self.state().files.values().any(|file| file.name == name)
    }

    fn entry(&self, id: &str) -> Option<Entry> {
        self.state().files.get(&number(id)?).cloned()
    }

    pub(super) fn deleted(&self) -> Vec<Entry> {
        self.state().deleted.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn serve(self, mut stream: TcpStream) -> Option<()> {
        let mut head = read_head(&mut stream).await?;
        if head.path.starts_with("/ul/") || head.path.ends_with("/file/upload") {
            return self.receive(stream, head).await;
        }
        while (head.rest.len() as u64) < head.length {
            if stream.read_buf(&mut head.rest).await.ok()? == 0 {
                return None;
            }
        }
        head.query.extend(pairs(&String::from_utf8_lossy(&head.rest)));
        let answer = self.answer(&head);
        respond(&mut stream, &answer).await;
        stream.shutdown().await.ok()
    }

    fn answer(&self, head: &Head) -> Value {
        let mut state = self.state();
        let given = |name: &str| head.query.get(name).and_then(|id| number(id));
        if let Some(operation) = head.path.strip_prefix("/v1/") {
            let result = match operation {
                "account/info" => json!({"extid": "x", "email": "a@b.example"}),
                "file/ul" => {
                    state.last += 1;
                    let (ticket, sha1) = (state.last, head.query.get("sha1").cloned().unwrap_or_default());
                    state.tickets.insert(ticket, sha1);
                    json!({"url": format!("http://{}/ul/{ticket}", self.address)})
                }
                "file/info" => {
                    let id = given("file").unwrap_or_default();
                    let found = state.files.get(&id).map(|file| file.openload_info(id));
                    let id = format!("f{id}");
                    json!({ &id: found.unwrap_or_else(|| json!({"id": id, "status": 404})) })
                }
                "file/listfolder" => {
                    let files: Vec<Value> = state.files.iter().map(|(id, file)| file.openload_entry(*id)).collect();
                    json!({"folders": [], "files": files})
                }
                "file/delete" => json!(state.delete(given("file"))),
                other => panic!("{other} was called"),
            };
            return json!({"status": 200, "msg": "OK", "result": result});
        }
        let data = match head.path.trim_start_matches("/api/v2/") {
            "authorize" => json!({"access_token": "t".repeat(128), "account_id": "1"}),
            "account/info" => json!({"id": "1", "username": "a", "status": "active"}),
            "account/package" => json!({"id": "1", "label": "free", "can_upload": "1", "max_upload_size": "0"}),
            "file/info" => match given("file_id").and_then(|id| Some(state.files.get(&id)?.yetishare(id))) {
                Some(file) => file,
                None => return refused("Could not find file based on file_id."),
            },
            "folder/listing" => {
                let files: Vec<Value> = state.files.iter().map(|(id, file)| file.yetishare(*id)).collect();
                json!({"folders": [], "files": files})
            }
            "file/delete" => json!(state.delete(given("file_id"))),
            "disable_access_token" => json!({}),
            other => panic!("{other} was called"),
        };
        json!({"response": "OK", "data": data, "_status": "success", "_datetime": date_time(now())})
    }

    /// Receives an upload's bytes, and answers at the point that the plan defines.
    async fn receive(self, mut stream: TcpStream, head: Head) -> Option<()> {
        let mut file = Form::open(&mut stream, &head).await?;
        let plan = self.state().plans.get(&file.name).cloned();
        let plan = plan.unwrap_or_else(|| panic!("{} is not expected", file.name));
        assert_eq!(file.length, plan.length, "{}", file.name);
        let early = plan.answer_after.unwrap_or(file.length);
        file.receive_until(&mut stream, early).await?;
        let id = self.state().put(file.entry());
        let is_openload = head.path.starts_with("/ul/");
        let announced = number(&head.path).and_then(|ticket| self.state().tickets.get(&ticket).cloned());
        let answer = self.reply(&plan, id, &file, announced.unwrap_or_default(), is_openload);
        respond(&mut stream, &answer).await;
        match plan.rest {
            Rest::Read => {}
            // This is longer than the gateway's timeout.
            Rest::Ignored => tokio::time::sleep(Duration::from_secs(20)).await,
            Rest::CutOff => return None,
        }
        while plan.rest == Rest::Read && file.received < file.length {
            file.receive_until(&mut stream, file.length).await?;
            self.state().files.entry(id).and_modify(|entry| *entry = file.entry());
        }
        stream.shutdown().await.ok()
    }

    fn reply(&self, plan: &Plan, id: u64, file: &Form, announced: String, is_openload: bool) -> Value {
        let entry = file.entry();
        let size = match plan.size {
            Reported::True => json!(entry.received.to_string()),
            Reported::Announced => json!(file.length),
            Reported::Absent => Value::Null,
            Reported::Empty => json!(0),
        };
        let sha1 = match plan.digest {
            Reported::True => json!(entry.sha1),
            Reported::Announced => json!(announced),
            Reported::Absent => Value::Null,
            Reported::Empty => json!("not available"),
        };
        let id = match plan.named {
            Named::Own => Some(id),
            Named::Nothing => None,
            Named::Older => self.state().files.iter().find(|(_, file)| file.is_older).map(|(id, _)| *id),
        };
        if is_openload {
            let id = id.map(|id| format!("f{id}"));
            let result = json!({"name": file.name, "id": id, "size": size, "sha1": sha1, "content_type": "video/mp4"});
            return json!({"status": 200, "msg": "OK", "result": result});
        }
        let data = json!([{"name": file.name, "size": size, "error": null, "file_id": id, "hash": null}]);
        json!({"response": "File uploaded", "data": data, "_status": "success", "_datetime": date_time(now())})
    }
}

impl State {
    fn put(&mut self, entry: Entry) -> u64 {
        self.last += 1;
        self.files.insert(self.last, entry);
        self.last
    }

    fn delete(&mut self, id: Option<u64>) -> bool {
        let deleted = id.and_then(|id| self.files.remove(&id));
        self.deleted.extend(deleted.clone());
        deleted.is_some()
    }
}

impl Entry {
    fn openload_info(&self, id: u64) -> Value {
        json!({"id": format!("f{id}"), "status": 200, "name": self.name, "size": self.received, "sha1": self.sha1})
    }

    fn openload_entry(&self, id: u64) -> Value {
        json!({"linkextid": format!("f{id}"), "name": self.name, "size": self.received, "sha1": self.sha1,
            "folderid": "0", "upload_at": self.at, "status": "active"})
    }

    fn yetishare(&self, id: u64) -> Value {
        json!({"id": id.to_string(), "filename": self.name, "fileSize": self.received.to_string(),
            "file_status": "active", "status": "active", "folderId": null, "uploadedDate": date_time(self.at)})
    }
}

/// A form with one file, whose bytes are counted.
struct Form {
    name: String,
    length: u64,
    received: u64,
    digest: Sha1,
    ahead: Vec<u8>,
}

impl Form {
    /// Reads everything before the file.
    async fn open(stream: &mut TcpStream, head: &Head) -> Option<Self> {
        let mut ahead = head.rest.clone();
        loop {
            let start =
                find(&ahead, b"filename=\"").and_then(|at| Some((at, at + find(&ahead[at..], b"\r\n\r\n")? + 4)));
            if let Some((at, start)) = start {
                let name = String::from_utf8_lossy(&ahead[at + 10..]).split('"').next()?.to_owned();
                let boundary = find(&ahead, b"\r\n")? as u64;
                // After the file come a line break, the boundary, two dashes and a line break.
                let length = head.length - start as u64 - boundary - 6;
                let ahead = ahead.split_off(start);
                return Some(Self { name, length, received: 0, digest: Sha1::new(), ahead });
            }
            if stream.read_buf(&mut ahead).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Receives bytes until the file has `end` bytes, one read at a time.
    async fn receive_until(&mut self, stream: &mut TcpStream, end: u64) -> Option<()> {
        loop {
            let wanted = usize::try_from(end - self.received).unwrap().min(self.ahead.len());
            let rest = self.ahead.split_off(wanted);
            self.digest.update(&self.ahead);
            self.received += wanted as u64;
            self.ahead = rest;
            if self.received == end {
                return Some(());
            }
            self.ahead.reserve(64 * 1024);
            if stream.read_buf(&mut self.ahead).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn entry(&self) -> Entry {
        let sha1 = hex::encode(self.digest.clone().finalize());
        Entry { name: self.name.clone(), received: self.received, sha1, is_older: false, at: now() }
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<Head> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = find(&bytes, b"\r\n\r\n") {
            break end + 4;
        }
        if timeout(Duration::from_secs(60), stream.read_buf(&mut bytes)).await.ok()?.ok()? == 0 {
            return None;
        }
    };
    let rest = bytes.split_off(end);
    let head = String::from_utf8(bytes).ok()?;
    let target = head.split(' ').nth(1)?.to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    Some(Head { path: path.to_owned(), query: pairs(query), length: length.unwrap_or_default(), rest })
}

async fn respond(stream: &mut TcpStream, answer: &Value) {
    let (body, date) = (answer.to_string(), Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT"));
    let head = format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}

fn refused(words: &str) -> Value {
    json!({"response": words, "_status": "error", "_datetime": date_time(now())})
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Returns the number at the end of an id or a path.
fn number(text: &str) -> Option<u64> {
    text.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().ok()
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

fn date_time(second: i64) -> String {
    Timestamp::from_second(second).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string()
}
