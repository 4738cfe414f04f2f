//! What is kept under a key: a line of JSON that says what the request was and how it was answered, then the answer's
//! body.

use axum::http::StatusCode;
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::{Answer, Fingerprint};

/// How much room is taken while the request is carried out. So there is room for an answer of that size when there is
/// one: what has been done at a site is not forgotten because others were faster.
const RESERVED: usize = 2048;

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Record {
    /// It is carried out, or was when its process ended.
    Running(Fingerprint),
    /// It was answered so.
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
    /// What the request was.
    pub(super) fn fingerprint(&self) -> &Fingerprint {
        match self {
            Self::Running(fingerprint) | Self::Answered(fingerprint, _) => fingerprint,
        }
    }

    /// The record as bytes.
    pub(super) fn encode(&self) -> Bytes {
        let fingerprint = self.fingerprint().clone();
        let (answered, body) = match self {
            Self::Running(_) => (None, None),
            Self::Answered(_, answer) => {
                let answer_head = AnswerHead { status: answer.status.as_u16(), headers: answer.headers.clone() };
                (Some(answer_head), Some(&answer.body))
            }
        };
        // What cannot be serialized does not exist here: the head is made of texts and numbers.
        let head = serde_json::to_vec(&Head { fingerprint, answered }).unwrap_or_default();
        let mut bytes = BytesMut::from(&head[..]);
        bytes.put_u8(b'\n');
        match body {
            Some(body) => bytes.put_slice(body),
            None => bytes.put_bytes(b' ', RESERVED.saturating_sub(bytes.len())),
        }
        bytes.freeze()
    }

    /// The record that bytes are; `None` for those of another version.
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
    fn a_record_is_read_as_it_was_written() {
        let headers = vec![("location".to_owned(), "/v1/accounts/main/folders/1".to_owned())];
        let answer = Answer { status: StatusCode::CREATED, headers, body: Bytes::from("{\n\"id\": \"1\"}\n") };
        for record in [Record::Running(fingerprint()), Record::Answered(fingerprint(), answer)] {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
        assert_eq!(Record::decode(&Bytes::from("no record")), None);
    }

    #[test]
    fn a_request_under_way_takes_the_room_of_its_answer() {
        assert_eq!(Record::Running(fingerprint()).encode().len(), RESERVED);
    }
}
