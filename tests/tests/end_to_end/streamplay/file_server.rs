//! Tests of the site's file server: the gateway checks its answers against the API's, and sends it nothing that it does
//! not need.

use polyhost_sandbox::yetishare::{Options, Redirects};
use polyhost_sandbox::{Fault, Garbage};

use super::world::{World, at, bytes, check_request, site};

fn path(file: &str) -> String {
    at(&format!("files/{file}/content"))
}

/// Downloads a file, and returns the bytes of a complete success; `None` if it fails or is cut.
async fn read(world: &World, file: &str, range: Option<&str>) -> Option<Vec<u8>> {
    let request = world.caller.request("GET", &path(file));
    let request = range.into_iter().fold(request, |request, range| request.header("range", range));
    let response = request.send().await.ok().filter(|response| response.status().is_success())?;
    Some(response.bytes().await.ok()?.to_vec())
}

#[tokio::test]
async fn cookies_of_the_file_server_stay_with_the_gateway() {
    let world = World::start().await;
    world.site.redirect_downloads(Redirects::Hops(2));
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for _ in 0..2 {
        let answer = world.caller.get(&path(&file)).await.status(200);
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(answer.body, b"hello");
    }
    // Each request was checked: no cookie was sent back, and no credentials were sent.
    let operations = world.operations();
    assert_eq!(operations.iter().filter(|operation| *operation == "content").count(), 2, "{operations:?}");
}

#[tokio::test]
async fn header_fields_of_the_caller_are_not_forwarded() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    let request = world.caller.request("GET", &path(&file)).header("cookie", "a=b").header("x-own", "mine");
    world.caller.send(request.header("referer", "https://example.org/")).await.status(200);
    for call in world.arrived() {
        assert!(call.header("x-own").is_none() && call.header("cookie").is_none(), "{call:?}");
        let key = crate::world::KEY;
        assert!(call.headers.iter().all(|(_, value)| !value.contains(key)), "{call:?}");
    }
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for hops in [1, 5] {
        world.site.redirect_downloads(Redirects::Hops(hops));
        assert_eq!(world.caller.get(&path(&file)).await.status(200).body, b"hello");
        let part = world.caller.request("GET", &path(&file)).header("range", "bytes=1-3");
        assert_eq!(world.caller.send(part).await.status(206).body, b"ell");
    }
    world.site.redirect_downloads(Redirects::Hops(6));
    world.arrived();
    world.caller.get(&path(&file)).await.problem(502, "upstream_invalid_response");
    assert!(world.operations().iter().filter(|operation| *operation == "hop").count() <= 6);
}

#[tokio::test]
async fn redirect_to_another_server_leaks_no_credentials() {
    let world = World::start().await;
    let other = site(&world.clock, |_| ()).await;
    let bytes = bytes(1_000);
    let (here, there) = (world.site.add_file("0", "a.mp4", &bytes), other.add_file("0", "b.mp4", &bytes));
    world.site.redirect_downloads(Redirects::To(other.direct_link(&there).unwrap()));
    assert!(world.caller.get(&path(&here)).await.status(200).body == bytes);
    let arrived = other.journal().all();
    assert_eq!(arrived.len(), 1);
    check_request(&arrived[0]);
    let login = world.site.journal().of("file/download")[0].parameter("access_token").unwrap().to_owned();
    assert!(!format!("{arrived:?}").contains(&login));
}

#[tokio::test]
async fn redirect_to_a_non_http_url_is_not_followed() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for address in ["file:///etc/passwd", "ftp://127.0.0.1/a.mp4", "javascript:alert(1)", "http://", "data:,hello"] {
        world.site.redirect_downloads(Redirects::To(address.to_owned()));
        let answer = world.caller.get(&path(&file)).await;
        assert_eq!(answer.status, 502, "{address}: {}", answer.text());
    }
}

#[tokio::test]
async fn page_of_an_expired_link_is_never_served_as_the_file() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", &bytes(5_000));
    world.site.redirect_downloads(Redirects::To("/error.html".to_owned()));
    for range in [None, Some("bytes=0-9"), Some("bytes=-9")] {
        let request = world.caller.request("GET", &path(&file));
        let request = range.into_iter().fold(request, |request, range| request.header("range", range));
        let problem = world.caller.send(request).await.problem(502, "upstream_invalid_response");
        assert_eq!(problem["retryable"], true);
        assert_eq!(problem["upstream"]["provider"], "streamplay");
    }
    world.site.redirect_downloads(Redirects::None);
    world.inject("content", Fault::Garbage(Garbage::Html));
    world.caller.get(&path(&file)).await.problem(502, "upstream_invalid_response");
}

#[tokio::test]
async fn error_of_the_file_server_is_a_problem() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", b"hello");
    for (status, expected, code) in
        [(500, 502, "upstream_error"), (503, 502, "upstream_error"), (429, 429, "upstream_rate_limited")]
    {
        world.site.faults().clear();
        world.inject("content", Fault::http(status));
        let problem = world.caller.get(&path(&file)).await.problem(expected, code);
        assert_eq!(problem["retryable"], true, "{status}");
    }
    world.site.faults().clear();
    world.inject("content", Fault::Reset);
    world.caller.get(&path(&file)).await.problem(503, "upstream_unavailable");
}

/// The options of a site whose file server sends lengths, and of one whose file server does not.
fn with_and_without_lengths() -> [fn(&mut Options); 2] {
    [|_| (), |options| options.download_headers = false]
}

