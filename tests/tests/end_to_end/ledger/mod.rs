//! Tests of uploads to a site that records the bytes it received, and answers at random points. For every report of the
//! site, a 201 means that the site has the complete file, and the gateway deletes no intact file.
//!
//! `POLYHOST_LEDGER_SEED` and `POLYHOST_LEDGER_COUNT` select other uploads, and more of them.

mod plan;
mod site;

use std::env;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway};
use reqwest::Body;
use serde_json::json;
use sha1::{Digest, Sha1};

use crate::streamplay::world::{KEY1, KEY2, account};
use crate::world::{KEY, LOGIN, SITE_KEY};
pub(crate) use plan::Dice;
use plan::{Declared, LARGE, MEDIUM, Named, Plan, Reported, Rest};
use site::Ledger;

/// The number of concurrent uploads.
const CONCURRENCY: usize = 32;
const OLDER: &str = "older.mp4";

/// Returns the content of the largest file. Every other file is a prefix of it.
fn source() -> Arc<Vec<u8>> {
    let block = (0_u32..).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    Arc::new(block.take(usize::try_from(LARGE).unwrap()).collect())
}

pub(crate) fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// Starts a gateway with an account of each dialect at the ledger site, and returns it with a caller.
async fn gateway(ledger: &Ledger) -> (Gateway, Caller) {
    let configuration = Configuration::new()
        .account("main", &format!("http://{}/v1", ledger.address), LOGIN, SITE_KEY)
        .table(&account("plays", &format!("http://{}/api/v2", ledger.address), KEY1, KEY2))
        .server("idle_timeout = \"4s\"")
        .upstream("requests_per_second = 0.0\nmax_concurrency = 100")
        .client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration).await;
    let caller = gateway.caller(KEY);
    (gateway, caller)
}

#[tokio::test]
async fn created_means_complete_and_no_good_file_is_deleted() {
    let (seed, count) = (number("POLYHOST_LEDGER_SEED", 1), number("POLYHOST_LEDGER_COUNT", 64));
    let ledger = Ledger::start().await;
    ledger.add_older(OLDER, b"there before");
    let (_gateway, caller) = gateway(&ledger).await;
    let (source, mut dice) = (source(), Dice::new(seed));
    let plans: Vec<Plan> = (0..count).map(|_| Plan::draw(&mut dice)).collect();
    let uploads = plans.iter().enumerate().map(|(place, plan)| check(&ledger, &caller, &source, seed, place, plan));
    stream::iter(uploads).buffer_unordered(CONCURRENCY).for_each(|()| async {}).await;

    for entry in ledger.deleted() {
        assert!(!entry.is_older, "seed {seed}: {entry:?} existed before");
        let plan = &plans[entry.name[..6].parse::<usize>().unwrap()];
        let good = entry.received == plan.length && plan.declared != Declared::Wrong;
        assert!(!good, "seed {seed}: a good file was deleted: {entry:?} of {plan:?}");
    }
    assert!(ledger.has(OLDER));
}

/// Uploads one file, and compares the answer with the ledger.
async fn check(ledger: &Ledger, caller: &Caller, source: &[u8], seed: u64, place: usize, plan: &Plan) {
    let context = format!("seed {seed}, upload {place}: {plan:?}");
    let account = ["main", "plays"][place % 2];
    let (name, bytes) = (format!("{place:06} clip.mp4"), &source[..usize::try_from(plan.length).unwrap()]);
    let digest = hex::encode(Sha1::digest(bytes));
    ledger.expect(&name, plan.clone());
    let declared = match plan.declared {
        Declared::Nothing => String::new(),
        Declared::Right => format!("&sha1={digest}"),
        Declared::Wrong => format!("&sha1={}", "0".repeat(40)),
    };
    let path = format!("/v1/accounts/{account}/files?name={}{declared}", name.replace(' ', "%20"));
    let answer = send(caller, &path, place, plan, bytes).await;
    let refusals = [(422, "checksum_mismatch"), (502, "upload_corrupted"), (504, "outcome_unknown")];
    if answer.status == 201 {
        let file = answer.json(201);
        let entry = ledger.settled(file["id"].as_str().unwrap(), plan.length).await;
        assert_eq!((entry.received, &entry.sha1, entry.name), (plan.length, &digest, name), "{context}: {file}");
        assert_eq!(file["size"], json!(plan.length), "{context}");
        assert_ne!(plan.declared, Declared::Wrong, "{context}");
    } else {
        let code = refusals.iter().find(|(status, _)| *status == answer.status).map(|(_, code)| *code);
        let code = code.unwrap_or_else(|| panic!("{context}: {} {}", answer.status, answer.text()));
        let problem = answer.problem(answer.status, code);
        assert!(!plan.is_sound(), "{context}: {problem}");
        assert_eq!(problem["retryable"], json!(false), "{context}");
    }
}

