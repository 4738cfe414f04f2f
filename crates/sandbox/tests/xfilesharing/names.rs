//! Tests of the forms in which names are stored.

use polyhost_sandbox::xfilesharing::{Flavour, Options};
use reqwest::multipart::Form;

use crate::support::{empty, file, options, with};

#[tokio::test]
async fn video_site_shows_entities() {
    let sandbox = empty(Flavour::Xvs).await;
    let code = sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.result(&format!("file/edit?file_code={code}&file_title=%3Ca%3E%20%28b%29%20..%20%5C")).await;
    let row = &sandbox.result(&format!("file/info?file_code={code}")).await[0];
    assert_eq!(row["file_title"], r"&lt;a&gt; &#40;b&#41; &#46;&#46; \\");
}

#[tokio::test]
async fn file_host_shows_bytes_as_latin_1_and_cuts() {
    let sandbox = empty(Flavour::Xfs).await;
    let code = sandbox.add_file("0", "a.zip", b"abc");
    sandbox.result(&format!("file/rename?file_code={code}&name=%C3%A9%22%2F.zip")).await;
    assert_eq!(sandbox.name_of(&code).unwrap(), "\u{c3}\u{a9}&quote;/.zip");
    sandbox.result(&format!("file/rename?file_code={code}&name={}", "x".repeat(200))).await;
    assert_eq!(sandbox.name_of(&code).unwrap().len(), 128);
}

#[tokio::test]
async fn title_of_an_upload_is_its_stem_or_the_field() {
    let sandbox = empty(Flavour::Xvs).await;
    for (title, expected) in [(None, "Big Buck Bunny"), (Some("A title.mp4"), "A title.mp4")] {
        let form = Form::new().text("key", sandbox.key.clone());
        let form = title.into_iter().fold(form, |form, title| form.text("file_title", title));
        sandbox.post(file(form, "file", "Big_Buck.Bunny.mp4", b"abc")).await;
        let list = sandbox.result("file/list").await;
        assert_eq!(list["files"][0]["title"], expected);
    }
}

#[tokio::test]
async fn forbidden_words_become_underscores() {
    let sandbox = with(Options { forbidden_words: vec!["secret".to_owned()], ..options(Flavour::Xfs) }).await;
    let row = sandbox.upload_in_session(Form::new(), "a secret.zip", b"abc").await;
    assert_eq!(sandbox.name_of(row["file_code"].as_str().unwrap()).unwrap(), "a _.zip");
}
