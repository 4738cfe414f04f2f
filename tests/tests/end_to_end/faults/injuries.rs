//! Every fault that the simulated sites can inject, and what a request that it hits can know of it.

use polyhost_sandbox::{Fault, Garbage, HangUp, Rest};

/// Longer than an attempt may take, in milliseconds.
const LONG: u64 = 6_000;
/// What each byte of an answer takes that drips, so that the shortest of them takes longer than an attempt may.
const PER_BYTE: u64 = 80;
/// More than the gateway of the matrix reads of an answer, in bytes.
const TOO_LARGE: u64 = 3 << 20;

/// A fault, and how it looks from outside.
#[derive(Debug, Clone)]
pub(super) struct Injury {
    pub(super) fault: Fault,
    pub(super) looks: Looks,
}

/// How a fault looks to whoever has sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// The true answer, after a while that is short enough.
    Fine,
    /// An answer with an HTTP status that is none of the API's: a page.
    Page(u16),
    /// An error of the API: under an HTTP status, a status of its own, which at YetiShare is told by its words alone.
    Told { http: u16, status: u16 },
    /// An answer under status 200 that cannot be understood.
    Garbled,
    /// The same, as it is larger than is read.
    TooLarge,
    /// The connection ends before any answer.
    Severed,
    /// The same, in the middle of the request's body: a request without one is not hit.
    SeveredInBody,
    /// The head of the true answer, and not all of its body before the connection ends.
    Cut,
    /// The head of the true answer, and not all of its body for as long as anybody waits.
    Stalled,
    /// The true answer, much too slowly.
    Dripping,
    /// No answer for as long as anybody waits.
    Silent,
    /// The same, after a part of the request's body: a request without one is not hit.
    SilentInBody,
}

impl Injury {
    fn new(fault: Fault, looks: Looks) -> Self {
        Self { fault, looks }
    }

    /// Whether the operation takes place all the same, as the sandbox documents it for each fault.
    pub(super) fn lets_it_happen(&self) -> bool {
        match &self.fault {
            Fault::Delay { .. } => self.looks == Looks::Fine,
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

    /// Whether it says that too much was asked, so that the site is asked less for a while.
    pub(super) fn limits(&self) -> bool {
        matches!(self.looks, Looks::Page(429 | 509) | Looks::Told { http: 429 | 509, .. })
            || matches!(self.looks, Looks::Told { status: 429 | 509, .. })
    }

    /// For how long the site wants to be left alone, where it says so: in seconds.
    pub(super) fn asks_to_wait(&self) -> Option<u64> {
        let Fault::Status { headers, .. } = &self.fault else { return None };
        headers.iter().find(|(name, _)| name == "Retry-After").and_then(|(_, value)| value.parse().ok())
    }
}

/// All of them. `point` is how many bytes of a request's body come before it is broken off.
pub(super) fn all(point: u64) -> Vec<Injury> {
    let mut all = statuses();
    all.extend(early_ones());
    all.extend(garbage());
    all.extend(replaced());
    all.extend(connections(point));
    all.extend(waits(point));
    all
}

/// Every status, as a web server's page, in the API's envelope under HTTP 200, and in both.
fn statuses() -> Vec<Injury> {
    let each = |status: u16| {
        let mirrored = Fault::Status { http: status, body_status: Some(status), headers: Vec::new(), body: None };
        [
            Injury::new(Fault::http(status), Looks::Page(status)),
            Injury::new(Fault::envelope(status), Looks::Told { http: 200, status }),
            Injury::new(mirrored, Looks::Told { http: status, status }),
        ]
    };
    let mut all: Vec<_> = [400, 401, 403, 404, 413, 429, 451, 500, 502, 503, 509].into_iter().flat_map(each).collect();
    all.push(Injury::new(Fault::http(302), Looks::Page(302)));
    let limits = [1, 30].map(|wait| Injury::new(Fault::rate_limit(wait), Looks::Told { http: 429, status: 429 }));
    all.extend(limits);
    all
}

/// Refusals that do not wait for the request's body.
fn early_ones() -> Vec<Injury> {
    let told = |http, status| Looks::Told { http, status };
    let refused = |rest| Fault::refuse_early(503, "Come back later", rest);
    vec![
        Injury::new(Fault::EarlyAnswer { http: 503, body_status: Some(503) }, told(503, 503)),
        Injury::new(Fault::EarlyAnswer { http: 413, body_status: None }, Looks::Page(413)),
        Injury::new(refused(Rest::Drained), told(200, 503)),
        Injury::new(refused(Rest::CutOff), told(200, 503)),
    ]
}

fn garbage() -> Vec<Injury> {
    let garbled =
        [Garbage::Text, Garbage::Html, Garbage::TruncatedJson, Garbage::DeepJson { depth: 100_000 }, Garbage::Empty];
    let huge = Injury::new(Fault::Garbage(Garbage::Huge { bytes: TOO_LARGE }), Looks::TooLarge);
    garbled.map(|garbage| Injury::new(Fault::Garbage(garbage), Looks::Garbled)).into_iter().chain([huge]).collect()
}

/// Something else in place of the true answer.
fn replaced() -> Vec<Injury> {
    let replaced = |http, with| Fault::ReplaceAnswer { http, with };
    vec![
        Injury::new(replaced(502, Garbage::Html), Looks::Page(502)),
        Injury::new(replaced(504, Garbage::Html), Looks::Page(504)),
        Injury::new(replaced(200, Garbage::Html), Looks::Garbled),
        Injury::new(replaced(200, Garbage::Empty), Looks::Garbled),
    ]
}

fn connections(point: u64) -> Vec<Injury> {
    let hang_up = |how| Fault::HangUp { after: point, how };
    vec![
        Injury::new(Fault::Reset, Looks::Severed),
        Injury::new(Fault::CloseAfterBody, Looks::Severed),
        Injury::new(Fault::LoseAnswer, Looks::Severed),
        Injury::new(hang_up(HangUp::Close), Looks::SeveredInBody),
        Injury::new(hang_up(HangUp::Reset), Looks::SeveredInBody),
        Injury::new(Fault::CutBody { sent: 5 }, Looks::Cut),
    ]
}

fn waits(point: u64) -> Vec<Injury> {
    vec![
        Injury::new(Fault::Hang, Looks::Silent),
        Injury::new(Fault::Delay { millis: LONG }, Looks::Silent),
        Injury::new(Fault::DelayAnswer { millis: LONG }, Looks::Silent),
        Injury::new(Fault::StopReading { after: point }, Looks::SilentInBody),
        Injury::new(Fault::Stall { sent: 5 }, Looks::Stalled),
        Injury::new(Fault::Drip { millis: PER_BYTE }, Looks::Dripping),
        Injury::new(Fault::Delay { millis: 20 }, Looks::Fine),
        Injury::new(Fault::DelayAnswer { millis: 20 }, Looks::Fine),
    ]
}
