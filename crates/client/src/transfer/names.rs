//! The names of files at a destination, when several files of a folder have the same name.

use std::collections::HashMap;

use super::download::MAX_LENGTH;
use crate::item::{Item, name_key};

/// Gives each item of a folder a name of its own: files and folders that share a name get their id in it. `allowed`
/// turns a wanted name of an item into one that the destination allows. Ids come from the gateway, so a name with an id
/// passes through it too. The result does not depend on the order, so a second run finds the same names.
pub(super) fn distinct(items: &[Item], allowed: impl Fn(&str, &Item) -> String) -> Vec<String> {
    let name = |item: &Item| allowed(&item.name, item);
    let mut uses: HashMap<String, usize> = HashMap::new();
    for item in items {
        *uses.entry(name_key(&name(item))).or_default() += 1;
    }
    let distinct = |item: &Item| {
        let name = name(item);
        if uses.get(&name_key(&name)) == Some(&1) { name } else { allowed(&with_id(&name, &item.id), item) }
    };
    items.iter().map(distinct).collect()
}

/// Inserts an id before the extension: `clip (1253).mp4`. Shortens the rest, so that a later limit does not cut the id.
fn with_id(name: &str, id: &str) -> String {
    let dot = name.rfind('.').filter(|dot| *dot > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    let room = MAX_LENGTH.saturating_sub(extension.len() + id.len() + " ()".len());
    format!("{} ({id}){extension}", &stem[..stem.floor_char_boundary(room)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::download::safe_name;
    use serde_json::json;

    #[test]
    fn only_shared_names_get_the_id() {
        let names = [("1", "a.mp4"), ("2", "b.mp4"), ("3", "a.mp4"), ("4", "E\u{301}"), ("5", "\u{c9}")];
        let items = names.map(|(id, name)| Item::read(&json!({"type": "file", "id": id, "name": name})).unwrap());
        let distinct = distinct(&items, |name, _| name.to_owned());
        assert_eq!(distinct, ["a (1).mp4", "b.mp4", "a (3).mp4", "E\u{301} (4)", "\u{c9} (5)"]);
    }

    #[test]
    fn name_with_an_id_is_one_short_path_component() {
        let long = format!("{}.mp4", "é".repeat(200));
        let names = [("/../../x", "a.mp4"), ("2", "a.mp4"), ("33", &long), ("44", &long)];
        let items = names.map(|(id, name)| Item::read(&json!({"type": "file", "id": id, "name": name})).unwrap());
        let distinct = distinct(&items, |name, item| safe_name(Some(name), &item.id));
        assert_eq!(distinct[..2], ["a (_.._.._x).mp4", "a (2).mp4"]);
        for (name, ending) in distinct[2..].iter().zip(["é (33).mp4", "é (44).mp4"]) {
            assert!(name.ends_with(ending) && name.len() <= MAX_LENGTH, "{name}");
        }
    }
}
