//! Tests of the key-value store: a value stays until it expires, and compare-and-set loses no update.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::{Entry, Exchange, KeyValue, MemoryKeyValue, Port, State, StateErrorKind};
use tokio::task::JoinSet;
use tokio::time::advance;

const TTL: Duration = Duration::from_secs(60);

fn values() -> Arc<dyn KeyValue> {
    State::in_memory().values
}

async fn text(values: &Arc<dyn KeyValue>, key: &str) -> Option<String> {
    let entry = values.get(key).await.unwrap()?;
    Some(String::from_utf8(entry.value.to_vec()).unwrap())
}

#[tokio::test]
async fn value_stays_until_it_is_replaced_or_removed() {
    let values = values();
    assert_eq!(values.get("a").await.unwrap(), None);

    let first = values.put("a", "one".into(), TTL).await.unwrap();
    assert_eq!(text(&values, "a").await.as_deref(), Some("one"));
    let second = values.put("a", "two".into(), TTL).await.unwrap();
    assert_eq!(text(&values, "a").await.as_deref(), Some("two"));
    assert_ne!(second, first);

    assert!(values.remove("a").await.unwrap());
    assert_eq!(values.get("a").await.unwrap(), None);
    assert!(!values.remove("a").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn value_expires_on_time_and_a_replacement_anew() {
    let values = values();
    values.put("a", "one".into(), TTL).await.unwrap();
    values.put("b", "one".into(), TTL).await.unwrap();
    values.put("gone", "one".into(), Duration::ZERO).await.unwrap();
    assert_eq!(text(&values, "gone").await, None);

    advance(TTL - Duration::from_millis(1)).await;
    assert_eq!(text(&values, "a").await.as_deref(), Some("one"));
    values.put("b", "two".into(), TTL).await.unwrap();
    advance(Duration::from_millis(1)).await;
    assert_eq!(text(&values, "a").await, None);
    assert!(!values.remove("a").await.unwrap());
    assert_eq!(text(&values, "b").await.as_deref(), Some("two"));
    advance(TTL).await;
    assert_eq!(text(&values, "b").await, None);
}

#[tokio::test]
async fn compare_and_set_replaces_only_the_expected_version() {
    let values = values();
    let wrong = values.compare_and_set("a", Some(1), "one".into(), TTL).await;
    assert_eq!(wrong.unwrap(), Exchange::Conflict(None));

    let made = values.compare_and_set("a", None, "one".into(), TTL).await;
    let Exchange::Done(version) = made.unwrap() else {
        panic!("the key was free");
    };
    let entry = Entry { value: "one".into(), version };
    assert_eq!(values.get("a").await.unwrap(), Some(entry.clone()));

    let again = values.compare_and_set("a", None, "two".into(), TTL).await;
    assert_eq!(again.unwrap(), Exchange::Conflict(Some(entry)));
    let next = values.compare_and_set("a", Some(version), "two".into(), TTL).await;
    assert!(matches!(next.unwrap(), Exchange::Done(next) if next > version));
    assert_eq!(text(&values, "a").await.as_deref(), Some("two"));
}

#[tokio::test(start_paused = true)]
async fn conflict_does_not_extend_the_values_life() {
    let values = values();
    values.put("a", "one".into(), TTL).await.unwrap();
    advance(TTL / 2).await;
    let conflict = values.compare_and_set("a", None, "two".into(), TTL).await;
    assert!(matches!(conflict.unwrap(), Exchange::Conflict(Some(_))));

    advance(TTL / 2).await;
    assert_eq!(text(&values, "a").await, None);
}

#[tokio::test(start_paused = true)]
async fn version_is_never_reused_after_removal_or_expiry() {
    let values = values();
    let removed = values.put("a", "one".into(), TTL).await.unwrap();
    values.remove("a").await.unwrap();
    let expired = values.put("a", "two".into(), TTL).await.unwrap();
    advance(TTL).await;
    let current = values.put("a", "three".into(), TTL).await.unwrap();

    for old in [removed, expired] {
        let late = values.compare_and_set("a", Some(old), "late".into(), TTL).await;
        assert!(matches!(late.unwrap(), Exchange::Conflict(Some(_))));
        assert!(!values.compare_and_remove("a", old).await.unwrap());
    }
    assert_eq!(text(&values, "a").await.as_deref(), Some("three"));
    assert!(values.compare_and_remove("a", current).await.unwrap());
    assert!(!values.compare_and_remove("a", current).await.unwrap());
    assert_eq!(text(&values, "a").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_concurrent_creations_of_a_key_succeeds() {
    let values = values();
    for round in 0..50 {
        let mut callers = JoinSet::new();
        for caller in 0..64 {
            let values = Arc::clone(&values);
            callers.spawn(async move {
                let value = Bytes::from(format!("caller {caller}"));
                let exchange = values.compare_and_set(&format!("key {round}"), None, value.clone(), TTL).await.unwrap();
                (value, exchange)
            });
        }
        let (won, lost): (Vec<_>, Vec<_>) =
            callers.join_all().await.into_iter().partition(|(_, exchange)| matches!(exchange, Exchange::Done(_)));

        assert_eq!(won.len(), 1);
        for (_, exchange) in lost {
            let Exchange::Conflict(Some(entry)) = exchange else {
                panic!("the conflict does not contain the current value: {exchange:?}");
            };
            assert_eq!(entry.value, won[0].0);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_counting_loses_no_update() {
    let values = values();
    values.put("count", "0".into(), TTL).await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let values = Arc::clone(&values);
        callers.spawn(async move {
            for _ in 0..100 {
                count_one(&values).await;
            }
        });
    }
    callers.join_all().await;

    assert_eq!(text(&values, "count").await.as_deref(), Some("1600"));
}

async fn count_one(values: &Arc<dyn KeyValue>) {
    let mut seen = values.get("count").await.unwrap().unwrap();
    loop {
        let count: u32 = std::str::from_utf8(&seen.value).unwrap().parse().unwrap();
        let next = Bytes::from((count + 1).to_string());
        let expected = Some(seen.version);
        match values.compare_and_set("count", expected, next, TTL).await {
            Ok(Exchange::Conflict(Some(current))) => seen = current,
            done => return assert!(matches!(done, Ok(Exchange::Done(_)))),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn full_store_rejects_new_values_and_keeps_the_old() {
    let values: Arc<dyn KeyValue> = Arc::new(MemoryKeyValue::with_capacity(10_000));
    let large = Bytes::from(vec![b'x'; 8_000]);
    values.put("a", large.clone(), TTL).await.unwrap();

    let refused = values.put("b", large.clone(), TTL).await.unwrap_err();
    assert_eq!(refused.port, Port::Values);
    assert_eq!(refused.kind, StateErrorKind::Full);
    let refused = values.compare_and_set("b", None, large.clone(), TTL).await;
    assert_eq!(refused.unwrap_err().kind, StateErrorKind::Full);
    assert_eq!(values.get("b").await.unwrap(), None);

    let too_large = Bytes::from(vec![b'y'; 10_000]);
    assert!(values.put("a", too_large, TTL).await.is_err());
    assert_eq!(values.get("a").await.unwrap().unwrap().value, large);

    values.put("a", large.clone(), TTL).await.unwrap();
    advance(TTL).await;
    values.put("b", large, TTL).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn owner_cannot_take_the_room_of_later_owners() {
    // Room for about 1,280 values, of which 960 are shared; 10 are reserved for each owner.
    let values = MemoryKeyValue::shared_by_owners(1_280_000);
    let mut room = Vec::new();
    for number in 0..32 {
        room.push(fill(&values, &format!("owner-{number}")).await);
    }
    for (number, (most, least)) in [(500, 480), (260, 240), (140, 120)].into_iter().enumerate() {
        assert!((least..=most).contains(&room[number]), "half of the rest, and the reserved share: {room:?}");
    }
    assert!(room.iter().all(|room| *room >= 10), "each owner, however late, has its reserved share: {room:?}");
    assert_eq!(fill(&values, "owner-0").await, 0, "an owner with more than is left free gets no more");

    tokio::time::advance(TTL).await;
    assert_eq!(fill(&values, "owner-31").await, room[0], "expired values make room");
}

#[tokio::test]
async fn replacement_of_the_same_size_always_has_room() {
    let values = MemoryKeyValue::shared_by_owners(100_000);
    fill(&values, "first").await;
    let entry = values.get("first/0").await.unwrap().unwrap();
    let same = vec![b'y'; entry.value.len()].into();
    let put = values.compare_and_set("first/0", Some(entry.version), same, TTL).await;
    assert!(matches!(put, Ok(Exchange::Done(_))));
    let more = vec![b'y'; entry.value.len() + 2_000].into();
    assert_eq!(values.put("first/0", more, TTL).await.unwrap_err().kind, StateErrorKind::Full);
}

/// Puts values of about a thousand bytes until there is no room for another, and returns their number.
async fn fill(values: &dyn KeyValue, owner: &str) -> usize {
    let mut room = 0;
    for number in 0..1_000 {
        let value = vec![b'x'; 720].into();
        let put = values.compare_and_set(&format!("{owner}/{number}"), None, value, TTL).await;
        room += usize::from(matches!(put, Ok(Exchange::Done(_))));
    }
    room
}
