//! Checks of the documents against the tree and the code: links resolve, example configurations parse, and the tables
//! of docs/ list everything that the code defines.

#![allow(clippy::expect_used, reason = "an unreadable tree must fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use polyhost::KNOWN;
use polyhost::metrics::{METRICS, Metric};
use polyhost_config::Config;
use polyhost_domain::Capability;
use polyhost_engine::accounts::effective;
use polyhost_engine::problem::Code;
use polyhost_upstream::Quirks;

/// The documents at the root of the repository.
const AT_THE_ROOT: [&str; 4] = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"];

#[test]
fn every_relative_link_resolves() {
    let dead: Vec<String> = documents().iter().flat_map(|document| dead_links(document, &read(document))).collect();
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn broken_links_are_detected() {
    let document = root().join("docs/api.md");
    let text =
        "[good](../Cargo.toml#top) [away](https://example.org/x) [here](#errors) `[code](x)`\n[bad](nowhere.md)\n";
    assert_eq!(dead_links(&document, text).len(), 1);
    assert!(dead_links(&document, "```\n[quoted](nowhere.md)\n```\n").is_empty());
    assert_eq!(dead_links(&document, "<img src=\"nowhere.svg\">").len(), 1);
}

#[test]
fn every_example_configuration_parses() {
    let blocks = fenced(&read(&root().join("docs/configuration.md")), "toml");
    assert!(!blocks.is_empty(), "the page has no example");
    for block in blocks {
        let faults = Config::parse(&with_its_secrets(&block), &KNOWN).err();
        assert_eq!(faults, None, "\n{block}");
    }
}

/// The two themes of a picture have the same drawing.
#[test]
fn pictures_of_both_themes_differ_in_style_only() {
    let drawing = |theme: &str| {
        let picture = read(&root().join(format!("docs/images/overview-{theme}.svg")));
        let (before, rest) = picture.split_once("<style>").expect("a style");
        let (_, after) = rest.split_once("</style>").expect("the end of the style");
        format!("{before}{after}")
    };
    assert_eq!(drawing("light"), drawing("dark"));
}

#[test]
fn example_configuration_is_valid_with_all_its_settings() {
    let text = uncommented(&read(&root().join("polyhost.example.toml")));
    // The files of a certificate do not exist here.
    let without_tls: Vec<&str> = text.split("\n\n").filter(|table| !table.contains("[server.tls]")).collect();
    let faults = Config::parse(&with_its_secrets(&without_tls.join("\n\n")), &KNOWN).err();
    assert_eq!(faults, None, "\n{text}");
}

#[test]
fn example_configuration_has_every_key() {
    let text = uncommented(&read(&root().join("polyhost.example.toml")));
    let shown = keys_by_kind(&text);
    for (kind, known) in known_keys(&text) {
        // The keys of calls to sites are shown once.
        let inherited = |key: &String| matches!(&*kind, "providers" | "accounts") && shown["upstream"].contains(key);
        let is_shown = |key: &String| inherited(key) || shown[&kind].contains(key) || shown.contains_key(key);
        let missing: Vec<&String> = known.iter().filter(|key| !is_shown(key)).collect();
        assert!(missing.is_empty(), "polyhost.example.toml lacks {missing:?} in {kind}");
    }
}

/// Returns the example with all its settings in effect.
fn uncommented(text: &str) -> String {
    let is_setting = |rest: &&str| rest.starts_with(|first: char| first == '[' || first.is_lowercase());
    let lines = text.lines().map(|line| line.strip_prefix('#').filter(is_setting).unwrap_or(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the keys in a configuration, by the kind of their table: `accounts` for `[accounts.main]`.
fn keys_by_kind(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut kind = String::new();
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        if line.starts_with('[') {
            kind = kind_of(line);
        } else if let Some((key, _)) = line.split_once(" = ") {
            let key = key.split_once('.').map_or(key, |(table, _)| table);
            keys.entry(kind.clone()).or_default().insert(key.to_owned());
        }
    }
    keys
}

/// Returns the keys that the code knows for the tables of a configuration. Each table gets an unknown key, and the fault
/// lists the known ones.
fn known_keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let line = |line: &str| format!("{line}\n{}", if line.starts_with('[') { "nonsense = 1\n" } else { "" });
    let text: String = text.lines().map(line).collect();
    let faults = Config::parse(&with_its_secrets(&text), &KNOWN).expect_err("there are unknown keys");
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fault in faults.iter().filter(|fault| fault.key == "nonsense") {
        let (_, known) = fault.message.split_once("known: ").expect("the fault lists the known keys");
        keys.entry(kind_of(&fault.table)).or_default().extend(known.split(", ").map(str::to_owned));
    }
    assert!(keys.len() >= 7, "{keys:?}");
    keys
}

/// Returns the kind of a table: `accounts` for `[accounts.main]`, `tls` for `[server.tls]`.
fn kind_of(table: &str) -> String {
    let words: Vec<&str> =
        table.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_tls = words.get(1) == Some(&"tls");
    words[usize::from(is_tls)].to_owned()
}

#[test]
fn errors_page_lists_every_problem_code_with_its_status() {
    let page = read(&root().join("docs/errors.md"));
    let listed = |code: &&Code| page.contains(&format!("\n| {} | `{}` |", code.status().as_u16(), code.as_str()));
    let missing: Vec<&str> = Code::ALL.iter().filter(|code| !listed(code)).map(|code| code.as_str()).collect();
    assert!(missing.is_empty(), "the table of docs/errors.md lacks {missing:?}");
}

/// In the table of capabilities, the column of a dialect must equal the dialect's profile.
#[test]
fn capability_table_matches_the_dialect_profiles() {
    let page = read(&root().join("docs/api.md"));
    for dialect in KNOWN.dialects {
        let column = column(&page, "| capability |", &dialect.name.to_string());
        let capabilities = effective(&(dialect.capabilities)(&Quirks::default()), &[]);
        for capability in Capability::ALL {
            let cell = row(&page, capability.as_str()).and_then(|row| cells(row).nth(column));
            let support = serde_json::to_value(capabilities.support(*capability)).expect("a word");
            let matches = cell.is_some_and(|cell| support.as_str().is_some_and(|word| cell.starts_with(word)));
            assert!(matches, "`{capability}` at {} is {support}, not {cell:?}", dialect.name);
        }
    }
}

/// The rows of the table in README.md, each with its capabilities. Every capability must be in one of them.
const README_ROWS: [(&str, &[Capability]); 10] = {
    use Capability as C;
    [
        (
            "upload, rename, move, delete and look up files",
            &[C::FilesUpload, C::FilesRename, C::FilesMove, C::FilesDelete, C::FilesRead, C::FilesLookup],
        ),
        ("download files, links to them, copy them", &[C::FilesDownload, C::FilesCopy]),
        (
            "list, create, rename and delete folders",
            &[C::FoldersList, C::FoldersRead, C::FoldersCreate, C::FoldersRename, C::FoldersDelete],
        ),
        ("move folders, their visibility and passwords", &[C::FoldersMove, C::FoldersVisibility, C::FoldersPassword]),
        ("let the site fetch a file from a URL", &[C::RemoteUploadsCreate, C::RemoteUploadsRead]),
        (
            "list those fetches, header fields for them, encoding jobs",
            &[C::RemoteUploadsList, C::RemoteUploadsHeaders, C::ConversionsList],
        ),
        ("cancel those fetches", &[C::RemoteUploadsCancel]),
        ("thumbnails, direct uploads past the gateway", &[C::FilesThumbnail, C::FilesUploadTicket]),
        ("the account", &[C::AccountRead]),
        ("limits of its plan, changing media types", &[C::AccountLimits, C::FilesSetContentType]),
    ]
};

#[test]
fn readme_table_matches_the_dialect_profiles() {
    let page = read(&root().join("README.md"));
    for site in KNOWN.sites {
        let column = column(&page, "| | ", site.id);
        let capabilities = effective(&(site.dialect.capabilities)(&Quirks::default()), &[]);
        for (label, wanted) in README_ROWS {
            let supported = wanted.iter().filter(|capability| capabilities.supports(**capability)).count();
            let expected = if supported == wanted.len() { "yes" } else { "no" };
            assert!(supported == wanted.len() || supported == 0, "`{label}` needs two rows because of {}", site.id);
            let line = page.lines().find(|line| line.starts_with(&format!("| {label} |")));
            assert_eq!(line.and_then(|line| cells(line).nth(column)), Some(expected), "`{label}` at {}", site.id);
        }
    }
    for capability in Capability::ALL {
        let rows = README_ROWS.iter().filter(|(_, row)| row.contains(capability)).count();
        assert_eq!(rows, 1, "{}", capability.as_str());
    }
}

/// Returns the number of the column of a dialect or site, in the first table whose head begins as given.
fn column(page: &str, beginning: &str, name: &str) -> usize {
    let head = page.lines().find(|line| line.starts_with(beginning)).expect("the table");
    cells(head).position(|cell| cell.starts_with(name)).expect("a column for each dialect")
}

#[test]
fn configuration_page_lists_every_quirk_with_its_default() {
    let page = read(&root().join("docs/configuration.md"));
    for dialect in KNOWN.dialects {
        let head = format!("For the dialect `{}`:", dialect.name);
        let (_, table) = page.split_once(&head).expect("a table for each dialect");
        let table = table.trim_start().split("\n\n").next().unwrap_or_default();
        for quirk in dialect.quirks {
            let default = row(table, quirk.key).and_then(|row| cells(row).nth(2));
            let shown = default.map(|cell| cell.trim_matches('`').trim_matches('"'));
            assert_eq!(shown, Some(quirk.default), "`{}` of {}", quirk.key, dialect.name);
        }
    }
}

/// Returns the row of a table whose first cell is a word of code.
fn row<'a>(table: &'a str, word: &str) -> Option<&'a str> {
    table.lines().find(|line| line.starts_with(&format!("| `{word}` |")))
}

fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim_matches('|').split('|').map(str::trim)
}

#[test]
fn monitoring_page_lists_every_metric_with_its_labels() {
    let page = read(&root().join("docs/monitoring.md"));
    let row = |metric: &Metric| page.lines().find(|line| line.starts_with(&format!("| `{}` |", metric.name)));
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let shown = row(metric).and_then(|line| line.split('|').nth(3)).map(str::trim);
        assert_eq!(shown, Some(labels.join(", ").as_str()), "{}", metric.name);
    }
}

/// Returns the broken relative links of a document, each with the document's path.
fn dead_links(document: &Path, text: &str) -> Vec<String> {
    let folder = document.parent().expect("a document is in a folder");
    let prose = prose(text);
    let targets = |opening: &str, closing: char| -> Vec<String> {
        let rests = prose.split(opening).skip(1);
        rests.filter_map(|rest| rest.split_once(closing)).map(|(target, _)| target.to_owned()).collect()
    };
    [targets("](", ')'), targets(" src=\"", '"'), targets(" srcset=\"", '"')]
        .concat()
        .into_iter()
        .map(|target| target.split_once('#').map_or(target.as_str(), |(path, _)| path).to_owned())
        .filter(|path| !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:"))
        .filter(|path| !folder.join(path).exists())
        .map(|path| format!("{}: no file at {path}", document.display()))
        .collect()
}

/// Returns a document without its code, in which brackets are no links.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    });
    let outside = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    lines.map(outside).collect::<Vec<_>>().join("\n")
}

/// Returns the code blocks of a language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    text.split(&opening).skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block.to_owned()).collect()
}

/// Replaces references to environment variables and files, which do not exist here, by a secret.
fn with_its_secrets(block: &str) -> String {
    let inlined = |line: &str| match line.split_once("\"env:").or_else(|| line.split_once("\"file:")) {
        Some((key, _)) if key.contains("encryption_key") => format!("{key}\"{}=\"\n", "A".repeat(43)),
        Some((key, _)) if key.contains("redis_url") => format!("{key}\"redis://redis\"\n"),
        Some((key, _)) => format!("{key}\"secret\"\n"),
        None => format!("{line}\n"),
    };
    block.lines().map(inlined).collect()
}

/// Returns all documents: those at the root, those in docs, and the README.md of each crate.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = AT_THE_ROOT.iter().map(|name| root().join(name)).collect();
    found.extend(files(&root().join("crates")).into_iter().filter(|path| path.ends_with("README.md")));
    found.extend(files(&root().join("docs")).into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")));
    found.retain(|path| path.exists());
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a document can be read")
}
