//! Heads and bodies that are no valid HTTP, or that two parsers could read differently.

use super::{Case, Expected, INVALID, json, request};

const FOLDERS: &str = "/v1/accounts/main/folders";
const BODY: &[u8] = br#"{"name": "a"}"#;

fn case(what: impl Into<String>, request: Vec<u8>, expected: Expected) -> Case {
    Case { what: what.into(), request, expected }
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = request_lines();
    all.extend(fields());
    all.extend(lengths());
    all.extend(chunks());
    all.extend(sizes());
    all
}

fn request_lines() -> Vec<Case> {
    let lines = [
        "nonsense",
        "GET",
        "GET ",
        "GET /v1/me",
        "GET /v1/me ",
        " GET /v1/me HTTP/1.1",
        "GET  /v1/me HTTP/1.1",
        "GET\t/v1/me\tHTTP/1.1",
        "GET /v1/me HTTP/1.1 x",
        "GET /v1/me HTTP/1.1x",
        "GET /v1/me HTTP/1",
        "GET /v1/me HTTP/1.2",
        "GET /v1/me HTTP/2.0",
        "GET /v1/me HTTP/9.9",
        "GET /v1/me http/1.1",
        "GET /v1/me HTPP/1.1",
        "GET /v1/me HTTP 1.1",
        "GET /v1/me HTTP/+1.1",
        "GET /v1 me HTTP/1.1",
        "GET v1/me HTTP/1.1",
        "GET ?a HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "G(T /v1/me HTTP/1.1",
        "GET, /v1/me HTTP/1.1",
        "G\u{e9}T /v1/me HTTP/1.1",
        "HTTP/1.1 200 OK",
        "{\"json\": true}",
        "<html>",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}",
    ];
    let line = |text: &str| {
        let bytes = format!("{text}\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes();
        case(format!("line {text:?}"), bytes, Expected::Malformed)
    };
    let controls = (0_u8..32).chain([127]).filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r'));
    let in_target = controls.map(|byte| {
        let bytes = [b"GET /v1/", &[byte][..], b"me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"].concat();
        case(format!("byte {byte} in the target"), bytes, Expected::Malformed)
    });
    lines.into_iter().map(line).chain(in_target).collect()
}

fn fields() -> Vec<Case> {
    let with = |line: &[u8]| {
        let head = [b"GET /v1/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", line, b"\r\n\r\n"].concat();
        case(format!("field {:?}", String::from_utf8_lossy(line)), head, Expected::Malformed)
    };
    let mut all: Vec<Case> = [
        &b"no colon"[..],
        b": no name",
        b" Folded: a",
        b"\tFolded: a",
        b"A: b\r\n folded",
        b"A: b\r\n\tfolded",
        b"Content-Length : 0",
        b"Content-Length\t: 0",
        b"Transfer-Encoding : chunked",
        b"Host : a",
        b"X Y: a",
        b"A: b\rC: d",
        b"A: b\r\r\nC: d",
        b"A\r: b",
    ]
    .into_iter()
    .map(with)
    .collect();
    let forbidden = (0_u8..=32).chain(*b"\"(),/;<=>?@[\\]{}").chain([127, 128, 200, 255]);
    all.extend(
        forbidden.filter(|byte| !b"\n\r".contains(byte)).map(|byte| with(&[b"X", &[byte][..], b"Y: a"].concat())),
    );
    let controls = (0_u8..32).chain([127]).filter(|byte| !b"\t\n\r".contains(byte));
    all.extend(controls.map(|byte| with(&[b"A: b", &[byte][..], b"c"].concat())));
    let hosts = ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nhost: a\r\n"];
    all.extend(hosts.map(|lines| {
        let head = format!("GET /livez HTTP/1.1\r\nConnection: close\r\n{lines}\r\n");
        case(format!("hosts {lines:?}"), head.into_bytes(), INVALID)
    }));
    let bare = [
        "GET /livez HTTP/1.1\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\nConnection: close\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\n\r\n",
        "GET /livez HTTP/1.1\nHost: a\nConnection: close\n\n",
    ];
    all.extend(bare.map(|head| case(format!("bare {head:?}"), head.into(), INVALID)));
    all
}

fn lengths() -> Vec<Case> {
    let post = |lines: &str, expected| {
        let lines = format!("Content-Type: application/json\r\n{lines}");
        case(format!("length {lines:?}"), request("POST", FOLDERS, &lines, BODY), expected)
    };
    let bad =
        ["x", "-1", "+1", "1.0", "0x10", "1e1", "1 1", "1,2", "13, 13", "", "99999999999999999999999", "\u{ff11}"];
    let mut all: Vec<Case> =
        bad.iter().map(|length| post(&format!("Content-Length: {length}\r\n"), Expected::Malformed)).collect();
    all.push(post("Content-Length: 13\r\nContent-Length: 14\r\n", Expected::Malformed));
    all.push(post("Content-Length: 13\r\nContent-Length: 13\r\n", INVALID));
    for encoding in ["chunked", "Chunked", "CHUNKED", "gzip, chunked", "chunked "] {
        for (one, other) in [("Content-Length: 13", encoding), ("CONTENT-LENGTH: 0", encoding)] {
            all.push(post(&format!("{one}\r\nTransfer-Encoding: {other}\r\n"), INVALID));
            all.push(post(&format!("Transfer-Encoding: {other}\r\n{one}\r\n"), INVALID));
        }
    }
    all.push(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", INVALID));
    for encoding in ["gzip, chunked", "identity, chunked", "chunked, chunked", ", chunked"] {
        all.push(post(&format!("Transfer-Encoding: {encoding}\r\n"), INVALID));
    }
    for encoding in
        ["xchunked", "chunked, gzip", "identity", "chunked;q=1", "\u{b}chunked", "chunked chunked", "", "\"chunked\""]
    {
        all.push(post(&format!("Transfer-Encoding: {encoding}\r\n"), Expected::Malformed));
    }
    let old = format!("POST {FOLDERS} HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    all.push(case("chunks in HTTP/1.0", old.into_bytes(), Expected::Malformed));
    all
}

/// Malformed chunked bodies of an otherwise valid request. The gateway must answer without waiting for more bytes.
fn chunks() -> Vec<Case> {
    let lines = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    let bodies: [&[u8]; 16] = [
        b"x\r\n",
        b"-d\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"+d\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"0xd\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"d \x01\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"d\r{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"d\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"d\r\n{\"name\": \"a\"}0\r\n\r\n",
        b"d\r\n{\"name\": \"a\"}\n0\r\n\r\n",
        b"d\r\n{\"name\": \"a\"}xx0\r\n\r\n",
        b"c\r\n{\"name\": \"a\"}\r\n0\r\n\r\n",
        b"1;\n\r\n{\r\n0\r\n\r\n",
        b"d\r\n{\"name\": \"a\"}\r\nz\r\n\r\n",
        b"d\r\n{\"name\": \"a\"}\r\n-0\r\n\r\n",
    ];
    let chunked = |body: &[u8]| {
        let what = format!("chunks {:?}", String::from_utf8_lossy(body));
        case(what, request("POST", FOLDERS, lines, body), INVALID)
    };
    bodies.into_iter().map(chunked).collect()
}

fn sizes() -> Vec<Case> {
    let mut all = Vec::new();
    for size in [65_537, 100_000, 200_000, 300_000] {
        let long = "x".repeat(size);
        let line = request("GET", &format!("/v1/me?a={long}"), "", b"");
        all.push(case(format!("a line of {size}"), line, Expected::Problem(414, "uri_too_long")));
        let field = request("GET", "/v1/me", &format!("X-Long: {long}\r\n"), b"");
        all.push(case(format!("a field of {size}"), field, Expected::Problem(431, "header_fields_too_large")));
    }
    for count in [101, 3_000] {
        let lines: String = (0..count).map(|number| format!("X-{number}: a\r\n")).collect();
        let many = request("GET", "/v1/me", &lines, b"");
        all.push(case(format!("{count} fields"), many, Expected::Problem(431, "header_fields_too_large")));
    }
    let large = [br#"{"name": ""#, "a".repeat(2 << 20).as_bytes(), br#""}"#].concat();
    all.push(case("a large body", json("POST", FOLDERS, &large), Expected::Problem(413, "payload_too_large")));
    all
}
