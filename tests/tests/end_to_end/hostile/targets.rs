//! Invalid keys, paths, ids, methods, parameters and cursors.

use super::{Case, Expected, INVALID, json, request};

const FOUND: [(&str, &str, &str); 6] = [
    ("GET", "files/ID", "file_not_found"),
    ("DELETE", "files/ID", "file_not_found"),
    ("GET", "files/ID/thumbnail", "file_not_found"),
    ("GET", "folders/ID", "folder_not_found"),
    ("GET", "folders/ID/items", "folder_not_found"),
    ("GET", "remote-uploads/ID", "remote_upload_not_found"),
];

/// Texts that are no valid id in the dialect.
const IDS: [&str; 30] = [
    "a.b",
    "a%20b",
    "%20",
    "a%00",
    "%00",
    "a%0a",
    "a%0d%0aX-A:b",
    "..%2f..%2fetc",
    "%2e%2e",
    "a%2fb",
    "%2f",
    "%5c",
    "a'b",
    "a%22b",
    "a;b",
    "a,b",
    "a&b",
    "a=b",
    "a+b",
    "a*b",
    "a@b",
    "a:b",
    "a!b",
    "a(b)",
    "$%7Ba%7D",
    "%3Cb%3E",
    "%C3%A9",
    "%FF",
    "%E2%80%8B",
    "a~b",
];

fn case(what: impl Into<String>, request: Vec<u8>, expected: Expected) -> Case {
    Case { what: what.into(), request, expected }
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = ids();
    all.extend(keys());
    all.extend(paths());
    all.extend(methods());
    all.extend(parameters());
    all
}

fn ids() -> Vec<Case> {
    let mut all = Vec::new();
    for (method, path, code) in FOUND {
        for id in IDS {
            let target = format!("/v1/accounts/main/{}", path.replace("ID", id));
            all.push(case(
                format!("{method} {target}"),
                request(method, &target, "", b""),
                Expected::Problem(404, code),
            ));
        }
    }
    let long = "a".repeat(65);
    let target = format!("/v1/accounts/main/files/{long}");
    all.push(case("a long id", request("GET", &target, "", b""), Expected::Problem(404, "file_not_found")));
    for account in ["nobody", "MAIN", "main%20", "%00", "..", "main%2f", "*", "%FF"] {
        let target = format!("/v1/accounts/{account}/folders/root/items");
        let expected = Expected::Problem(404, "account_not_found");
        all.push(case(format!("account {account}"), request("GET", &target, "", b""), expected));
    }
    all
}

fn keys() -> Vec<Case> {
    let lines = [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Bearer wrong\r\n",
        "Authorization: Bearer key-of-we\r\n",
        "Authorization: Bearer key-of-webb\r\n",
        "Authorization: Bearer KEY-OF-WEB\r\n",
        "Authorization: Bearer key-of-web key-of-web\r\n",
        "Authorization: Bearer \"key-of-web\"\r\n",
        "Authorization: Basic a2V5LW9mLXdlYg==\r\n",
        "Authorization: Basic key-of-web\r\n",
        "Authorization: key-of-web\r\n",
        "Authorization: Digest username=\"web\"\r\n",
        "Authorization: Bearer null\r\n",
        "Authorization: Bearer ' OR 1=1 --\r\n",
        "X-API-Key: wrong\r\n",
        "X-API-Key: \r\n",
        "X-API-Key: Bearer key-of-web\r\n",
        "Authorization: Bearer wrong\r\nX-API-Key: key-of-web\r\n",
        "Cookie: key=key-of-web\r\n",
    ];
    let mut all = Vec::new();
    for lines in lines {
        for target in ["/v1/me", "/v1/accounts/main/files/abc", "/nothing", "/v1/me?key=key-of-web"] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n");
            let expected = Expected::Problem(401, "unauthenticated");
            all.push(case(format!("{target} with {lines:?}"), head.into_bytes(), expected));
        }
    }
    all
}

