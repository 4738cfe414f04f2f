//! Every fault at every operation. Each operation has several places, among which its faults are dealt out, so that no
//! place uses up what it may send again, and what spoils a place for others comes last.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use polyhost_end_to_end::{Answer, Configuration};
use polyhost_sandbox::Rule;
use reqwest::RequestBuilder;

use super::expectations::{Attempts, Outcome, Problem, expected};
use super::injuries::{self, Injury};
use super::operations::{
    BYTES, LOGIN, Nature, OPENLOAD_READS, OPENLOAD_WRITES, Operation, YETISHARE_READS, YETISHARE_WRITES,
};
use super::world::{Dialect, Place, RETRIES, World};

/// How long all of an operation may take, as the gateway is told.
const DEADLINE: Duration = Duration::from_secs(8);
/// How much later an answer may come: a busy machine is slow, and a lost upload is looked for twice.
const MARGIN: Duration = Duration::from_secs(6);
/// Among how many places the faults of an operation are dealt out at least.
const PLACES: usize = 16;
/// How many places are looked at side by side: as many as a small machine bears without being late itself.
const SIDE_BY_SIDE: usize = 32;
/// How much of an upload comes before it is broken off, which is behind all that stands before the file in its form.
const POINT_OF_UPLOADS: u64 = 2_048;
/// How much of any other form.
const POINT: u64 = 5;
/// The file that is fetched: few enough bytes to drip.
const FETCHED: &[u8] = b"a whole file, and no more";

/// One fault at one operation.
struct Case<'a> {
    operation: &'a Operation,
    injury: Injury,
}

#[tokio::test]
async fn every_fault_at_every_read_of_pstream() {
    hold(OPENLOAD_READS, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_write_of_pstream() {
    hold(OPENLOAD_WRITES, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_read_of_streamplay() {
    hold(YETISHARE_READS, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_every_write_of_streamplay() {
    hold(YETISHARE_WRITES, PLACES).await;
}

#[tokio::test]
async fn every_fault_at_the_file_server_of_streamplay() {
    hold(&[BYTES], PLACES).await;
}

/// A site is not logged in to again at once, so each fault has a place of its own.
#[tokio::test]
async fn every_fault_at_the_login_of_streamplay() {
    hold(&[LOGIN], injuries::all(POINT).len()).await;
}

/// Looks at every fault at operations of one dialect.
async fn hold(operations: &[Operation], places: usize) {
    let dealt: Vec<Vec<Case<'_>>> = operations.iter().flat_map(|operation| deal(operation, places)).collect();
    let world = World::start(operations[0].dialect, dealt.len(), settings()).await;
    let all = world.places.iter().zip(dealt).map(|(place, cases)| async move {
        let mut wrong = Vec::new();
        for (number, case) in cases.into_iter().enumerate() {
            wrong.extend(case.look(place, &format!("n{number}.mp4")).await);
        }
        wrong
    });
    let wrong: Vec<Vec<String>> = stream::iter(all).buffer_unordered(SIDE_BY_SIDE).collect().await;
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
    Configuration::new().forgives().server("idle_timeout = \"1s\"").upstream(&text)
}

/// The faults of an operation by place: evenly, and at the end of each at most one that spoils it. Where there are as
/// many places as faults, each has its own.
fn deal(operation: &Operation, places: usize) -> Vec<Vec<Case<'_>>> {
    let point = if operation.nature == Nature::Upload { POINT_OF_UPLOADS } else { POINT };
    let cases = injuries::all(point).into_iter().map(|injury| Case { operation, injury });
    let (spoiling, others): (Vec<_>, Vec<_>) = cases.partition(Case::spoils);
    let mut places: Vec<Vec<Case<'_>>> = (0..places.max(spoiling.len())).map(|_| Vec::new()).collect();
    let count = places.len();
    let dealt = others.into_iter().enumerate().map(|(number, case)| (number % count, case));
    let last = spoiling.into_iter().enumerate().map(|(number, case)| (count - 1 - number, case));
    dealt.chain(last).for_each(|(place, case)| places[place].push(case));
    places
}

impl Case<'_> {
    /// Whether it has the site asked less, or the session lost, so that what comes after it is no more about itself.
    fn spoils(&self) -> bool {
        use injuries::Looks::{Page, Told};
        let is_401 = matches!(self.injury.looks, Page(401) | Told { http: 401, .. });
        let loses_the_session = self.operation.name == "account/info" || self.operation.nature == Nature::Upload;
        self.injury.limits() || (self.operation.dialect == Dialect::Yetishare && is_401 && loses_the_session)
    }

    /// Makes the request, and says what differs from what is expected. `name` is one that nothing has here.
    async fn look(self, place: &Place, name: &str) -> Option<String> {
        let Self { operation, injury } = &self;
        let request = self.request(place, name).await;
        place.site.faults().clear();
        place.site.faults().add(Rule::new(operation.name, injury.fault.clone()));
        place.site.journal().clear();
        let began = Instant::now();
        let answer = place.caller.try_send(request).await;
        let took = began.elapsed();
        let attempts = place.site.arrived(operation.name);
        place.site.faults().clear();
        place.site.faults().resume();

        let expected = expected(operation, injury);
        let mut wrong = Vec::new();
        if !is_as_expected(expected.outcome, &answer) {
            wrong.push(
                answer.map_or_else(|error| format!("{error:?}"), |told| format!("{} {}", told.status, told.text())),
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
        let asked = format!("{} {:?}: {:?}", operation.name, injury.fault, expected);
        (!wrong.is_empty()).then(|| format!("{asked}, but {}", wrong.join("; ")))
    }

    async fn request(&self, place: &Place, name: &str) -> RequestBuilder {
        let Operation { method, path, body, nature, .. } = self.operation;
        let text = path.to_string() + body;
        let file = if text.contains("{file}") { place.site.add_file("a.mp4", FETCHED) } else { String::new() };
        let folder = if text.contains("{folder}") { place.site.add_folder(name) } else { String::new() };
        let remote = if text.contains("{remote}") { place.add_remote_upload(name).await } else { String::new() };
        let fill = |text: &str| {
            text.replace("{file}", &file)
                .replace("{folder}", &folder)
                .replace("{remote}", &remote)
                .replace("{name}", &format!("new-{name}"))
        };
        let request = place.caller.request(method, &place.at(&fill(path))).header("cache-control", "no-cache");
        match *nature {
            Nature::Upload => request.header("content-type", "video/mp4").body(vec![b'x'; 4096]),
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
    /// Whether an answer is this problem. If it is by its code, all that is documented of it has to be as it should.
    fn is(self, answer: &Answer) -> bool {
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if told["code"] != self.code {
            return false;
        }
        let problem = answer.problem(status_of(self.code), self.code);
        let waits =
            matches!(self.code, "upstream_rate_limited" | "upstream_unavailable" | "upstream_session_contended");
        (!waits || answer.header("retry-after").is_some())
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
