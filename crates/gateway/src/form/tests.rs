//! Tests of forms, valid and invalid, that arrive in pieces of different sizes.

use std::io;

use std::time::Duration;

use futures_util::{TryStreamExt as _, stream};

use super::*;

const BOUNDARY: &str = "b-1";

fn field(name: &str, value: &str) -> String {
    format!("--b-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn file(bytes: &str) -> String {
    format!(
        "--b-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" 夏.mp4\"\r\n\
         Content-Type: video/mp4\r\n\r\n{bytes}\r\n"
    )
}

/// Returns a form's body in pieces of `size` bytes, with its length known or not.
fn body(form: &str, size: usize, length: Option<u64>) -> IncomingBody {
    let pieces: Vec<Bytes> = form.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
    IncomingBody::new(length, stream::iter(pieces.into_iter().map(io::Result::Ok)), Duration::from_secs(9))
}

/// Reads a form: returns its fields, the length of its file, and the file.
async fn parse(form: &str, size: usize, is_known: bool) -> Result<(Fields, Option<u64>, String), Problem> {
    let length = is_known.then_some(form.len() as u64);
    let (fields, file) = read(BOUNDARY, length, body(form, size, length)).await?;
    let bytes: Result<Vec<Bytes>, io::Error> = file.stream.try_collect().await;
    let bytes = bytes.map_err(|error| Problem::carried_by(&error).unwrap())?.concat();
    assert!(file.spare.found() <= file.spare.most());
    let length = file.length.map(|length| length - file.spare.found());
    Ok((fields, length, String::from_utf8(bytes).unwrap()))
}

#[tokio::test]
async fn form_in_any_pieces_is_read_and_gives_its_files_length() {
    let bytes = "\r\n--b-2\r\n--b-\r\n".repeat(50);
    let form = field("name", "é.mp4") + &field("folder_id", "7") + &file(&bytes) + "--b-1--\r\n";
    for size in [1, 2, 7, 64, form.len()] {
        for is_known in [true, false] {
            let (fields, length, arrived) = parse(&form, size, is_known).await.unwrap();
            assert_eq!(arrived, bytes, "{size}");
            assert_eq!(length, is_known.then_some(bytes.len() as u64));
            assert_eq!((fields.name.as_deref(), fields.folder_id.as_deref()), (Some("é.mp4"), Some("7")));
            assert_eq!((fields.sha1, fields.content_type.as_deref()), (None, Some("video/mp4")));
            assert_eq!(fields.file_name, Some(FileName::Readable("a \"b\" 夏.mp4".to_owned())));
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_form_is_reported() {
    let end = "--b-1--\r\n";
    let cases = [
        (field("name", "a") + end, true, "field \"/file\" is missing"),
        (field("nam", "a") + &file("x") + end, true, "field \"/nam\" is not known"),
        (field("sha1", "a") + &field("sha1", "b") + &file("x") + end, false, "field \"/sha1\" is repeated"),
        (file("xyz") + &field("name", "a") + end, true, "field \"/name\" comes after the file"),
        (file("xyz") + &file("x") + end, false, "field \"/file\" comes after the file"),
        (file("") + end, true, "field \"/file\" is empty"),
        (file("") + end, false, "field \"/file\" is empty"),
        (file("xyz"), false, "the body is a form that ends early"),
        (file("xyz")[..20].to_owned(), true, "the body is a form that ends early"),
        ("nothing of the kind".to_owned(), false, "the body is a form that ends early"),
        (
            file("x").replace("\r\n\r\nx", "\r\ncontent-type: text/plain\r\n\r\nx") + end,
            true,
            "field content-type more",
        ),
        (
            // A value that looks like the boundary, and a name before the part that has the field twice.
            field("name", "--b-1\r\nX: 1\r\nX: 2")
                + &file("x").replace("Content-Type", "Content-Disposition: form-data; name=\"sha1\"\r\nContent-Type")
                + end,
            false,
            "field Content-Disposition more than once",
        ),
        (field("name", &"x".repeat(17_000)) + &file("x") + end, true, "more than 16 KiB before its file"),
    ];
    for (form, is_known, complaint) in cases {
        let problem = parse(&form, 10, is_known).await.unwrap_err();
        assert!(problem.detail().contains(complaint), "{form}: {}", problem.detail());
    }
}

#[tokio::test]
async fn same_header_field_in_two_parts_is_no_fault() {
    let typed = |name: &str| field(name, "7").replace("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n");
    let preamble = "X: 1\r\nX: 2\r\n\r\n";
    let form = preamble.to_owned() + &typed("folder_id") + &field("name", "") + &file("x") + "--b-1--\r\n";
    for size in [1, 7, form.len()] {
        let (fields, ..) = parse(&form, size, false).await.unwrap();
        assert_eq!((fields.folder_id.as_deref(), fields.name.as_deref()), (Some("7"), Some("")));
    }
}

#[tokio::test]
async fn bytes_after_the_closing_boundary_do_not_change_the_file() {
    let long = format!("--b-1--\r\n{}", "an epilogue\r\n--b-1--\r\n".repeat(500));
    let ends = ["--b-1--\r\n", "--b-1--", "--b-1--\n", "--b-1-- \t", "--b-1--x", "--b-1--\r\n\r\n", &long];
    for bytes in ["x".to_owned(), "\r\n--b-2\r\n".repeat(5_000)] {
        for end in ends {
            let form = file(&bytes) + end;
            for size in [7, 1_000, form.len()] {
                let (_, length, arrived) = parse(&form, size, true).await.unwrap();
                assert!(arrived == bytes && length == Some(bytes.len() as u64), "{} bytes, {end:.20}", bytes.len());
                assert!(parse(&form, size, false).await.unwrap().2 == bytes);
            }
        }
    }
}

#[tokio::test]
async fn epilogue_of_a_form_of_known_length_is_bounded() {
    let (bytes, end) = ("x".repeat(50_000), "--b-1--".to_owned());
    let most = file(&bytes) + &end + &" ".repeat(16 * 1024);
    assert_eq!(parse(&most, 1_000, true).await.unwrap().1, Some(50_000));
    let problem = parse(&(most + " "), 1_000, true).await.unwrap_err();
    assert!(problem.detail().contains("more than 16 KiB after its file"), "{}", problem.detail());
}

#[tokio::test]
async fn forms_of_common_clients_are_read() {
    let disposition = "Content-Disposition: form-data; name=";
    let untyped = format!("{disposition}\"file\"; filename=\"a.mp4\"");
    let typed = format!("{untyped}\r\nContent-Type: video/mp4");
    let cases = [
        // Browsers; curl; Python's requests.
        ("----WebKitFormBoundary7MA4", typed.clone(), "\r\n"),
        ("------------------------d74496d66958873e", typed.clone(), "\r\n"),
        ("c7cbfdd911b4e720f1dd8f479c50bc7f", untyped.clone(), "\r\n"),
        // Node's fetch, until 2024.
        ("----formdata-undici-012345678901", typed.clone(), ""),
        // Go.
        ("b4cb6e2d87ed", format!("{untyped}\r\nContent-Type: application/octet-stream"), "\r\n"),
        // .NET.
        (
            "7f2b5a1e-4b1c",
            "Content-Type: video/mp4\r\n\
             Content-Disposition: form-data; name=file; filename=a.mp4; filename*=utf-8''a.mp4"
                .to_owned(),
            "\r\n",
        ),
        // Java's Apache HttpClient.
        ("vBFTVbE9", format!("{typed}\r\nContent-Transfer-Encoding: binary"), "\r\n"),
    ];
    for (boundary, head, end) in cases {
        let form = format!("--{boundary}\r\n{head}\r\n\r\nhello\r\n--{boundary}--{end}");
        let own = super::boundary(&format!("multipart/form-data; boundary=\"{boundary}\"")).unwrap();
        let length = Some(form.len() as u64);
        let (fields, file) = read(&own, length, body(&form, 100, length)).await.unwrap();
        assert_eq!(fields.file_name, Some(FileName::Readable("a.mp4".to_owned())), "{head}");
        assert_eq!(file.length, Some(5), "{boundary}");
        assert_eq!(file.stream.try_collect::<Vec<_>>().await.unwrap().concat(), b"hello");
    }
}
