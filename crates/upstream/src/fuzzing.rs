//! Answers that a grammar generates from a seed, for the tests of the memory that an answer may take.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

pub use crate::decode::memory_for;

/// Entries of a list, from garbage to the shortest usable ones. `#` stands for a number that is unique to the entry.
const ENTRIES: &[&str] = &[
    "[]",
    "{}",
    "null",
    "7",
    "\"x\"",
    "[[[]]]",
    "{\"#\":{}}",
    "{\"id\":\"#\"}",
    "{\"id\":#}",
    "{\"id\":#,\"id\":#}",
    "{\"linkextid\":\"#\"}",
    "{\"linkextid\":\"#\",\"size\":1,\"size\":2}",
    "{\"id\":\"#\",\"name\":\"\\ud800\"}",
    "{\"id\":\"#\",\"keywords\":\"a,a,a,a,a,a,a,a\"}",
    "{\"id\":\"#\",\"keywords\":[\"a\",\"a\",\"a\",\"a\"]}",
    "{\"id\":\"#\",\"status\":\"trash\"}",
    "{\"id\":\"#\",\"linkextid\":\"#\",\"name\":\"a.mp4\",\"filename\":\"a.mp4\",\"link\":\"https://a.example/v/#\"}",
];

/// Texts that are repeated to build one long text.
const TEXTS: &[&str] = &["a", "a,", "\\u0041", "\\n", "\\ud800", "é", "1", "https://a.example/?q=1 "];

/// Templates of results. `@` stands for a list, `%` for a long text.
const RESULTS: &[&str] = &[
    "@",
    "{\"folders\":@,\"files\":[]}",
    "{\"folders\":[],\"files\":@}",
    "{\"id\":\"1\",\"extid\":\"x\",\"file_id\":\"1\",\"keywords\":@}",
    "{\"id\":\"1\",\"extid\":\"x\",\"email\":%,\"keywords\":%}",
    "{\"x\":{\"id\":\"x\",\"status\":\"error\",\"errormsg\":%,\"name\":%}}",
    "{\"scheduled_item_id\":\"52\",\"status\":\"failed\",\"notes\":%}",
    "%",
];

/// Returns the body of an answer of about `bytes` bytes. `envelopes` are the dialect's templates around a result: `$`
/// stands for the result, `%` for a long text.
#[must_use]
pub fn answer(seed: u64, envelopes: &[&str], bytes: usize) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed);
    let envelope = pick(&mut random, envelopes);
    let result = pick(&mut random, RESULTS);
    let skeleton = envelope.replace('$', result);
    let holes = skeleton.matches(['@', '%']).count().max(1);
    let mut body = String::with_capacity(bytes + bytes / 4);
    for part in skeleton.split_inclusive(['@', '%']) {
        body.push_str(part.trim_end_matches(['@', '%']));
        match part.chars().next_back() {
            Some('@') => list(&mut random, &mut body, bytes / holes),
            Some('%') => text(&mut random, &mut body, bytes / holes),
            _ => {}
        }
    }
    body.into_bytes()
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from.get(random.random_range(0..from.len().max(1))).copied().unwrap_or_default()
}

/// Appends an array, or a map with numbers as keys, of one or two kinds of entries.
fn list(random: &mut StdRng, body: &mut String, bytes: usize) {
    let (often, seldom) = (pick(random, ENTRIES), pick(random, ENTRIES));
    let is_map = random.random_bool(0.3);
    let end = body.len() + bytes;
    body.push(if is_map { '{' } else { '[' });
    let mut number = 0_u64;
    while body.len() < end {
        if number > 0 {
            body.push(',');
        }
        number += 1;
        if is_map {
            body.push_str(&format!("\"{number}\":"));
        }
        let entry = if number % 100 == 1 { seldom } else { often };
        body.push_str(&entry.replace('#', &number.to_string()));
    }
    body.push(if is_map { '}' } else { ']' });
}

fn text(random: &mut StdRng, body: &mut String, bytes: usize) {
    let part = pick(random, TEXTS);
    body.push('"');
    (0..bytes / part.len().max(1)).for_each(|_| body.push_str(part));
    body.push('"');
}
