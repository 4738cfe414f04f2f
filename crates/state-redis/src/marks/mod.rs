//! Marks in Redis: a sorted set for each owner, by the time at which a mark was added. The position of a reader is the
//! time of the last mark that it has read.

use std::sync::Arc;

use async_trait::async_trait;
use polyhost_state::{MARK_LIFE, Marks, Port, StateError};
use redis::Script;

use crate::failure::Failure;
use crate::link::Link;
use crate::times::micros;

/// The greatest number of an owner's marks. The oldest ones make room for more.
const MOST: u32 = 100_000;

/// The [`Marks`] that replicas share.
pub(crate) struct RedisMarks {
    link: Arc<Link>,
    prefix: String,
    add: Script,
    since: Script,
}

impl RedisMarks {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            prefix: prefix.to_owned(),
            add: Script::new(include_str!("add.lua")),
            since: Script::new(include_str!("since.lua")),
        }
    }

    fn name(&self, owner: &str) -> String {
        format!("{}:m:{{{owner}}}", self.prefix)
    }
}

#[async_trait]
impl Marks for RedisMarks {
    async fn add(&self, owner: &str, mark: &str) -> Result<(), StateError> {
        let mut request = self.add.key(self.name(owner));
        request.arg(mark).arg(micros(MARK_LIFE)).arg(MOST);
        self.link.call(&request).await.map_err(unavailable)
    }

    async fn since(&self, owner: &str, position: u64) -> Result<(Vec<String>, u64), StateError> {
        let mut request = self.since.key(self.name(owner));
        request.arg(position).arg(micros(MARK_LIFE));
        let marks: Vec<(String, f64)> = self.link.call(&request).await.map_err(unavailable)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time in microseconds is exact")]
        let position = marks.last().map_or(position, |(_, time)| *time as u64);
        Ok((marks.into_iter().map(|(mark, _)| mark).collect(), position))
    }
}

fn unavailable(failure: Failure) -> StateError {
    failure.into_error(Port::Marks)
}
