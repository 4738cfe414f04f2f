//! The documents, held against the tree and the code: links lead somewhere, examples of configurations are good, and
//! the page on the API names everything that callers meet.

#![allow(clippy::expect_used, reason = "a tree that cannot be read is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use polyhost::KNOWN;
use polyhost::metrics::{METRICS, Metric};
use polyhost_config::Config;
use polyhost_domain::Capability;
use polyhost_engine::accounts::effective;
use polyhost_engine::problem::Code;
use polyhost_upstream::Quirks;

/// The documents that lie beside Cargo.toml. One that is not there has no links.
const AT_THE_ROOT: [&str; 4] = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"];

#[test]
fn every_link_leads_to_a_file_that_is_there() {
    let dead: Vec<String> = documents().iter().flat_map(|document| dead_links(document, &read(document))).collect();
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn a_dead_link_is_found() {
    let document = root().join("docs/api.md");
    let text =
        "[good](../Cargo.toml#top) [away](https://example.org/x) [here](#errors) `[code](x)`\n[bad](nowhere.md)\n";
    assert_eq!(dead_links(&document, text).len(), 1);
    assert!(dead_links(&document, "```\n[quoted](nowhere.md)\n```\n").is_empty());
}

#[test]
fn every_configuration_on_its_page_is_good() {
    let blocks = fenced(&read(&root().join("docs/configuration.md")), "toml");
    assert!(!blocks.is_empty(), "the page has no example");
    for block in blocks {
        let faults = Config::parse(&with_its_secrets(&block), &KNOWN).err();
        assert_eq!(faults, None, "\n{block}");
    }
}

#[test]
fn the_programs_on_the_page_about_clients_are_those_that_are_run() {
    let page = read(&root().join("docs/clients.md"));
    let shown = [("yaml", "python/generator.yml"), ("python", "python/tour.py"), ("typescript", "typescript/tour.ts")];
    for (language, file) in shown {
        assert_eq!(fenced(&page, language), [read(&root().join("tests/openapi").join(file))], "{file}");
    }
}

#[test]
fn the_table_of_the_page_on_the_api_has_every_problem_code_with_its_status() {
    let page = read(&root().join("docs/api.md"));
    let told = |code: &&Code| page.contains(&format!("\n| {} | `{}` |", code.status().as_u16(), code.as_str()));
    let missing: Vec<&str> = Code::ALL.iter().filter(|code| !told(code)).map(|code| code.as_str()).collect();
    assert!(missing.is_empty(), "the table of docs/api.md lacks {missing:?}");
}

/// The columns of the dialects, by their heads, say of each capability what the dialect's profile says.
#[test]
fn the_tables_of_capabilities_are_those_of_the_dialects() {
    for document in ["README.md", "docs/api.md"] {
        let page = read(&root().join(document));
        let head = page.lines().find(|line| line.starts_with("| capability |")).expect("a table of capabilities");
        for dialect in KNOWN.dialects {
            let name = dialect.name.to_string();
            let column = cells(head).position(|cell| cell.trim_matches('`').starts_with(&name) || cell.contains(&name));
            let column = column.expect("a column for each dialect");
            let capabilities = effective(&(dialect.capabilities)(&Quirks::default()), &[]);
            for capability in Capability::ALL {
                let told = row(&page, capability.as_str()).and_then(|row| cells(row).nth(column));
                let support = serde_json::to_value(capabilities.support(*capability)).expect("a word");
                let is_told = told.is_some_and(|told| support.as_str().is_some_and(|word| told.starts_with(word)));
                assert!(is_told, "{document}: `{capability}` at {name} is {support}, not {told:?}");
            }
        }
    }
}

#[test]
fn the_page_on_the_configuration_has_every_quirk_of_every_dialect_with_its_default() {
    let page = read(&root().join("docs/configuration.md"));
    for dialect in KNOWN.dialects {
        let head = format!("At the dialect `{}`:", dialect.name);
        let (_, table) = page.split_once(&head).expect("a table for each dialect");
        let table = table.trim_start().split("\n\n").next().unwrap_or_default();
        for quirk in dialect.quirks {
            let default = row(table, quirk.key).and_then(|row| cells(row).nth(2));
            let told = default.map(|cell| cell.trim_matches('`').trim_matches('"'));
            assert_eq!(told, Some(quirk.default), "`{}` of {}", quirk.key, dialect.name);
        }
    }
}

/// The row of a table that begins with a word of code.
fn row<'a>(table: &'a str, word: &str) -> Option<&'a str> {
    table.lines().find(|line| line.starts_with(&format!("| `{word}` |")))
}

fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim_matches('|').split('|').map(str::trim)
}

#[test]
fn the_page_on_running_it_names_every_metric_with_its_labels() {
    let page = read(&root().join("docs/operations.md"));
    let row = |metric: &Metric| page.lines().find(|line| line.starts_with(&format!("| `{}` |", metric.name)));
    for metric in METRICS {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let told = row(metric).and_then(|line| line.split('|').nth(3)).map(str::trim);
        assert_eq!(told, Some(labels.join(", ").as_str()), "{}", metric.name);
    }
}

/// The relative links of a document that lead to nothing, each with the document that holds it.
fn dead_links(document: &Path, text: &str) -> Vec<String> {
    let folder = document.parent().expect("a document is in a folder");
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split_once('#').map_or(target, |(path, _)| path).to_owned())
        .filter(|path| !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:"))
        .filter(|path| !folder.join(path).exists())
        .map(|path| format!("{}: nothing is at {path}", document.display()))
        .collect()
}

/// A document without its code, where brackets mean something else.
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

/// The code blocks of a language.
fn fenced(text: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    text.split(&opening).skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block.to_owned()).collect()
}

/// The environment and the files of an example are not here: what they would hold is put in their place.
fn with_its_secrets(block: &str) -> String {
    let inlined = |line: &str| match line.split_once("\"env:").or_else(|| line.split_once("\"file:")) {
        Some((key, _)) => format!("{key}\"secret\"\n"),
        None => format!("{line}\n"),
    };
    block.lines().map(inlined).collect()
}

/// The documents that are kept: at the root, in docs, and in front of each crate.
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
