//! Key-value stores: a value stays until it expires, and compare-and-set loses no update. Each test runs with both
//! stores of a state.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Fleet, LIFE, assert_until, patient};
use crate::{Entry, Exchange, KeyValue};

const LONG: Duration = Duration::from_secs(600);

type Store = Arc<dyn KeyValue>;

/// Returns the values, and the records, as the two replicas see them.
fn stores(fleet: &impl Fleet) -> [[Store; 2]; 2] {
    let [one, two] = fleet.replicas();
    [[Arc::clone(&one.values), Arc::clone(&two.values)], [Arc::clone(&one.records), Arc::clone(&two.records)]]
}

async fn text(store: &Store, key: &str) -> Option<String> {
    let entry = store.get(key).await.unwrap()?;
    Some(String::from_utf8(entry.value.to_vec()).unwrap())
}

/// A value that was put is returned to all replicas until it is replaced or removed.
pub async fn value_stays_until_it_is_replaced_or_removed(fleet: &impl Fleet) {
    for [one, two] in stores(fleet) {
        assert_eq!(one.get("o/a").await.unwrap(), None);

        let first = one.put("o/a", "one".into(), LONG).await.unwrap();
        assert_eq!(text(&two, "o/a").await.as_deref(), Some("one"));
        let second = two.put("o/a", "two".into(), LONG).await.unwrap();
        assert_eq!(text(&one, "o/a").await.as_deref(), Some("two"));
        assert_ne!(second, first);
        assert_eq!(one.get("o").await.unwrap(), None, "another key");

        assert!(one.remove("o/a").await.unwrap());
        assert_eq!(two.get("o/a").await.unwrap(), None);
        assert!(!one.remove("o/a").await.unwrap());
    }
}

/// A value expires when its life ends. A replacement has a life of its own.
pub async fn value_expires_on_time_and_a_replacement_anew<F: Fleet>(fleet: &F) {
    for [one, two] in stores(fleet) {
        let end = Instant::now() + LIFE;
        one.put("o/a", "one".into(), LIFE).await.unwrap();
        one.put("o/b", "one".into(), LIFE).await.unwrap();
        one.put("o/gone", "one".into(), LONG).await.unwrap();
        one.put("o/gone", "two".into(), Duration::ZERO).await.unwrap();
        assert_eq!(text(&two, "o/gone").await, None);

        fleet.advance(LIFE - F::GRAIN).await;
        assert_until(end, text(&two, "o/a").await.is_some(), "the value expired early");
        let renewed_end = Instant::now() + LIFE;
        one.put("o/b", "two".into(), LIFE).await.unwrap();
        fleet.advance(F::GRAIN).await;
        assert_eq!(text(&two, "o/a").await, None);
        assert!(!one.remove("o/a").await.unwrap());
        assert_until(renewed_end, text(&two, "o/b").await.is_some(), "the replacement expired early");
        fleet.advance(LIFE).await;
        assert_eq!(text(&two, "o/b").await, None);
    }
}

/// Compare-and-set needs the current version. A conflict returns the current value.
pub async fn compare_and_set_replaces_only_the_expected_version(fleet: &impl Fleet) {
    for [one, two] in stores(fleet) {
        let wrong = one.compare_and_set("o/a", Some(1), "one".into(), LONG).await;
        assert_eq!(wrong.unwrap(), Exchange::Conflict(None));

        let version = done(one.compare_and_set("o/a", None, "one".into(), LONG).await.unwrap());
        let entry = Entry { value: "one".into(), version };
        assert_eq!(two.get("o/a").await.unwrap(), Some(entry.clone()));

        let again = two.compare_and_set("o/a", None, "two".into(), LONG).await;
        assert_eq!(again.unwrap(), Exchange::Conflict(Some(entry)));
        let next = done(two.compare_and_set("o/a", Some(version), "two".into(), LONG).await.unwrap());
        assert_ne!(next, version);
        assert_eq!(text(&one, "o/a").await.as_deref(), Some("two"));
    }
}

