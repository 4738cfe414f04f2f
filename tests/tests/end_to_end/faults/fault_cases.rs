//! Every fault that the simulated sites can inject, with its symptom for the request that it hits.

use polyhost_sandbox::{Fault, Garbage, HangUp, Rest};

/// A delay longer than an attempt may take, in milliseconds.
const LONG: u64 = 6_000;
/// The delay per byte of a slow answer, in milliseconds. Even the shortest answer then takes longer than an attempt
/// may.
const PER_BYTE: u64 = 80;
/// A body larger than the gateway of the matrix reads, in bytes.
const TOO_LARGE: u64 = 3 << 20;

/// A fault and its symptom.
#[derive(Debug, Clone)]
pub(super) struct FaultCase {
    pub(super) fault: Fault,
    pub(super) symptom: Symptom,
}

/// The symptom of a fault for the sender of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symptom {
    /// The true answer, after a delay within the timeout.
    Fine,
    /// An HTML page with an HTTP status, which is no answer of the API.
    Page(u16),
    /// An error of the API, with an HTTP status and a status of its own. YetiShare expresses the latter only by its
    /// message.
    ApiError { http: u16, status: u16 },
    /// An answer with status 200 that cannot be parsed.
    Garbled,
    /// An answer with status 200 that is larger than the gateway reads.
    TooLarge,
    /// The connection ends before an answer.
    Closed,
    /// The connection ends in the middle of the request's body. Requests without a body are not affected.
    ClosedInBody,
    /// The head and a part of the body of the true answer; then the connection ends.
    Cut,
    /// The head and a part of the body of the true answer; then nothing more.
    Stalled,
    /// The true answer, slower than the timeout allows.
    Dripping,
    /// No answer within the timeout.
    Silent,
    /// No answer within the timeout, after a part of the request's body. Requests without a body are not affected.
    SilentInBody,
}

impl FaultCase {
    fn new(fault: Fault, symptom: Symptom) -> Self {
        Self { fault, symptom }
    }

    /// Returns whether the site performs the operation nevertheless, as the sandbox documents for each fault.
    pub(super) fn is_performed(&self) -> bool {
        match &self.fault {
            Fault::Delay { .. } => self.symptom == Symptom::Fine,
            Fault::DelayAnswer { .. }
            | Fault::CutBody { .. }
            | Fault::Drip { .. }
            | Fault::Gzip { .. }
            | Fault::Stall { .. }
            | Fault::LoseAnswer
            | Fault::ReplaceAnswer { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the fault is a rate limit, after which the gateway calls the site less often.
    pub(super) fn is_rate_limit(&self) -> bool {
        matches!(self.symptom, Symptom::Page(429 | 509) | Symptom::ApiError { http: 429 | 509, .. })
            || matches!(self.symptom, Symptom::ApiError { status: 429 | 509, .. })
    }

    /// Returns the seconds of the fault's `Retry-After`, if it has one.
    pub(super) fn retry_after(&self) -> Option<u64> {
        let Fault::Status { headers, .. } = &self.fault else { return None };
        headers.iter().find(|(name, _)| name == "Retry-After").and_then(|(_, value)| value.parse().ok())
    }
}

/// Returns all faults. `point` is the number of bytes of a request's body before it is cut.
pub(super) fn all(point: u64) -> Vec<FaultCase> {
    let mut all = statuses();
    all.extend(early_refusals());
    all.extend(garbage());
    all.extend(replaced());
    all.extend(connections(point));
    all.extend(waits(point));
    all
}

/// Every error status: as an HTML page, in the API's envelope under HTTP 200, and as both.
fn statuses() -> Vec<FaultCase> {
    let each = |status: u16| {
        let mirrored = Fault::Status { http: status, body_status: Some(status), headers: Vec::new(), body: None };
        [
            FaultCase::new(Fault::http(status), Symptom::Page(status)),
            FaultCase::new(Fault::envelope(status), Symptom::ApiError { http: 200, status }),
            FaultCase::new(mirrored, Symptom::ApiError { http: status, status }),
        ]
    };
    let mut all: Vec<_> = [400, 401, 403, 404, 413, 429, 451, 500, 502, 503, 509].into_iter().flat_map(each).collect();
    all.push(FaultCase::new(Fault::http(302), Symptom::Page(302)));
    let limits =
        [1, 30].map(|wait| FaultCase::new(Fault::rate_limit(wait), Symptom::ApiError { http: 429, status: 429 }));
    all.extend(limits);
    all
}

/// Refusals that are sent before the request's body was read.
fn early_refusals() -> Vec<FaultCase> {
    let api_error = |http, status| Symptom::ApiError { http, status };
    let refused = |rest| Fault::refuse_early(503, "Come back later", rest);
    vec![
        FaultCase::new(Fault::EarlyAnswer { http: 503, body_status: Some(503) }, api_error(503, 503)),
        FaultCase::new(Fault::EarlyAnswer { http: 413, body_status: None }, Symptom::Page(413)),
        FaultCase::new(refused(Rest::Drained), api_error(200, 503)),
        FaultCase::new(refused(Rest::CutOff), api_error(200, 503)),
    ]
}

fn garbage() -> Vec<FaultCase> {
    let garbled =
        [Garbage::Text, Garbage::Html, Garbage::TruncatedJson, Garbage::DeepJson { depth: 100_000 }, Garbage::Empty];
    let huge = FaultCase::new(Fault::Garbage(Garbage::Huge { bytes: TOO_LARGE }), Symptom::TooLarge);
    garbled.map(|garbage| FaultCase::new(Fault::Garbage(garbage), Symptom::Garbled)).into_iter().chain([huge]).collect()
}

/// Other content in place of the true answer.
fn replaced() -> Vec<FaultCase> {
    let replaced = |http, with| Fault::ReplaceAnswer { http, with };
    vec![
        FaultCase::new(replaced(502, Garbage::Html), Symptom::Page(502)),
        FaultCase::new(replaced(504, Garbage::Html), Symptom::Page(504)),
        FaultCase::new(replaced(200, Garbage::Html), Symptom::Garbled),
        FaultCase::new(replaced(200, Garbage::Empty), Symptom::Garbled),
    ]
}

fn connections(point: u64) -> Vec<FaultCase> {
    let hang_up = |how| Fault::HangUp { after: point, how };
    vec![
        FaultCase::new(Fault::Reset, Symptom::Closed),
        FaultCase::new(Fault::CloseAfterBody, Symptom::Closed),
        FaultCase::new(Fault::LoseAnswer, Symptom::Closed),
        FaultCase::new(hang_up(HangUp::Close), Symptom::ClosedInBody),
        FaultCase::new(hang_up(HangUp::Reset), Symptom::ClosedInBody),
        FaultCase::new(Fault::CutBody { sent: 5 }, Symptom::Cut),
    ]
}

fn waits(point: u64) -> Vec<FaultCase> {
    vec![
        FaultCase::new(Fault::Hang, Symptom::Silent),
        FaultCase::new(Fault::Delay { millis: LONG }, Symptom::Silent),
        FaultCase::new(Fault::DelayAnswer { millis: LONG }, Symptom::Silent),
        FaultCase::new(Fault::StopReading { after: point }, Symptom::SilentInBody),
        FaultCase::new(Fault::Stall { sent: 5 }, Symptom::Stalled),
        FaultCase::new(Fault::Drip { millis: PER_BYTE }, Symptom::Dripping),
        FaultCase::new(Fault::Delay { millis: 20 }, Symptom::Fine),
        FaultCase::new(Fault::DelayAnswer { millis: 20 }, Symptom::Fine),
    ]
}
