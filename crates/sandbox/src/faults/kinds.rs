//! The ways in which a request can be hit.

use serde::{Deserialize, Serialize};

use crate::serve::HangUp;

/// How a request is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error answer, after the request's body was read.
    Status {
        /// The HTTP status.
        http: u16,
        /// The status of an error in the site's own envelope, which is then the body: `{"status", "msg", "result"}` at
        /// OpenLoad, the status's words in `{"response", "_status"}` at YetiShare.
        #[serde(default)]
        body_status: Option<u16>,
        /// Further headers, such as `Retry-After`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body as it is; without it and without `body_status`, a web server's error page.
        #[serde(default)]
        body: Option<String>,
    },
    /// The operation takes place only after a while. Nothing of the request's body is read before.
    Delay {
        /// How long, in milliseconds.
        millis: u64,
    },
    /// The request is read and the operation takes place, but the answer comes only after a while.
    DelayAnswer {
        /// How long, in milliseconds.
        millis: u64,
    },
    /// The connection is reset before anything is answered.
    Reset,
    /// The request's body is read, and then the connection is closed.
    CloseAfterBody,
    /// The connection ends in the middle of the request's body.
    HangUp {
        /// How many bytes of the body come before that. A body that is not longer passes unharmed.
        after: u64,
        /// How it ends.
        how: HangUp,
    },
    /// The request's body is read up to a point and no further. The connection stays open, and nothing comes, until
    /// what stands still is [resumed](super::Faults::resume).
    StopReading {
        /// How many bytes of the body are read. A body that is not longer passes unharmed.
        after: u64,
    },
    /// The operation takes place, and then the connection is closed instead of an answer.
    LoseAnswer,
    /// The operation takes place, and then something else is answered: a web server's page, where a script takes longer
    /// than the server in front of it waits.
    ReplaceAnswer {
        /// The HTTP status.
        http: u16,
        /// The answer.
        with: Garbage,
    },
    /// The answer's length, where it tells one, promises the whole, and the connection is cut before that.
    CutBody {
        /// How many bytes of the body still come.
        sent: u64,
    },
    /// The answer comes up to a point. The connection stays open, and nothing more comes, until what stands still is
    /// [resumed](super::Faults::resume).
    Stall {
        /// How many bytes of the body come.
        sent: u64,
    },
    /// An answer, HTTP 200, that makes no sense.
    Garbage(Garbage),
    /// The true answer, byte by byte.
    Drip {
        /// How long each byte takes, in milliseconds.
        millis: u64,
    },
    /// The true answer, packed by gzip, whether the request asks for that or not.
    Gzip {
        /// What its Content-Encoding calls that: `gzip`, `x-gzip`, in any case.
        coding: String,
    },
    /// The connection stays open, and nothing comes.
    Hang,
    /// An error answer before the request's body was read.
    EarlyAnswer {
        /// The HTTP status.
        http: u16,
        /// As in `status`.
        #[serde(default)]
        body_status: Option<u16>,
    },
    /// An error in the site's own envelope and words, given before the request's body was read to its end.
    RefuseEarly {
        /// The HTTP status, 200 where it is not given.
        #[serde(default = "ok")]
        http: u16,
        /// The envelope's status, where the site's has one.
        status: u16,
        /// The site's words.
        words: String,
        /// How many bytes of the body are read first. A shorter body is read to its end.
        #[serde(default)]
        after: u64,
        /// What becomes of the rest of the body.
        #[serde(default)]
        rest: Rest,
    },
}

/// What becomes of the rest of a request's body, once an answer was given that did not wait for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// It is read and forgotten, as by a web server that lingers.
    #[default]
    Drained,
    /// The connection is closed at once, so that it is reset under the hands of a client that still writes.
    CutOff,
}

fn ok() -> u16 {
    200
}

impl Fault {
    /// An error with an HTTP status and a web server's page.
    pub fn http(status: u16) -> Self {
        Self::Status { http: status, body_status: None, headers: Vec::new(), body: None }
    }

    /// An error inside of an envelope, under HTTP 200.
    pub fn envelope(status: u16) -> Self {
        Self::Status { http: 200, body_status: Some(status), headers: Vec::new(), body: None }
    }

    /// An error in the site's own envelope under HTTP 200, before any of the request's body was read.
    pub fn refuse_early(status: u16, words: impl Into<String>, rest: Rest) -> Self {
        Self::RefuseEarly { http: ok(), status, words: words.into(), after: 0, rest }
    }

    /// HTTP 429 with `Retry-After`, in seconds.
    pub fn rate_limit(retry_after: u32) -> Self {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_string())];
        Self::Status { http: 429, body_status: Some(429), headers, body: None }
    }
}

/// An answer that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Garbage {
    /// Plain text under the name of JSON.
    Text,
    /// A page of HTML, as a captive portal or a maintenance page gives.
    Html,
    /// JSON with bytes inside that are not UTF-8.
    NotUtf8,
    /// JSON that ends in the middle, though the answer is complete.
    TruncatedJson,
    /// JSON nested beyond what a recursive reader can bear.
    DeepJson {
        /// How deep.
        depth: usize,
    },
    /// A valid envelope with an enormous message, without a Content-Length to warn of it.
    Huge {
        /// How many bytes, at least.
        bytes: u64,
    },
    /// Nothing at all.
    Empty,
}