/// A conflict does not change how long the value lives.
pub async fn conflict_does_not_extend_the_values_life(fleet: &impl Fleet) {
    for [one, two] in stores(fleet) {
        let version = one.put("o/a", "one".into(), LIFE).await.unwrap();
        let conflict = two.compare_and_set("o/a", Some(version ^ 1), "two".into(), LONG).await;
        assert!(matches!(conflict.unwrap(), Exchange::Conflict(_)));

        fleet.advance(LIFE).await;
        assert_eq!(text(&one, "o/a").await, None);
    }
}

/// A version of a removed or expired value is never that of a later one.
pub async fn version_is_never_reused_after_removal_or_expiry(fleet: &impl Fleet) {
    for [one, two] in stores(fleet) {
        let removed = one.put("o/a", "one".into(), LONG).await.unwrap();
        one.remove("o/a").await.unwrap();
        let expired = one.put("o/a", "two".into(), LIFE).await.unwrap();
        fleet.advance(LIFE).await;
        let current = two.put("o/a", "three".into(), LONG).await.unwrap();

        for old in [removed, expired] {
            let late = one.compare_and_set("o/a", Some(old), "late".into(), LONG).await;
            assert!(matches!(late.unwrap(), Exchange::Conflict(Some(_))));
            assert!(!one.compare_and_remove("o/a", old).await.unwrap());
        }
        assert_eq!(text(&one, "o/a").await.as_deref(), Some("three"));
        assert!(one.compare_and_remove("o/a", current).await.unwrap());
        assert!(!one.compare_and_remove("o/a", current).await.unwrap());
        assert_eq!(text(&two, "o/a").await, None);
    }
}

/// The longest life is no error.
pub async fn value_may_have_the_longest_possible_life(fleet: &impl Fleet) {
    for [one, two] in stores(fleet) {
        one.put("o/a", "one".into(), Duration::MAX).await.unwrap();
        assert_eq!(text(&two, "o/a").await.as_deref(), Some("one"));
    }
}

/// Of many callers that create a key, one succeeds, and the others get its value.
pub async fn one_of_many_concurrent_creations_of_a_key_succeeds(fleet: &impl Fleet) {
    for stores in stores(fleet) {
        for round in 0..25 {
            let mut callers = JoinSet::new();
            for caller in 0..64 {
                let store = Arc::clone(&stores[caller % 2]);
                callers.spawn(patient(async move {
                    let value = Bytes::from(format!("caller {caller}"));
                    let key = format!("o/key {round}");
                    (value.clone(), store.compare_and_set(&key, None, value, LONG).await.unwrap())
                }));
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
}

/// Callers that count with compare-and-set count each time once.
pub async fn concurrent_counting_loses_no_update(fleet: &impl Fleet) {
    for stores in stores(fleet) {
        stores[0].put("o/count", "0".into(), LONG).await.unwrap();
        let mut callers = JoinSet::new();
        for caller in 0..16 {
            let store = Arc::clone(&stores[caller % 2]);
            callers.spawn(patient(async move {
                for _ in 0..25 {
                    count_one(&store).await;
                }
            }));
        }
        callers.join_all().await;

        assert_eq!(text(&stores[1], "o/count").await.as_deref(), Some("400"));
    }
}

async fn count_one(store: &Store) {
    let mut seen = store.get("o/count").await.unwrap().unwrap();
    loop {
        let count: u32 = std::str::from_utf8(&seen.value).unwrap().parse().unwrap();
        let next = Bytes::from((count + 1).to_string());
        match store.compare_and_set("o/count", Some(seen.version), next, LONG).await {
            Ok(Exchange::Conflict(Some(current))) => seen = current,
            done => return assert!(matches!(done, Ok(Exchange::Done(_)))),
        }
    }
}

fn done(exchange: Exchange) -> u64 {
    match exchange {
        Exchange::Done(version) => version,
        Exchange::Conflict(entry) => panic!("a conflict with {entry:?}"),
    }
}
