//! Tests of `file/list`.

use std::time::Duration;

use polyhost_sandbox::xfilesharing::{Flavour, Options};
use serde_json::json;

use crate::support::{column, empty, options, with};

#[tokio::test]
async fn pages_are_counted_wrongly() {
    let sandbox = empty(Flavour::Xvs).await;
    for _ in 0..7 {
        sandbox.add_file("0", "a.mp4", b"abc");
    }
    for (page, results, pages) in [(1, 5, 1), (2, 2, 4), (3, 0, 0)] {
        let list = sandbox.result(&format!("file/list?per_page=5&page={page}")).await;
        let actual = (&list["results"], &list["results_total"], &list["pages"]);
        assert_eq!(actual, (&json!(results), &json!(7), &json!(pages)), "{page}");
    }
}

#[tokio::test]
async fn newest_file_is_first_and_pages_move() {
    let sandbox = empty(Flavour::Xvs).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.insert(0, sandbox.add_file("0", "a.mp4", b"abc"));
        sandbox.clock.advance(Duration::from_secs(1));
    }
    let list = sandbox.result("file/list?per_page=2").await;
    assert_eq!(column(&list["files"], "file_code"), codes[..2]);
    sandbox.call(&format!("file/delete?file_code={}", codes[0])).await;
    let list = sandbox.result("file/list?per_page=2&page=2").await;
    assert_eq!(list["files"], json!([]), "the last file was pulled to the first page");
}

#[tokio::test]
async fn folder_zero_is_root_or_no_filter() {
    for (flavour, zero, missing) in
        [(Flavour::Xvs, 1, 2), (Flavour::Xfs, 2, 2), (Flavour::Dood, 1, 1), (Flavour::Voe, 1, 2)]
    {
        let sandbox = empty(flavour).await;
        let folder = sandbox.add_folder("0", "Films");
        sandbox.add_file("0", "a.mp4", b"abc");
        sandbox.add_file(&folder, "b.mp4", b"abc");
        let rows = if flavour == Flavour::Voe { "data" } else { "files" };
        let count =
            async |filter: &str| sandbox.result(&format!("file/list?{filter}")).await[rows].as_array().unwrap().len();
        assert_eq!((count("fld_id=0").await, count("").await), (zero, missing), "{flavour:?}");
        assert_eq!(count(&format!("fld_id={folder}")).await, 1);
        assert_eq!(count("fld_id=999").await, 2, "an unknown folder is no filter");
    }
}

#[tokio::test]
async fn foreign_files_are_in_no_listing() {
    for flavour in [Flavour::Xvs, Flavour::Xfs] {
        let sandbox = empty(flavour).await;
        let list = sandbox.result(&format!("file/list?fld_id={}", sandbox.foreign_folder())).await;
        assert_eq!(list["files"], json!([]));
    }
}

#[tokio::test]
async fn title_and_date_filter() {
    let sandbox = empty(Flavour::Xvs).await;
    let old = sandbox.add_file("0", "Big (old)", b"abc");
    sandbox.clock.advance(Duration::from_secs(600));
    let new = sandbox.add_file("0", "Big new", b"abc");
    let found =
        async |filter: &str| column(&sandbox.result(&format!("file/list?{filter}")).await["files"], "file_code");
    assert_eq!(found("title=big%25old").await, std::slice::from_ref(&old));
    assert_eq!(found("title=%26%2340;").await, std::slice::from_ref(&old), "the stored form");
    assert_eq!(found("title=%22zzz").await, [new.clone(), old.clone()], "a quote makes it no filter");
    assert_eq!(found("created=5").await, std::slice::from_ref(&new));
    assert_eq!(found("created=2026-03-04%2001:35:00").await, [new]);
}

#[tokio::test]
async fn unstable_ties_swap_between_calls() {
    let sandbox = with(Options { unstable_ties: true, ..options(Flavour::Xvs) }).await;
    sandbox.add_file("0", "a.mp4", b"abc");
    sandbox.add_file("0", "b.mp4", b"abc");
    let first = column(&sandbox.result("file/list").await["files"], "file_code");
    let mut second = column(&sandbox.result("file/list").await["files"], "file_code");
    second.reverse();
    assert_eq!(first, second);
}

#[tokio::test]
async fn stale_total_is_renewed_after_five_minutes() {
    let sandbox = with(Options { stale_totals: true, ..options(Flavour::Xvs) }).await;
    let total = async || sandbox.result("file/list").await["results_total"].clone();
    assert_eq!(total().await, 0);
    sandbox.add_file("0", "a.mp4", b"abc");
    assert_eq!(total().await, 0);
    sandbox.clock.advance(Duration::from_secs(300));
    assert_eq!(total().await, 1);
}

#[tokio::test]
async fn largest_page_is_a_limit() {
    let sandbox = with(Options { per_page: (1, 2), ..options(Flavour::Xfs) }).await;
    for _ in 0..3 {
        sandbox.add_file("0", "a.zip", b"abc");
    }
    for (filter, expected) in [("", 1), ("per_page=0", 1), ("per_page=9", 2)] {
        let list = sandbox.result(&format!("file/list?{filter}")).await;
        assert_eq!((&list["results"], list.get("pages")), (&json!(expected), None));
    }
}
