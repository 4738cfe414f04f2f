//! Tests with a thousand malformed and hostile requests. Each must get the documented answer, none may reach the site,
//! and the gateway must keep working.

mod framing;
mod targets;
mod values;

use futures_util::{StreamExt as _, stream};
use polyhost_end_to_end::{Answer, body, wire};
use serde_json::Value;

use crate::world::{KEY, World};

/// The expected answer.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// A problem with this status and code.
    Problem(u16, &'static str),
    /// Status 400, or a closed connection.
    Malformed,
}

/// A request as bytes, with its expected answer.
#[derive(Debug)]
struct Case {
    what: String,
    request: Vec<u8>,
    expected: Expected,
}

const INVALID: Expected = Expected::Problem(400, "invalid_request");

/// Returns a request with a valid key. `lines` are further lines of its head.
fn request(method: &str, target: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n{lines}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Returns a request with a JSON body.
fn json(method: &str, target: &str, body: &[u8]) -> Vec<u8> {
    let lines = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    request(method, target, &lines, body)
}

/// Returns all cases. Only their total is checked: at least a thousand.
fn cases() -> Vec<Case> {
    [framing::cases(), targets::cases(), values::cases()].into_iter().flatten().collect()
}

fn check(case: &Case, answer: Option<&Answer>) -> Result<(), String> {
    let (status, code) = match (case.expected, answer) {
        (Expected::Malformed, None) => return Ok(()),
        (Expected::Malformed, Some(_)) => (400, "invalid_request"),
        (Expected::Problem(status, code), _) => (status, code),
    };
    let answer = answer.ok_or("no answer at all")?;
    let problem: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("{}, and no JSON: {error}: {:?}", answer.status, answer.text()))?;
    if (answer.status, problem["code"].as_str()) != (status, Some(code)) {
        return Err(format!("{} instead of {status} {code}: {problem}", answer.status));
    }
    body::problem(&problem);
    for (name, value) in [
        ("content-type", "application/problem+json"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        if answer.header(name) != Some(value) {
            return Err(format!("{name} is {:?}", answer.header(name)));
        }
    }
    if problem["request_id"].as_str() != answer.header("x-request-id") {
        return Err(format!("the request's id is not that of the answer: {problem}"));
    }
    Ok(())
}

#[tokio::test]
async fn thousand_hostile_requests_get_their_documented_answers() {
    let mut world = World::start().await;
    let cases = cases();
    assert!(cases.len() >= 1000, "only {}", cases.len());
    let address = world.gateway.address();
    let answered = stream::iter(&cases).map(|case| async move { (case, wire::send(address, &case.request).await) });
    let answered: Vec<_> = answered.buffer_unordered(8).collect().await;
    let wrong: Vec<String> = answered
        .iter()
        .filter_map(|(case, answer)| Some(format!("{}: {}", case.what, check(case, answer.as_ref()).err()?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} are answered otherwise:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    world.assert_nothing_sent();
    assert!(world.gateway.program().runs());
    assert!(!world.gateway.program().stderr().contains("panicked"));
    world.caller.get("/v1/me").await.status(200);
}
