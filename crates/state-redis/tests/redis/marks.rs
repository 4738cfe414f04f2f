//! Tests of marks, which replicas share.

use std::sync::Arc;

use polyhost_state::Marks;
use polyhost_state::conformance::patient;

use crate::fleet::Pair;

#[tokio::test]
async fn replicas_read_each_others_marks_once() {
    let pair = Pair::start().await;
    let [one, two] = pair.replicas.each_ref().map(|replica| Arc::clone(replica.state.marks.as_ref().unwrap()));
    patient(async {
        one.add("user", "f/1").await.unwrap();
        one.add("user", "f/2").await.unwrap();
        let (first, position) = two.since("user", 0).await.unwrap();
        assert_eq!(first, ["f/1", "f/2"]);

        one.add("user", "f/3").await.unwrap();
        let (next, later) = two.since("user", position).await.unwrap();
        assert_eq!(next, ["f/3"]);
        assert!(later > position);
        assert_eq!(two.since("user", later).await.unwrap(), (Vec::new(), later));
        assert_eq!(two.since("other", 0).await.unwrap(), (Vec::new(), 0));
    })
    .await;
}

#[tokio::test]
async fn mark_that_is_added_again_is_read_again() {
    let pair = Pair::start().await;
    let marks: &Arc<dyn Marks> = pair.replicas[0].state.marks.as_ref().unwrap();
    patient(async {
        marks.add("user", "f/1").await.unwrap();
        marks.add("user", "f/2").await.unwrap();
        let (_, position) = marks.since("user", 0).await.unwrap();

        marks.add("user", "f/1").await.unwrap();
        assert_eq!(marks.since("user", position).await.unwrap().0, ["f/1"]);
    })
    .await;
}
