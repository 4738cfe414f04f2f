//! Tests of thumbnails, and of the web pages of files.

use crate::support::empty;

#[tokio::test]
async fn splash_is_the_url_of_a_jpeg() {
    let sandbox = empty().await;
    let thumbnails = [sandbox.add_file("0", "a.mp4", b"abc"), sandbox.add_file("0", "b.mp4", b"abc")].map(async |id| {
        let url = sandbox.result(&format!("file/getsplash?file={id}")).await.as_str().unwrap().to_owned();
        assert!(url.starts_with(sandbox.base_url().trim_end_matches("v1")), "{url}");
        let response = sandbox.client.get(url).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"image/jpeg".parse().unwrap())
        );
        response.bytes().await.unwrap()
    });
    let [first, second] = thumbnails;
    let (first, second) = (first.await, second.await);
    assert!(first.starts_with(&[0xff, 0xd8, 0xff]) && first.ends_with(&[0xff, 0xd9]));
    assert_ne!(first, second);
}

#[tokio::test]
async fn file_without_a_thumbnail_has_an_error() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(sandbox.refusal("file/getsplash?file=unknown").await, (404, "Video not found".to_owned()));
    sandbox.break_file(&id);
    assert_eq!(sandbox.refusal(&format!("file/getsplash?file={id}")).await.0, 500);
    sandbox.block_file(&id);
    assert_eq!(sandbox.refusal(&format!("file/getsplash?file={id}")).await.0, 451);
}

#[tokio::test]
async fn links_lead_to_pages() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    let file = sandbox.result("file/listfolder").await["files"][&id].clone();
    for link in ["link", "embed_link"] {
        let response = sandbox.client.get(file[link].as_str().unwrap()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "a.mp4\n");
    }
}
