//! The kinds of faults.

use serde::{Deserialize, Serialize};

use crate::serve::HangUp;

/// A fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// An error answer, after the request's body was read.
    Status {
        /// The HTTP status.
        http: u16,
        /// The status of an error in the site's own envelope, which is then the body. At OpenLoad the envelope is
        /// `{"status", "msg", "result"}`. At YetiShare it is `{"response", "_status"}`, with the status's reason
        /// phrase.
        #[serde(default)]
        body_status: Option<u16>,
        /// Further headers, such as `Retry-After`.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body. Without it and without `body_status`, the body is a web server's error page.
        #[serde(default)]
        body: Option<String>,
    },
    /// The operation is performed after a delay. The request's body is not read before.
    Delay {
        /// The delay in milliseconds.
        millis: u64,
    },
    /// The request is read and the operation is performed, but the answer is delayed.
    DelayAnswer {
        /// The delay in milliseconds.
        millis: u64,
    },
    /// The connection is reset before an answer.
    Reset,
    /// The request's body is read, and then the connection is closed.
    CloseAfterBody,
    /// The connection ends in the middle of the request's body.
    HangUp {
        /// The number of bytes of the body that are read first. A body that is not longer is read normally.
        after: u64,
        /// The way in which the connection ends.
        how: HangUp,
    },
    /// The request's body is read up to a point. The connection then stays open without an answer until the fault is
    /// [resumed](super::Faults::resume).
    StopReading {
        /// The number of bytes of the body that are read. A body that is not longer is read normally.
        after: u64,
    },
    /// The operation is performed, and then the connection is closed without an answer.
    LoseAnswer,
    /// The operation is performed, and another answer is sent: for example a web server's page, when a script runs
    /// longer than the server in front of it waits.
    ReplaceAnswer {
        /// The HTTP status.
        http: u16,
        /// The answer that is sent.
        with: Garbage,
    },
    /// The answer has its full length in the header, if it has one there, but the connection is closed earlier.
    CutBody {
        /// The number of bytes of the body that are sent.
        sent: u64,
    },
    /// The answer is sent up to a point. The connection then stays open without more bytes until the fault is
    /// [resumed](super::Faults::resume).
    Stall {
        /// The number of bytes of the body that are sent.
        sent: u64,
    },
    /// An answer with HTTP 200 that a client cannot interpret.
    Garbage(Garbage),
    /// The normal answer, byte by byte.
    Drip {
        /// The pause before each byte, in milliseconds.
        millis: u64,
    },
    /// The normal answer, compressed by gzip whether or not the request accepts that.
    Gzip {
        /// The value of Content-Encoding: `gzip`, `x-gzip`, in any case.
        coding: String,
    },
    /// The connection stays open without an answer.
    Hang,
    /// An error answer before the request's body is read.
    EarlyAnswer {
        /// The HTTP status.
        http: u16,
        /// As in `status`.
        #[serde(default)]
        body_status: Option<u16>,
    },
    /// An error in the site's own envelope and words, sent before the request's body is read to its end.
    RefuseEarly {
        /// The HTTP status. The default is 200.
        #[serde(default = "ok")]
        http: u16,
        /// The status in the envelope, if the site's envelope has one.
        status: u16,
        /// The site's message.
        words: String,
        /// The number of bytes of the body that are read first. A shorter body is read to its end.
        #[serde(default)]
        after: u64,
        /// The handling of the rest of the body.
        #[serde(default)]
        rest: Rest,
    },
}

/// The handling of the rest of a request's body after an early answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// The rest is read and discarded, as by a web server with lingering close.
    #[default]
    Drained,
    /// The connection is closed at once, so that it is reset while the client still sends.
    CutOff,
}

fn ok() -> u16 {
    200
}

impl Fault {
    /// Creates an error with an HTTP status and a web server's error page.
    pub fn http(status: u16) -> Self {
        Self::Status { http: status, body_status: None, headers: Vec::new(), body: None }
    }

    /// Creates an error in the site's envelope, with HTTP 200.
    pub fn envelope(status: u16) -> Self {
        Self::Status { http: 200, body_status: Some(status), headers: Vec::new(), body: None }
    }

    /// Creates an error in the site's envelope, with HTTP 200, that is sent before the request's body is read.
    pub fn refuse_early(status: u16, words: impl Into<String>, rest: Rest) -> Self {
        Self::RefuseEarly { http: ok(), status, words: words.into(), after: 0, rest }
    }

    /// Creates HTTP 429 with `Retry-After`, in seconds.
    pub fn rate_limit(retry_after: u32) -> Self {
        let headers = vec![("Retry-After".to_owned(), retry_after.to_string())];
        Self::Status { http: 429, body_status: Some(429), headers, body: None }
    }
}

/// An answer that a client cannot interpret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Garbage {
    /// Plain text with the content type of JSON.
    Text,
    /// An HTML page, as a captive portal or a maintenance page sends.
    Html,
    /// JSON with bytes that are not UTF-8.
    NotUtf8,
    /// JSON that ends in the middle, although the HTTP answer is complete.
    TruncatedJson,
    /// JSON nested deeper than a recursive parser can handle.
    DeepJson {
        /// The depth.
        depth: usize,
    },
    /// A valid envelope with a very large message, without a Content-Length.
    Huge {
        /// The minimum number of bytes.
        bytes: u64,
    },
    /// An empty body.
    Empty,
}
