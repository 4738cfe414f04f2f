//! Tests of lists in the notations of sites.

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
struct Named {
    name: String,
}

type Read = (Vec<(Option<String>, String)>, usize);

fn entries(json: &str) -> Result<Entries<(Option<String>, String)>, Unreadable> {
    let list: List<'_, Named> = super::super::value(json).unwrap();
    list.read(|key, named| (!named.name.is_empty()).then(|| (key.map(str::to_owned), named.name)))
}

fn read(json: &str) -> Read {
    let entries = entries(json).unwrap();
    (entries.items, entries.unreadable)
}

fn keyed(pairs: &[(&str, &str)]) -> Vec<(Option<String>, String)> {
    pairs.iter().map(|(key, name)| (Some((*key).to_owned()), (*name).to_owned())).collect()
}

#[test]
fn list_is_read_in_order_in_every_notation() {
    let pairs = keyed(&[("b", "B"), ("a", "A")]);
    assert_eq!(read(r#"{"b": {"name": "B"}, "a": {"name": "A"}}"#), (pairs.clone(), 0));
    assert_eq!(read(r#"[{"b": {"name": "B"}}, {"a": {"name": "A"}}]"#), (pairs, 0));
    assert_eq!(read(r#"[{"name": "B"}]"#), (vec![(None, "B".into())], 0));
    assert_eq!(read(r#"[{"name": "B", "inner": {"x": 1}}]"#), (vec![(None, "B".into())], 0));
    assert_eq!(read(r#"[{"inner": {"x": 1}, "name": "B"}]"#), (vec![(None, "B".into())], 0));
}

#[test]
fn empty_list_is_read_in_every_notation() {
    for nothing in ["[]", "{}", "null", "false", "\"\"", "0"] {
        assert_eq!(read(nothing), (vec![], 0), "{nothing}");
        let list: List<'_, Named> = super::super::value(nothing).unwrap();
        assert_eq!(list.is_given(), matches!(nothing, "[]" | "{}"), "{nothing}");
        assert!(!list.is_absent());
    }
    assert!(List::<Named>::default().is_absent());
}

#[test]
fn unreadable_entry_is_counted_and_others_are_read() {
    assert_eq!(read(r#"{"x": 1, "a": {"name": "A"}}"#), (keyed(&[("a", "A")]), 1));
    assert_eq!(read(r#"["x", null, {"name": "A"}, {"y": {"name": 5}}]"#), (vec![(None, "A".into())], 3));
    assert_eq!(read(r#"[[], {}, {"name": ""}, {"name": "A"}]"#), (vec![(None, "A".into())], 3));
    assert_eq!(read(r#"{"\ud800": {"name": "A"}}"#), (keyed(&[("\u{fffd}\u{fffd}\u{fffd}", "A")]), 0));
}

#[test]
fn list_of_garbage_is_rejected_at_its_first_entries() {
    for entry in ["[]", "{}", "null", "7", "\"x\"", r#"{"name": 5}"#, r#"{"name": ""}"#, "[[[]]]"] {
        let list = |count: usize| format!("[{}]", vec![entry; count].join(","));
        assert!(entries(&list(GIVE_UP_AFTER - 1)).unwrap().none_readable(), "{entry}");
        // With this many unreadable entries at its start, the list is rejected.
        let cut = list(GIVE_UP_AFTER);
        assert_eq!(entries(&cut), Err(Unreadable::NoEntry), "{entry}");
    }
}

#[test]
fn entries_that_outgrow_their_answer_are_rejected() {
    let list = format!("[{}]", vec![r#"{"name":"A"}"#; 10_000].join(","));
    let read = |weight: usize| {
        let list: List<'_, Named> = super::super::value(&list).unwrap();
        list.read_some(|_, named| Some(Some(named.name)), |_| weight).map(|entries| entries.items.len())
    };
    assert_eq!(read(0), Ok(10_000));
    assert_eq!(read(10_000), Err(Unreadable::TooMany));
}

#[test]
fn memory_for_an_answer_is_a_multiple_with_a_floor() {
    assert_eq!(memory_for(0), BASE);
    assert_eq!(memory_for(1_000), 36_000 + BASE);
    assert_eq!(memory_for(64 << 20), (256 << 20) + FLOOR);
    assert_eq!(memory_for(usize::MAX), usize::MAX);
}