fn paths() -> Vec<Case> {
    let nowhere = [
        "/../../etc/passwd",
        "/v1/../v1/me",
        "/v1/./me",
        "//v1/me",
        "/v1//me",
        "/v1/me/",
        "/V1/me",
        "/v1/ME",
        "/v1/me%00",
        "/v1%2fme",
        "/%2e%2e/v1/me",
        "/v1/me;a=b",
        "/.git/config",
        "/.env",
        "/wp-login.php",
        "/cgi-bin/test",
        "/admin",
        "/metrics",
        "/server-status",
        "/v2/me",
        "/v1",
        "/v1/",
        "/v1/accounts/main/",
        "/v1/accounts/main/files",
        "/v1/accounts/main/files/a/b/c",
        "/v1/accounts/main/token",
        "/problems/nothing",
        "/problems/..%2f..%2fetc",
        "/problems/%3Cscript%3E",
    ];
    let expected = |path: &str| match path {
        "/v1/accounts/main/files" => Expected::Problem(405, "method_not_allowed"),
        _ => Expected::Problem(404, "route_not_found"),
    };
    nowhere.map(|path| case(path, request("GET", path, "", b""), expected(path))).into()
}

fn methods() -> Vec<Case> {
    let mut all = Vec::new();
    let paths =
        ["/v1/me", "/v1/accounts", "/v1/accounts/main", "/v1/accounts/main/folders/1/items", "/livez", "/openapi.json"];
    for method in ["PUT", "TRACE", "OPTIONS", "POST", "DELETE", "PROPFIND", "get", "FOO"] {
        for path in paths {
            let expected = Expected::Problem(405, "method_not_allowed");
            all.push(case(format!("{method} {path}"), request(method, path, "", b""), expected));
        }
    }
    all
}

fn parameters() -> Vec<Case> {
    let items = "/v1/accounts/main/folders/root/items";
    let bad = [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=99999999999999999999",
        "limit=abc",
        "limit=1e2",
        "limit=1.5",
        "limit=0x10",
        "limit=",
        "limit=%201",
        "limit=%EF%BC%91",
        "limit=1&limit=2",
        "sort=",
        "sort=size,name",
        "sort=--name",
        "sort=id",
        "type=",
        "type=File",
        "type=link",
        "type=file&type=folder",
        "unknown=1",
        "LIMIT=1",
        "limit[]=1",
        "limit%00=1",
        "name=a&name=b",
        "cursor=a&cursor=b",
        "a",
        "=",
        "%FF=1",
        "__proto__=1",
        "$where=1",
    ];
    let mut all: Vec<Case> = Vec::new();
    for query in bad {
        all.push(case(format!("items?{query}"), request("GET", &format!("{items}?{query}"), "", b""), INVALID));
    }
    for cursor in ["", "x", "AAAA", "%00", "..", "a.b.c", "' OR 1=1", "eyJhIjoxfQ", "eyJhIjoxfQ%3D%3D"] {
        let target = format!("{items}?cursor={}", cursor.replace(' ', "%20"));
        all.push(case(&target, request("GET", &target, "", b""), Expected::Problem(400, "invalid_cursor")));
    }
    for target in [
        "/v1/accounts/main/folders/root/items?cursor=%FF",
        "/v1/me?a=b",
        "/v1/providers?limit=1",
        "/v1/accounts?x",
        "/v1/accounts/main/files/abc?fields=a",
    ] {
        all.push(case(target, request("GET", target, "", b""), INVALID));
    }
    let lookup = "/v1/accounts/main/files/lookup";
    for body in [
        r#"{}"#,
        r#"{"ids": []}"#,
        r#"{"ids": "a"}"#,
        r#"{"ids": ["a", "a"]}"#,
        r#"{"ids": [1]}"#,
        r#"{"ids": [null]}"#,
    ] {
        all.push(case(format!("lookup {body}"), json("POST", lookup, body.as_bytes()), INVALID));
    }
    let many: Vec<String> = (0..501).map(|number| format!("\"a{number}\"")).collect();
    all.push(case("501 ids", json("POST", lookup, format!("{{\"ids\": [{}]}}", many.join(",")).as_bytes()), INVALID));
    all
}
