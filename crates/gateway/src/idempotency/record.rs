//! The stored form of a record: a line of JSON with the request's fingerprint and the response's head, then the
//! response's body.

use axum::http::StatusCode;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{Answer, Fingerprint};

/// The size of a record while its request runs, in bytes. This reserves space for a response of that size, so that the
/// response can be recorded even if other requests fill the storage meanwhile.
const RESERVED: usize = 2048;

/// The record of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// The request is running, or was when its process ended.
    Running(Fingerprint),
    /// The request finished with this response.
    Answered(Fingerprint, Answer),
}

#[derive(Serialize, Deserialize)]
struct Head {
    fingerprint: Fingerprint,
    answered: Option<AnswerHead>,
}

#[derive(Serialize, Deserialize)]
struct AnswerHead {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Record {
    /// Returns the fingerprint of the request.
    pub(super) fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::Running(fingerprint) | Self::Answered(fingerprint, _) => fingerprint,
        }
    }

    /// Encodes the record as bytes.
    pub(super) fn encode(&self) -> Bytes {
        let fingerprint = self.fingerprint().clone();
        let (answered, body) = match self {
            Self::Running(_) => (None, None),
            Self::Answered(_, answer) => {
                let answer_head = AnswerHead { status: answer.status.as_u16(), headers: answer.headers.clone() };
                (Some(answer_head), Some(&answer.body))
            }
        };
        // Cannot fail: the head consists of strings and numbers.
        let head = serde_json::to_vec(&Head { fingerprint, answered }).unwrap_or_default();
        let mut bytes = BytesMut::from(&head[..]);
        bytes.put_u8(b'\n');
        match body {
            Some(body) => bytes.put_slice(body),
            None => bytes.put_bytes(b' ', RESERVED.saturating_sub(bytes.len())),
        }
        bytes.freeze()
    }

    /// Decodes a record; `None` if the bytes are of another version.
    pub(super) fn decode(bytes: &Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let Head { fingerprint, answered } = serde_json::from_slice(&bytes[..end]).ok()?;
        let Some(AnswerHead { status, headers }) = answered else { return Some(Self::Running(fingerprint)) };
        let (status, body) = (StatusCode::from_u16(status).ok()?, bytes.slice(end + 1..));
        Some(Self::Answered(fingerprint, Answer { status, headers, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint() -> Fingerprint {
        serde_json::from_value("f".repeat(64).into()).unwrap()
    }

    #[test]
    fn record_round_trips() {
        let headers = vec![("location".to_owned(), "/v1/accounts/main/folders/1".to_owned())];
        let answer = Answer { status: StatusCode::CREATED, headers, body: Bytes::from("{\n\"id\": \"1\"}\n") };
        for record in [Record::Running(fingerprint()), Record::Answered(fingerprint(), answer)] {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
        assert_eq!(Record::decode(&Bytes::from("no record")), None);
    }

    #[test]
    fn record_of_a_running_request_reserves_space() {
        assert_eq!(Record::Running(fingerprint()).encode().len(), RESERVED);
    }
}
