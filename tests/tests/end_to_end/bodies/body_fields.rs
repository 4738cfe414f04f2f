//! Tests of header fields that change the meaning of a body. The gateway refuses the unsupported ones before it sends a
//! byte to the site.

use polyhost_end_to_end::Form;

use super::world::{Dialect, World};

const REFUSED: [(&str, &str, u16, &str); 6] = [
    ("Content-Encoding", "gzip", 415, "unsupported_media_type"),
    ("Content-Encoding", "identity, br", 415, "unsupported_media_type"),
    ("Content-Range", "bytes 0-4/10", 400, "invalid_request"),
    ("Content-Transfer-Encoding", "base64", 400, "invalid_request"),
    ("Upload-Complete", "?0", 400, "invalid_request"),
    ("Tus-Resumable", "1.0.0", 400, "invalid_request"),
];

fn form() -> Form {
    Form::new().field("name", "a.mp4").file("clip.mp4", b"hello")
}

/// A form with one more part before its file.
fn after(head: &str, value: &[u8]) -> Form {
    Form::new().part(head, value).file("clip.mp4", b"hello")
}

#[tokio::test]
async fn unsupported_body_field_is_refused_for_every_body() {
    let world = World::start(Dialect::Openload).await;
    let targets = [
        ("files?name=a.mp4", "video/mp4".to_owned(), b"hello".to_vec()),
        ("files", form().content_type(), form().body()),
        ("folders", "application/json".to_owned(), b"{\"name\":\"a\"}".to_vec()),
        ("files/lookup", "application/json".to_owned(), b"{\"ids\":[\"a\"]}".to_vec()),
    ];
    for (field, value, status, code) in REFUSED {
        for (target, content_type, body) in &targets {
            for key in [None, Some("a-key")] {
                let request = world.caller.request("POST", &world.at(target)).header(field, value);
                let request = request.header("Content-Type", content_type).body(body.clone());
                let request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
                let problem = world.caller.send(request).await.problem(status, code);
                assert!(problem["detail"].as_str().unwrap().contains(field), "{target}: {problem}");
                assert_eq!(problem["retryable"], false);
            }
        }
    }
    assert_eq!(world.journal().count(), 0);
    let request = world.caller.request("POST", &world.at("files?name=a.mp4")).header("Content-Encoding", "Identity");
    world.caller.send(request.body("hello")).await.status(201);
}

#[tokio::test]
async fn media_type_that_is_not_a_whole_file_is_refused() {
    let world = World::start(Dialect::Openload).await;
    let path = world.at("files?name=a.mp4");
    let latin = format!("{}; charset=iso-8859-1", form().content_type());
    for media in
        ["multipart/mixed; boundary=x", "multipart/related", "message/partial", "message/external-body", &latin]
    {
        let answer = world.caller.typed("POST", &path, media, form().body()).await;
        answer.problem(415, "unsupported_media_type");
    }
    for charset in ["utf-16", "iso-8859-1"] {
        let media = format!("application/json; charset={charset}");
        let answer = world.caller.typed("POST", &world.at("folders"), &media, "{\"name\":\"a\"}").await;
        answer.problem(415, "unsupported_media_type");
    }
    let twice = world.caller.request("POST", &path).header("Content-Type", "video/mp4").header("Content-Type", "a/b");
    assert_eq!(world.caller.send(twice.body("hello")).await.faults("invalid_request"), ["Content-Type"]);
    let two = format!("{}; boundary=other", form().content_type());
    let two = world.caller.typed("POST", &world.at("files"), &two, form().body()).await;
    assert_eq!(two.faults("invalid_request"), ["Content-Type"]);
    assert_eq!(world.journal().count(), 0);
}

#[tokio::test]
async fn part_that_would_need_decoding_is_refused() {
    let world = World::start(Dialect::Openload).await;
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"";
    let name = "Content-Disposition: form-data; name=\"name\"";
    let wrong = [
        (
            Form::new().part(&format!("{file}\r\nContent-Transfer-Encoding: base64"), b"aGVsbG8="),
            "Content-Transfer-Encoding",
        ),
        (Form::new().part(&format!("{file}\r\ncontent-encoding: gzip"), b"hello"), "Content-Encoding"),
        (Form::new().part(&format!("{file}\r\nContent-Range: bytes 0-4/9"), b"hello"), "Content-Range"),
        (Form::new().part(&format!("{file}\r\nContent-Type: multipart/mixed; boundary=x"), b"hello"), "Content-Type"),
        (after(&format!("{name}\r\nContent-Transfer-Encoding: quoted-printable"), b"=41"), "Content-Transfer-Encoding"),
        (after(&format!("{name}\r\nContent-Type: text/plain; charset=iso-8859-1"), b"caf\xe9"), "Content-Type"),
        (after("Content-Disposition: form-data; name=\"_charset_\"", b"iso-8859-1"), "_charset_"),
        (after("Content-Disposition: attachment; name=\"name\"", b"a"), "Content-Disposition"),
        (
            Form::new().part(&format!("{file}\r\nContent-Type: video/mp4\r\ncontent-type: a/b"), b"hello"),
            "content-type",
        ),
        (after(&format!("{name}\r\n{name}"), b"a"), "Content-Disposition"),
        (after("Content-Disposition: form-data;\r\n name=\"name\"", b"a"), "header fields"),
    ];
    for (form, named) in wrong {
        let answer = world.caller.typed("POST", &world.at("files"), &form.content_type(), form.body()).await;
        let problem = answer.problem(400, "invalid_request");
        assert!(problem["detail"].as_str().unwrap().contains(named), "{named}: {problem}");
    }
    assert_eq!(world.uploads(), 0);

    let plain = format!("{file}\r\nContent-Transfer-Encoding: binary\r\nContent-Type: text/plain; charset=iso-8859-1");
    let good = Form::new().part("Content-Disposition: form-data; name=\"_charset_\"", b"UTF-8");
    let good = good.part(&format!("{name}\r\nContent-Type: text/plain; charset=\"utf-8\""), "é.txt".as_bytes());
    let good = good.part(&plain, b"hello");
    let file = world.caller.typed("POST", &world.at("files"), &good.content_type(), good.body()).await.json(201);
    assert_eq!(file["name"], "é.txt");
}
