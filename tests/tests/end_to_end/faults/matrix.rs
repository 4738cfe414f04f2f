//! Tests of every fault at every operation. The faults of an operation are distributed over several places, so that no
//! place exhausts its retry budget. A fault that affects later requests is the last one at its place.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use polyhost_end_to_end::{Answer, Configuration};
use polyhost_sandbox::Rule;
use reqwest::RequestBuilder;

use super::expectations::{Attempts, Outcome, Problem, expected};
use super::fault_cases::{self, FaultCase};
use super::operations::{
    BYTES, Kind, LOGIN, OPENLOAD_READS, OPENLOAD_WRITES, Operation, YETISHARE_READS, YETISHARE_WRITES,
};
use super::world::{Dialect, Place, RETRIES, World};

/// The deadline that the gateway has for an operation.
const DEADLINE: Duration = Duration::from_secs(8);
/// The tolerance after the deadline: a busy machine is slow, and the gateway looks twice for a lost upload.
const MARGIN: Duration = Duration::from_secs(6);
/// The minimum number of places over which the faults of an operation are distributed.
const PLACES: usize = 16;
/// The number of places that are tested concurrently: as many as a small machine handles without delays of its own.
const CONCURRENCY: usize = 32;
/// The number of bytes of an upload that arrive before it is cut. It is larger than the part of the form before the
/// file.
const UPLOAD_CUT_POINT: u64 = 2_048;
/// The number of bytes of any other body that arrive before it is cut.
const CUT_POINT: u64 = 5;
/// The content of the downloaded file. Short enough to be sent slowly.
const CONTENT: &[u8] = b"a whole file, and no more";

/// One fault at one operation.
struct Case<'a> {
    operation: &'a Operation,
    case: FaultCase,
}

