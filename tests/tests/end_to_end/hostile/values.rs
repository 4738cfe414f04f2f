//! Malformed JSON bodies, and invalid values in valid ones.

use super::{Case, Expected, INVALID, json, request};

const FOLDERS: &str = "/v1/accounts/main/folders";
const REMOTE: &str = "/v1/accounts/main/remote-uploads";

fn case(what: impl Into<String>, request: Vec<u8>, expected: Expected) -> Case {
    Case { what: what.into(), request, expected }
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = bodies();
    all.extend(names());
    all.extend(addresses());
    all.extend(header_fields());
    all
}

fn bodies() -> Vec<Case> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_in = format!("{{\"name\": {deep}}}");
    let texts: [&[u8]; 30] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"[]",
        b"null",
        b"true",
        b"1",
        b"\"a\"",
        b"{}",
        b"{\"name\"}",
        b"{name: \"a\"}",
        b"{'name': 'a'}",
        b"{\"name\": \"a\",}",
        b"{\"name\": NaN}",
        b"{\"name\": 1}",
        b"{\"name\": null}",
        b"{\"name\": [\"a\"]}",
        b"{\"name\": {\"a\": 1}}",
        b"{\"name\": true}",
        b"{\"name\": \"a\"} x",
        b"{\"name\": \"a\"}{\"name\": \"b\"}",
        b"{\"name\": \"a\", \"name\": \"b\"}",
        b"{\"name\": \"a\", \"Name\": \"b\"}",
        b"{\"name\": \"a\", \"__proto__\": {}}",
        b"{\"name\": \"a\", \"parent_id\": null}",
        b"{\"name\": \"a\", \"visibility\": \"secret\"}",
        b"{\"name\": \"\\ud800\"}",
        b"{\"name\": \"\xff\"}",
        b"\xef\xbb\xbf{\"name\": \"a\"}",
    ];
    let all = texts.into_iter().chain([deep.as_bytes(), deep_in.as_bytes()]);
    let mut all: Vec<Case> = all
        .map(|text| {
            let what = String::from_utf8_lossy(&text[..text.len().min(60)]).into_owned();
            case(format!("body {what:?}"), json("POST", FOLDERS, text), INVALID)
        })
        .collect();
    for kind in [
        "text/plain",
        "application/xml",
        "text/html",
        "application/x-www-form-urlencoded",
        "image/png",
        "nonsense",
        "*/*",
    ] {
        let lines = format!("Content-Type: {kind}\r\nContent-Length: 13\r\n");
        let request = request("POST", FOLDERS, &lines, br#"{"name": "a"}"#);
        all.push(case(format!("media type {kind}"), request, Expected::Problem(415, "unsupported_media_type")));
    }
    all
}

/// Names with a forbidden character or length, in every request that takes a name.
fn names() -> Vec<Case> {
    let controls = (0_u32..32).chain(127..160).filter_map(char::from_u32).map(|control| format!("a{control}b"));
    let others = ["", ".", "..", "/", "a/b", "/a", "a/", "../a", "..%2f/"].map(str::to_owned);
    let long = ["x".repeat(256), "é".repeat(256)];
    let mut all = Vec::new();
    for name in controls.chain(others).chain(long) {
        let body = serde_json::json!({"name": name}).to_string();
        let shown: String = name.chars().take(20).collect();
        for (method, target) in
            [("POST", FOLDERS), ("PATCH", "/v1/accounts/main/files/abc"), ("PATCH", "/v1/accounts/main/folders/7")]
        {
            all.push(case(format!("{method} {target} {shown:?}"), json(method, target, body.as_bytes()), INVALID));
        }
        let encoded = percent_encoding::utf8_percent_encode(&name, percent_encoding::NON_ALPHANUMERIC);
        let target = format!("/v1/accounts/main/files?name={encoded}");
        let upload = request("POST", &target, "Content-Type: video/mp4\r\nContent-Length: 1\r\n", b"a");
        all.push(case(format!("upload {shown:?}"), upload, INVALID));
    }
    all
}

fn addresses() -> Vec<Case> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.9.9.9",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "10.1",
        "0xa000001",
        "012.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.257",
        "3232235521",
        "0xc0.0xa8.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[::127.0.0.1]",
        "[::7f00:1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::]",
        "[2001:db8::1]",
        "[100::1]",
        "[2001::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "localhost.localdomain",
        "a.local",
        "metadata.google.internal",
        "metadata",
        "router",
        "a.home.arpa",
        "a.internal.",
        "%31%32%37.0.0.1",
        "\u{ff11}27.0.0.1",
        "\u{2460}27.0.0.1",
        "127\u{3002}0.0.1",
        "loc\u{ad}alhost",
        "\u{24c1}ocalhost",
        "127.0.0.1:80",
        "[::1]:8080",
        "a.lan",
        "a.intranet",
        "a.corp",
    ];
    let mut urls: Vec<String> = hosts.iter().map(|host| format!("http://{host}/a.mp4")).collect();
    urls.extend(
        [
            "",
            "a",
            "/a",
            "//example.org/a",
            "example.org/a",
            "ftp://example.org/a",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/plain,a",
            "gopher://example.org/",
            "http://",
            "http:///a",
            "http://user@example.org/",
            "http://user:pw@example.org/",
            "http://:pw@example.org/",
            "http://example.org:99999/",
            "http://exa mple.org/",
            "http://[::1/",
            "http:\\\\127.0.0.1\\a",
            "http://example.org@127.0.0.1/",
            "http://127.0.0.1#@example.org/",
            "http://127.0.0.1\\@example.org/",
            "HTTP://127.0.0.1/",
            "http:127.0.0.1",
            "http:/127.0.0.1/",
            "\thttp://127.0.0.1/",
            "ht\ntp://127.0.0.1/",
            "ws://example.org/",
            "blob:http://example.org/",
        ]
        .map(str::to_owned),
    );
    urls.push(format!("http://example.org/{}", "a".repeat(5000)));
    let body = |url: &String| serde_json::json!({"url": url}).to_string();
    urls.iter().map(|url| case(format!("url {url:.60}"), json("POST", REMOTE, body(url).as_bytes()), INVALID)).collect()
}

fn header_fields() -> Vec<Case> {
    let forbidden = [
        "Host",
        "host",
        "HOST",
        "Content-Length",
        "content-length",
        "Transfer-Encoding",
        "transfer-ENCODING",
        "Connection",
        "connection",
    ];
    let no_tokens = [
        "", " ", "A B", "A:", ":", "A\r\nB", "A\nB", "A\u{0}", "\u{e9}", "A/B", "A(", "A\"", "A,", "A;", "A=", "A@",
        "A[", "A{", "A\u{7f}", "A\t",
    ];
    let values = ["a\r\nHost: b", "a\rb", "a\nb", "\r\n", "\n", "a\u{0}b", "\r"];
    let names = forbidden.into_iter().chain(no_tokens).map(|name| serde_json::json!({name: "a"}));
    let values =
        values.into_iter().flat_map(|value| [serde_json::json!({"A": value}), serde_json::json!({"A": ["b", value]})]);
    let others = [
        serde_json::json!({"A": 1}),
        serde_json::json!({"A": null}),
        serde_json::json!([]),
        serde_json::json!({"A": "b".repeat(9000)}),
    ];
    let body =
        |headers: serde_json::Value| serde_json::json!({"url": "https://example.org/", "headers": headers}).to_string();
    let all = names.chain(values).chain(others);
    all.map(|headers| case(format!("headers {headers:.60}"), json("POST", REMOTE, body(headers).as_bytes()), INVALID))
        .collect()
}
