//! Tests of the journal: its records of requests.

use crate::support::empty;

#[tokio::test]
async fn request_is_recorded_as_it_arrived() {
    let sandbox = empty().await;
    let url = sandbox.url("file/rename?file=x&name=%C3%89t%C3%A9+%26+co&headers[]=a&headers[]=b");
    sandbox.client.get(url).header("X-Probe", "yes").send().await.unwrap();
    let received = sandbox.journal().all().pop().unwrap();
    assert_eq!((received.method.as_str(), received.path.as_str()), ("GET", "/v1/file/rename"));
    assert_eq!(received.operation, "file/rename");
    assert_eq!(received.parameter("name"), Some("Été & co"));
    assert_eq!(received.parameter("absent"), None);
    assert_eq!(received.header("x-probe"), Some("yes"));
    let elements: Vec<&str> =
        received.query.iter().filter(|(name, _)| name == "headers[]").map(|(_, value)| value.as_str()).collect();
    assert_eq!(elements, ["a", "b"]);
}

#[tokio::test]
async fn form_and_query_are_recorded_separately() {
    let sandbox = empty().await;
    sandbox.client.post(sandbox.url("file/delete?file=q")).form(&[("file", "f")]).send().await.unwrap();
    let received = sandbox.journal().all().pop().unwrap();
    assert_eq!(received.form, [("file".to_owned(), "f".to_owned())]);
    assert!(received.query.contains(&("file".to_owned(), "q".to_owned())));
    assert_eq!(received.parameter("file"), Some("f"), "the form takes precedence");
}

#[tokio::test]
async fn requests_are_counted_and_found_by_their_path() {
    let sandbox = empty().await;
    sandbox.call("account/info").await;
    sandbox.call("file/info?file=x").await;
    sandbox.upload("", "a.mp4", b"abc").await;
    let journal = sandbox.journal();
    assert_eq!(journal.count(), 4);
    assert_eq!((journal.of("file/info").len(), journal.of("info").len(), journal.of("upload").len()), (1, 2, 1));
    let numbers: Vec<u64> = journal.all().iter().map(|received| received.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    journal.clear();
    assert_eq!((journal.count(), journal.all().len()), (0, 0));
    sandbox.call("account/info").await;
    assert_eq!(journal.all().pop().unwrap().number, 5);
}