#[tokio::test]
async fn every_fault_at_every_read_of_pstream_is_handled() {
    check_all(OPENLOAD_READS, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_write_of_pstream_is_handled() {
    check_all(OPENLOAD_WRITES, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_read_of_streamplay_is_handled() {
    check_all(YETISHARE_READS, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_write_of_streamplay_is_handled() {
    check_all(YETISHARE_WRITES, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_the_file_server_of_streamplay_is_handled() {
    check_all(&[BYTES], PLACES).await;
}

/// The gateway does not log in again soon after a failed login, so each fault has a place of its own.
#[tokio::test]
async fn every_fault_at_the_login_of_streamplay_is_handled() {
    check_all(&[LOGIN], fault_cases::all(CUT_POINT).len()).await;
}

/// Checks every fault at some operations of one dialect.
async fn check_all(operations: &[Operation], places: usize) {
    let cases: Vec<Vec<Case<'_>>> = operations.iter().flat_map(|operation| distribute(operation, places)).collect();
    let world = World::start(operations[0].dialect, cases.len(), settings()).await;
    let all = world.places.iter().zip(cases).map(|(place, cases)| async move {
        let mut wrong = Vec::new();
        for (number, case) in cases.into_iter().enumerate() {
            wrong.extend(case.check(place, &format!("n{number}.mp4")).await);
        }
        wrong
    });
    let wrong: Vec<Vec<String>> = stream::iter(all).buffer_unordered(CONCURRENCY).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    world.assert_sound().await;
}

fn settings() -> Configuration {
    let text = format!(
        "attempt_timeout = \"1500ms\"\ndeadline = \"{}s\"\nretries = {RETRIES}\nupload_answer_timeout = \"1500ms\"\n\
         circuit_failures = 0\nrequests_per_second = 0\nmax_response = \"1 MiB\"",
        DEADLINE.as_secs()
    );
    Configuration::new().with_retries_and_circuits().server("idle_timeout = \"1s\"").upstream(&text)
}

/// Distributes the faults of an operation over places evenly. Each place has at most one fault that makes it unusable,
/// as its last one. If there are as many places as faults, each fault has its own.
fn distribute(operation: &Operation, places: usize) -> Vec<Vec<Case<'_>>> {
    let point = if operation.kind == Kind::Upload { UPLOAD_CUT_POINT } else { CUT_POINT };
    let cases = fault_cases::all(point).into_iter().map(|case| Case { operation, case });
    let (spoiling, others): (Vec<_>, Vec<_>) = cases.partition(Case::spoils);
    let mut places: Vec<Vec<Case<'_>>> = (0..places.max(spoiling.len())).map(|_| Vec::new()).collect();
    let count = places.len();
    let first = others.into_iter().enumerate().map(|(number, case)| (number % count, case));
    let last = spoiling.into_iter().enumerate().map(|(number, case)| (count - 1 - number, case));
    first.chain(last).for_each(|(place, case)| places[place].push(case));
    places
}

impl Case<'_> {
    /// Returns whether the case affects later requests at its place: it starts a rate limit, or ends the session.
    fn spoils(&self) -> bool {
        use fault_cases::Symptom::{ApiError, Page};
        let is_401 = matches!(self.case.symptom, Page(401) | ApiError { http: 401, .. });
        let loses_the_session = self.operation.name == "account/info" || self.operation.kind == Kind::Upload;
        self.case.is_rate_limit() || (self.operation.dialect == Dialect::Yetishare && is_401 && loses_the_session)
    }

    /// Makes the request, and returns the differences from the expectation. `name` must be unused at the place.
    async fn check(self, place: &Place, name: &str) -> Option<String> {
        let Self { operation, case } = &self;
        let request = self.request(place, name).await;
        place.site.faults().clear();
        place.site.faults().add(Rule::new(operation.name, case.fault.clone()));
        place.site.journal().clear();
        let began = Instant::now();
        let answer = place.caller.try_send(request).await;
        let took = began.elapsed();
        let attempts = place.site.arrived(operation.name);
        place.site.faults().clear();
        place.site.faults().resume();

        let expected = expected(operation, case);
        let mut wrong = Vec::new();
        if !is_as_expected(expected.outcome, &answer) {
            wrong.push(
                answer
                    .map_or_else(|error| format!("{error:?}"), |answer| format!("{} {}", answer.status, answer.text())),
            );
        }
        let enough = match expected.attempts {
            Attempts::Exactly(count) => attempts == count,
            Attempts::Some => attempts > 0,
        };
        if !enough {
            wrong.push(format!("{attempts} attempts"));
        }
        if took > DEADLINE + MARGIN {
            wrong.push(format!("after {took:?}"));
        }
        let context = format!("{} {:?}: {:?}", operation.name, case.fault, expected);
        (!wrong.is_empty()).then(|| format!("{context}, but {}", wrong.join("; ")))
    }

    async fn request(&self, place: &Place, name: &str) -> RequestBuilder {
        let Operation { method, path, body, kind, .. } = self.operation;
        let text = path.to_string() + body;
        let file = if text.contains("{file}") { place.site.add_file("a.mp4", CONTENT) } else { String::new() };
        let folder = if text.contains("{folder}") { place.site.add_folder(name) } else { String::new() };
        let remote = if text.contains("{remote}") { place.add_remote_upload(name).await } else { String::new() };
        let fill = |text: &str| {
            text.replace("{file}", &file)
                .replace("{folder}", &folder)
                .replace("{remote}", &remote)
                .replace("{name}", &format!("new-{name}"))
        };
        let request = place.caller.request(method, &place.at(&fill(path))).header("cache-control", "no-cache");
        match *kind {
            Kind::Upload => request.header("content-type", "video/mp4").body(vec![b'x'; 4096]),
            _ if body.is_empty() => request,
            _ => request.header("content-type", "application/json").body(fill(body)),
        }
    }
}

fn is_as_expected(expected: Outcome, answer: &reqwest::Result<Answer>) -> bool {
    let invalid = Problem { code: "upstream_invalid_response", retryable: Some(true) };
    match (expected, answer) {
        (Outcome::Done, Ok(answer)) => answer.status < 300,
        (Outcome::Problem(problem), Ok(answer)) => problem.is(answer),
        (Outcome::BrokenOff, Ok(answer)) => invalid.is(answer),
        (Outcome::BrokenOff, Err(_)) => true,
        (_, Err(_)) => false,
    }
}

impl Problem {
    /// Returns whether an answer is this problem. An answer with its code must have everything that is documented of
    /// it.
    fn is(self, answer: &Answer) -> bool {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if body["code"] != self.code {
            return false;
        }
        let problem = answer.problem(status_of(self.code), self.code);
        let has_retry_after =
            matches!(self.code, "upstream_rate_limited" | "upstream_unavailable" | "upstream_session_contended");
        (!has_retry_after || answer.header("retry-after").is_some())
            && self.retryable.is_none_or(|retryable| problem["retryable"] == retryable)
    }
}

fn status_of(code: &str) -> u16 {
    match code {
        "upstream_forbidden" => 403,
        "file_not_found" | "folder_not_found" | "remote_upload_not_found" => 404,
        "payload_too_large" => 413,
        "upstream_rejected" => 422,
        "upstream_rate_limited" => 429,
        "legal_block" => 451,
        "upstream_unavailable" => 503,
        "upstream_timeout" | "outcome_unknown" => 504,
        _ => 502,
    }
}