#[tokio::test]
async fn cut_stream_never_looks_complete() {
    for options in with_and_without_lengths() {
        let world = World::at_site(options).await;
        let file = world.site.add_file("0", "a.mp4", &bytes(200_000));
        assert_eq!(read(&world, &file, None).await.map(|bytes| bytes.len()), Some(200_000));
        assert_eq!(read(&world, &file, Some("bytes=10-")).await.map(|bytes| bytes.len()), Some(199_990));
        for sent in [0, 5, 199_999] {
            world.site.faults().clear();
            world.inject("content", Fault::CutBody { sent });
            assert_eq!(read(&world, &file, None).await, None, "{sent} bytes came");
        }
        world.site.faults().clear();
        world.inject("content", Fault::CutBody { sent: 100 });
        assert_eq!(read(&world, &file, Some("bytes=10-")).await, None);
    }
}

/// Downloads a file of 1,000 bytes for which the site reports another size, and returns the number of received bytes.
async fn read_claimed(claimed: u64) -> [Option<usize>; 2] {
    let mut lengths = [None; 2];
    for (length, options) in lengths.iter_mut().zip(with_and_without_lengths()) {
        let world = World::at_site(options).await;
        let file = world.site.add_file("0", "a.mp4", &bytes(1_000));
        world.site.claim_size(&file, claimed);
        *length = read(&world, &file, None).await.map(|bytes| bytes.len());
    }
    lengths
}

#[tokio::test]
async fn body_shorter_than_the_file_size_is_an_error() {
    assert_eq!(read_claimed(2_000).await, [None, None]);
}

#[tokio::test]
async fn body_longer_than_the_file_size_is_an_error() {
    assert_eq!(read_claimed(500).await, [None, None]);
}

#[tokio::test]
async fn stalled_body_times_out_and_a_slow_one_does_not() {
    let settings = "idle_timeout = \"1500ms\"\nrequest_timeout = \"2500ms\"";
    let world = World::configured(|configuration| {
        configuration.server(settings).upstream("attempt_timeout = \"1500ms\"\ndeadline = \"2s\"")
    })
    .await;
    let file = world.site.add_file("0", "a.mp4", &bytes(100));
    world.inject("content", Fault::Drip { millis: 30 });
    assert_eq!(read(&world, &file, None).await.map(|bytes| bytes.len()), Some(100));
    world.site.faults().clear();
    world.inject("content", Fault::Drip { millis: 60_000 });
    assert_eq!(read(&world, &file, None).await, None);
}

#[tokio::test]
async fn cancelled_download_releases_its_permit() {
    let world = World::configured(|configuration| {
        configuration.upstream("max_concurrency = 1\nrequests_per_second = 0.0\ndeadline = \"5s\"")
    })
    .await;
    let file = world.site.add_file("0", "a.mp4", &bytes(100_000));
    world.inject("content", Fault::Drip { millis: 50 });
    for _ in 0..3 {
        let response = world.caller.request("GET", &path(&file)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        drop(response);
    }
    world.site.faults().clear();
    assert_eq!(read(&world, &file, None).await.map(|bytes| bytes.len()), Some(100_000));
}

#[tokio::test]
async fn file_server_without_ranges_serves_the_whole_file() {
    let world = World::at_site(|options| options.ignore_range = true).await;
    let bytes = bytes(1_000);
    let file = world.site.add_file("0", "a.mp4", &bytes);
    let part = world.caller.request("GET", &path(&file)).header("range", "bytes=5-9");
    let answer = world.caller.send(part).await.status(200);
    assert_eq!((answer.header("content-range"), answer.header("content-length")), (None, Some("1000")));
    assert!(answer.body == bytes);
}

#[tokio::test]
async fn file_server_without_lengths_is_streamed() {
    let world = World::at_site(|options| options.download_headers = false).await;
    let bytes = bytes(300_000);
    let file = world.site.add_file("0", "a.mp4", &bytes);
    let answer = world.caller.get(&path(&file)).await.status(200);
    assert_eq!(answer.header("content-length"), Some("300000"));
    assert!(answer.body == bytes);
    let part = world.caller.request("GET", &path(&file)).header("range", "bytes=5-9");
    let answer = world.caller.send(part).await.status(206);
    assert_eq!(answer.header("content-range"), Some("bytes 5-9/300000"));
    assert_eq!(answer.body, bytes[5..10]);
}

#[tokio::test]
async fn wrong_416_of_the_file_server_is_not_passed_on() {
    let world = World::start().await;
    let file = world.site.add_file("0", "a.mp4", &bytes(1_000));
    let shorter = vec![("Content-Range".to_owned(), "bytes */500".to_owned())];
    let with_its_size = Fault::Status { http: 416, body_status: None, headers: shorter, body: None };
    for fault in [Fault::http(416), with_its_size] {
        world.site.faults().clear();
        world.inject("content", fault);
        for range in ["bytes=600-699", "bytes=999-", "bytes=-1"] {
            let part = world.caller.request("GET", &path(&file)).header("range", range);
            let answer = world.caller.send(part).await;
            let problem = answer.problem(502, "upstream_invalid_response");
            assert_eq!((&problem["retryable"], answer.header("content-range")), (&true.into(), None), "{range}");
        }
        // A range beyond the end is refused without a call.
        world.arrived();
        let beyond = world.caller.request("GET", &path(&file)).header("range", "bytes=1000-");
        world.caller.send(beyond).await.problem(416, "range_not_satisfiable");
        assert!(!world.operations().contains(&"content".to_owned()));
    }
}