async fn send(caller: &Caller, path: &str, place: usize, plan: &Plan, bytes: &[u8]) -> Answer {
    let body = if plan.sized {
        Body::from(bytes.to_vec())
    } else {
        let pieces: Vec<_> = bytes.chunks(100_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        Body::wrap_stream(stream::iter(pieces))
    };
    let request = caller.request("POST", path).header("content-type", "video/mp4").body(body);
    let request = if plan.keyed { request.header("idempotency-key", format!("key-{place}")) } else { request };
    caller.send(request).await
}

/// Returns the plan of an upload without any fault.
fn sound(length: u64) -> Plan {
    Plan {
        length,
        declared: Declared::Nothing,
        sized: true,
        keyed: false,
        answer_after: None,
        rest: Rest::Read,
        size: Reported::True,
        digest: Reported::True,
        named: Named::Own,
    }
}

#[tokio::test]
async fn right_digest_with_a_size_of_zero_keeps_the_file() {
    let ledger = Ledger::start().await;
    let (_gateway, caller) = gateway(&ledger).await;
    let source = source();
    let plans = [
        Plan { size: Reported::Empty, ..sound(1000) },
        Plan { size: Reported::Empty, digest: Reported::Absent, ..sound(1000) },
        Plan { digest: Reported::Empty, ..sound(1000) },
        Plan { size: Reported::Absent, digest: Reported::Empty, ..sound(1000) },
    ];
    for (place, plan) in plans.iter().enumerate() {
        check(&ledger, &caller, &source, 0, place * 2, plan).await;
    }
    assert!(ledger.deleted().is_empty());
}

#[tokio::test]
async fn early_success_does_not_prove_buffered_bytes() {
    let ledger = Ledger::start().await;
    let (_gateway, caller) = gateway(&ledger).await;
    let early = Plan { answer_after: Some(0), rest: Rest::Ignored, ..sound(MEDIUM) };
    let liar = Plan { size: Reported::Announced, digest: Reported::Announced, declared: Declared::Right, ..early };
    let (source, sized) = (source(), [true, true, false, false]);
    let plans = sized.map(|sized| Plan { sized, ..liar.clone() });
    let uploads = plans.iter().enumerate().map(|(place, plan)| check(&ledger, &caller, &source, 0, place, plan));
    futures_util::future::join_all(uploads).await;
    assert!(ledger.deleted().is_empty());
}

#[tokio::test]
async fn early_success_naming_an_older_file_is_not_trusted() {
    let ledger = Ledger::start().await;
    let source = source();
    // The older file has the same content, so that the answer is correct in every field.
    ledger.add_older(OLDER, &source);
    let (_gateway, caller) = gateway(&ledger).await;
    for (place, rest) in [(0, Rest::Ignored), (1, Rest::Ignored), (2, Rest::CutOff)] {
        let early = Plan { answer_after: Some(100_000), rest, keyed: true, digest: Reported::Absent, ..sound(LARGE) };
        let plan =
            Plan { named: if place == 2 { Named::Own } else { Named::Older }, size: Reported::Announced, ..early };
        let name = format!("{place:06} clip.mp4");
        ledger.expect(&name, plan.clone());
        let path = format!("/v1/accounts/{}/files?name={}", ["main", "plays"][place % 2], name.replace(' ', "%20"));
        let answer = send(&caller, &path, place, &plan, &source[..usize::try_from(LARGE).unwrap()]).await;
        if answer.status == 201 {
            // The site's digest proves that it has the whole file.
            assert_eq!(place, 0, "{}", answer.text());
        } else {
            assert!(matches!(answer.status, 502 | 504), "{}", answer.text());
        }
    }
    assert!(ledger.deleted().is_empty() && ledger.has(OLDER));
}
