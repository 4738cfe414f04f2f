//! The names of files at a destination, when several files of a folder have the same name.

use std::collections::HashMap;

use crate::item::{Item, name_key};

/// Gives each item of a folder a name of its own: files and folders that share a name get their id in it. `name` is the
/// name that an item has otherwise. The result does not depend on the order, so a second run finds the same names.
pub(super) fn distinct(items: &[Item], name: impl Fn(&Item) -> String) -> Vec<String> {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for item in items {
        *uses.entry(name_key(&name(item))).or_default() += 1;
    }
    let distinct = |item: &Item| {
        let name = name(item);
        if uses.get(&name_key(&name)) == Some(&1) { name } else { with_id(&name, &item.id) }
    };
    items.iter().map(distinct).collect()
}

/// Inserts an id before the extension: `clip (1253).mp4`.
fn with_id(name: &str, id: &str) -> String {
    match name.rfind('.') {
        None | Some(0) => format!("{name} ({id})"),
        Some(dot) => {
            let (stem, extension) = name.split_at(dot);
            format!("{stem} ({id}){extension}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_shared_names_get_the_id() {
        let names = [("1", "a.mp4"), ("2", "b.mp4"), ("3", "a.mp4"), ("4", "E\u{301}"), ("5", "\u{c9}")];
        let items = names.map(|(id, name)| Item::read(&json!({"type": "file", "id": id, "name": name})).unwrap());
        let distinct = distinct(&items, |item| item.name.clone());
        assert_eq!(distinct, ["a (1).mp4", "b.mp4", "a (3).mp4", "E\u{301} (4)", "\u{c9} (5)"]);
    }
}
