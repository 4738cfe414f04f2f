//! The values in Redis: one string for each, sealed, with its version in front.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::Entry;
use redis::{Cmd, FromRedisValue as _, Script, Value, cmd};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::link::Link;
use crate::sealing::{Keyring, version_bytes};
use crate::times::millis;

/// The largest value in bytes.
const LARGEST_VALUE: usize = 1024 * 1024;
/// The greatest number of values of one owner, where values are counted.
const MOST_RECORDS: usize = 10_000;
/// The time between two lines in the log about values that no key opens.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// The room for values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// As much as the server has.
    Unlimited,
    /// A number of values for each owner. A key's owner is the part before its last `/`.
    ByOwner,
}

/// The version that a value must have to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    None,
    Version(u64),
}

/// A value to write.
pub(crate) struct Write<'a> {
    /// The version: a random number, so that no value before had it.
    pub(crate) version: u64,
    pub(crate) value: &'a Bytes,
    pub(crate) ttl: Duration,
}

/// The result of a write.
pub(crate) enum Stored {
    Done,
    Conflict(Option<Entry>),
    Full,
}

/// The values in Redis.
pub(crate) struct SealedValues {
    link: Arc<Link>,
    keyring: Arc<Keyring>,
    prefix: String,
    room: Room,
    store: Script,
    remove: Script,
    last_report: Mutex<Option<Instant>>,
}

/// The keys of one value.
struct Names {
    value: String,
    /// The set of all keys of the value's owner, in the same slot of a cluster.
    index: Option<String>,
}

impl SealedValues {
    pub(crate) fn new(link: Arc<Link>, keyring: Arc<Keyring>, prefix: &str, room: Room) -> Self {
        Self {
            link,
            keyring,
            prefix: prefix.to_owned(),
            room,
            store: Script::new(include_str!("store.lua")),
            remove: Script::new(include_str!("remove.lua")),
            last_report: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Entry>, Failure> {
        let names = self.names(key);
        let mut request = cmd("GET");
        request.arg(&names.value);
        let stored: Option<Vec<u8>> = self.link.call::<_>(&request as &Cmd).await?;
        Ok(stored.and_then(|stored| self.open(&names, &stored)))
    }

    pub(crate) async fn set(&self, key: &str, expected: Expected, write: &Write<'_>) -> Result<Stored, Failure> {
        let Write { version, value, ttl } = *write;
        if value.len() > LARGEST_VALUE {
            return Ok(Stored::Full);
        }
        let names = self.names(key);
        let sealed = self.keyring.seal(names.value.as_bytes(), version, value);
        let sealed = sealed.map_err(|error| Failure::Rejected(error.to_string()))?;
        let mut condition = Condition::from(expected);
        loop {
            let mut request = names.invocation(&self.store, &condition);
            request.arg(&sealed).arg(millis(ttl)).arg(MOST_RECORDS);
            let reply: (i64, Option<Vec<u8>>) = parse(self.link.call(&request).await?)?;
            match reply {
                (1, _) => return Ok(Stored::Done),
                (0, _) => return Ok(Stored::Full),
                (_, None) => return Ok(Stored::Conflict(None)),
                (_, Some(stored)) => match self.open(&names, &stored) {
                    // A value that no key opens counts as missing, so it does not prevent another one.
                    None if expected == Expected::None => {
                        condition = Condition { word: "version", version: version_bytes(&stored).to_vec() };
                    }
                    entry => return Ok(Stored::Conflict(entry)),
                },
            }
        }
    }

    pub(crate) async fn remove(&self, key: &str, expected: Expected) -> Result<bool, Failure> {
        let names = self.names(key);
        self.link.call(&names.invocation(&self.remove, &expected.into())).await
    }

    fn open(&self, names: &Names, stored: &[u8]) -> Option<Entry> {
        let opened = self.keyring.open(names.value.as_bytes(), stored);
        if opened.is_none() {
            self.report_unopened();
        }
        opened.map(|(version, value)| Entry { value, version })
    }

    fn report_unopened(&self) {
        let now = Instant::now();
        let mut last = self.last_report.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= REPORT_INTERVAL) {
            *last = Some(now);
            tracing::warn!("no key of the configuration opens a value of the shared store, which counts as missing");
        }
    }

    fn names(&self, key: &str) -> Names {
        let prefix = &self.prefix;
        match self.room {
            Room::Unlimited => Names { value: format!("{prefix}:v:{{{key}}}"), index: None },
            Room::ByOwner => {
                let (owner, rest) = key.rsplit_once('/').unwrap_or(("", key));
                Names {
                    value: format!("{prefix}:r:{{{owner}/}}{rest}"),
                    index: Some(format!("{prefix}:n:{{{owner}/}}")),
                }
            }
        }
    }
}

/// The first two arguments of the scripts.
struct Condition {
    word: &'static str,
    version: Vec<u8>,
}

impl From<Expected> for Condition {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Any => Self { word: "any", version: Vec::new() },
            Expected::None => Self { word: "none", version: Vec::new() },
            Expected::Version(version) => Self { word: "version", version: version.to_be_bytes().to_vec() },
        }
    }
}

impl Names {
    fn invocation<'a>(&self, script: &'a Script, condition: &Condition) -> redis::ScriptInvocation<'a> {
        let mut invocation = script.key(&self.value);
        if let Some(index) = &self.index {
            invocation.key(index);
        }
        invocation.arg(condition.word).arg(&condition.version);
        invocation
    }
}

/// Returns the number and the stored value in an answer of the script.
fn parse(reply: Vec<Value>) -> Result<(i64, Option<Vec<u8>>), Failure> {
    let unknown = Failure::unknown_answer;
    let mut reply = reply.into_iter();
    let number = i64::from_redis_value(reply.next().ok_or_else(unknown)?).map_err(|_| unknown())?;
    let stored = reply.next().map(Vec::from_redis_value).transpose().map_err(|_| unknown())?;
    Ok((number, stored))
}
