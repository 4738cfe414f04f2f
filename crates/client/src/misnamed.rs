//! The failures for locations that name no object, or several. They say which one was probably meant.

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::item::{Item, Kind, name_key};
use crate::location::Location;
use crate::tree::Folder;

/// The number of names that are compared. A larger folder would delay the message.
const COMPARED: &str = "1000";

/// Creates the failure for a name that a folder does not contain. `kind` says what was looked for.
pub(crate) async fn missing(gateway: &Gateway, folder: &Folder, name: &str, kind: &str) -> Failure {
    let detail = format!("There is no {kind} {}.", folder.path_of(name));
    let failure = Failure::from_client("not_found", "Not found", detail);
    match closest(gateway, folder, name).await {
        Some(meant) => failure.with_hint(format!("Did you mean {}?", folder.path_of(&meant))),
        None => failure,
    }
}

/// Creates the failure for a name that several objects have.
pub(crate) fn ambiguous(path: &str, items: &[Item], account: &str) -> Failure {
    let choice = |item: &Item| match item.kind {
        Kind::File => format!("{account}:#{}", item.id),
        Kind::Folder => format!("{account}:#{}/", item.id),
    };
    let choices: Vec<String> = items.iter().map(choice).collect();
    let detail = format!("{} objects have the name {path}. Use one of the ids: {}", items.len(), choices.join(", "));
    Failure::from_client("ambiguous_name", "The name is ambiguous", detail)
}

/// Creates the failure for an id that several objects may have.
pub(crate) fn unclear(location: &Location, objects: &str) -> Failure {
    let detail = format!("{objects} may have the id {location}. Write {location}/ for the folder, or the file's path.");
    Failure::from_client("ambiguous_name", "The name is ambiguous", detail)
}

/// Returns the name in the folder that is most similar, if one is similar enough.
async fn closest(gateway: &Gateway, folder: &Folder, name: &str) -> Option<String> {
    let segments = ["accounts", &folder.account, "folders", folder.known_id()?, "items"];
    let page = gateway.read(&segments, &[("limit", COMPARED)]).await.ok()?;
    let names = page["items"].as_array()?.iter().filter_map(|item| item["name"].as_str());
    most_similar(name, names).map(str::to_owned)
}

/// Returns the candidate of which at most a quarter of the letters differ, regardless of case.
fn most_similar<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let form = |name: &str| name_key(name).to_lowercase();
    let name = form(name);
    let distances = candidates.map(|candidate| (strsim::damerau_levenshtein(&name, &form(candidate)), candidate));
    let near = distances.filter(|(distance, _)| *distance <= name.chars().count() / 4);
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_name_is_suggested() {
        let names = ["Films", "Séries", "À trier", "a.mp4"];
        let meant = |name| most_similar(name, names.into_iter());
        assert_eq!([meant("films"), meant("Flims"), meant("Fims")], [Some("Films"); 3]);
        assert_eq!([meant("Series"), meant("se\u{301}ries")], [Some("Séries"); 2]);
        assert_eq!([meant("Music"), meant("b"), meant("")], [None; 3]);
    }
}
