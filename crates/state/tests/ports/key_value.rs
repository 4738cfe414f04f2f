//! Tests of the key-value store in memory beside the conformance suite: its capacity, and its fair sharing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_state::{Exchange, KeyValue, MemoryKeyValue, Port, StateErrorKind};
use tokio::time::advance;

const TTL: Duration = Duration::from_secs(60);

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
