//! Tests of the file name of a form, in the ways that clients encode it.

use polyhost_end_to_end::Form;
use serde_json::json;

use super::world::{BOTH, Dialect, World, concurrently};

fn form(file_name: &str) -> Form {
    Form::new().part(&format!("Content-Disposition: form-data; name=\"file\"; {file_name}"), b"hello")
}

#[tokio::test]
async fn file_name_is_decoded_as_clients_write_it() {
    concurrently(BOTH, async |dialect| {
        let world = World::start(dialect).await;
        for (written, name) in [
            // .NET, with a name that is not ASCII.
            ("filename=\"=?utf-8?B?c29tbWVyX8OpLm1wNA==?=\"; filename*=utf-8''sommer_%C3%A9.mp4", "sommer_é.mp4"),
            ("filename*=UTF-8''b%20c.mp4", "b c.mp4"),
            ("filename*=UTF-8''%zz; filename=\"d.mp4\"", "d.mp4"),
            ("filename=\"=?utf-8?Q?caf=C3=A9.mp4?=\"", "café.mp4"),
            // Browsers, curl.
            ("filename=\"a %22quoted%22 100%25.mp4\"", "a \"quoted\" 100%25.mp4"),
            // Go.
            ("filename=\"a \\\"quoted\\\".mp4\"", "a \"quoted\".mp4"),
            ("filename=my clip.mp4", "my clip.mp4"),
        ] {
            let form = form(written);
            let answer = world.caller.typed("POST", &world.at("files"), &form.content_type(), form.body()).await;
            assert_eq!(answer.json(201)["name"], json!(name), "{written}");
        }
    })
    .await;
}

#[tokio::test]
async fn unreadable_file_name_is_refused_unless_another_is_given() {
    let world = World::start(Dialect::Openload).await;
    let send = async |target: &str, form: Form| {
        world.caller.typed("POST", &world.at(target), &form.content_type(), form.body()).await
    };
    let unreadable = [
        "filename=\"=?koi8-r?B?8g==?=\"",
        "filename=\"x =?utf-8?B?5aSP?=\"",
        "filename=\"=?utf-8?X?abc?=\"",
        "filename*=UTF-8''%zz",
    ];
    for written in unreadable {
        assert_eq!(send("files", form(written)).await.faults("invalid_request"), ["/file"], "{written}");
    }
    for (written, place) in [
        ("filename=\"a%0D%0Ab\"", "/name"),
        ("filename=\"a\"; filename=\"b\"", ""),
        ("filename*0=\"a\"; filename*1=\"b\"", ""),
        ("filename=\"a", ""),
    ] {
        assert_eq!(send("files", form(written)).await.faults("invalid_request"), [place], "{written}");
    }
    assert_eq!(world.uploads(), 0);
    for written in unreadable {
        assert_eq!(send("files?name=a.mp4", form(written)).await.json(201)["name"], "a.mp4");
    }
}
