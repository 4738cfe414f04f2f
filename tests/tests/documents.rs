//! Checks of the documents against the tree and the code: links resolve, example configurations parse, and the tables
//! of docs/ list everything that the code defines.

#![allow(clippy::expect_used, reason = "an unreadable tree must fail the test")]

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

#[test]
fn client_programs_in_the_docs_are_the_tested_ones() {
    let page = read(&root().join("docs/clients.md"));
    let shown = [("yaml", "python/generator.yml"), ("python", "python/tour.py"), ("typescript", "typescript/tour.ts")];
    for (language, file) in shown {
        assert_eq!(fenced(&page, language), [read(&root().join("tests/openapi").join(file))], "{file}");
    }
}

#[test]
fn api_page_lists_every_problem_code_with_its_status() {
    let page = read(&root().join("docs/api.md"));
    let listed = |code: &&Code| page.contains(&format!("\n| {} | `{}` |", code.status().as_u16(), code.as_str()));
    let missing: Vec<&str> = Code::ALL.iter().filter(|code| !listed(code)).map(|code| code.as_str()).collect();
    assert!(missing.is_empty(), "the table of docs/api.md lacks {missing:?}");
}

/// In each table of capabilities, the column of a dialect must equal the dialect's profile.
#[test]
fn capability_tables_match_the_dialect_profiles() {
    for document in ["README.md", "docs/api.md"] {
        let page = read(&root().join(document));
        let head = page.lines().find(|line| line.starts_with("| capability |")).expect("a table of capabilities");
        for dialect in KNOWN.dialects {
            let name = dialect.name.to_string();
            let column = cells(head).position(|cell| cell.trim_matches('`').starts_with(&name) || cell.contains(&name));
            let column = column.expect("a column for each dialect");
            let capabilities = effective(&(dialect.capabilities)(&Quirks::default()), &[]);
            for capability in Capability::ALL {
                let cell = row(&page, capability.as_str()).and_then(|row| cells(row).nth(column));
                let support = serde_json::to_value(capabilities.support(*capability)).expect("a word");
                let matches = cell.is_some_and(|cell| support.as_str().is_some_and(|word| cell.starts_with(word)));
                assert!(matches, "{document}: `{capability}` at {name} is {support}, not {cell:?}");
            }
        }
    }
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
fn operations_page_lists_every_metric_with_its_labels() {
    let page = read(&root().join("docs/operations.md"));
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
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split_once('#').map_or(target, |(path, _)| path).to_owned())
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
