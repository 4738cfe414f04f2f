//! The rules of ARCHITECTURE.md that a machine can hold: who may depend on whom, and how every file looks.
//! Each failure names the edge, manifest or file at fault.

#![allow(clippy::expect_used, reason = "a tree that cannot be read is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Each crate, with the crates of ours that it may be built on. Tests may use more: dev-dependencies do not count.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("adapter-testing", &["conformance", "domain", "sandbox", "state", "upstream"]),
    ("bench", &["config", "domain", "engine", "gateway", "polyhost"]),
    ("client", &[]),
    ("config", &["domain", "state", "upstream"]),
    ("conformance", &["domain"]),
    ("domain", &[]),
    ("engine", &["config", "domain", "state", "upstream"]),
    ("gateway", &["config", "domain", "engine", "listener", "state", "upstream"]),
    ("listener", &[]),
    ("openload", &["domain", "state", "upstream"]),
    ("polyhost", &["client", "config", "engine", "gateway", "openload", "sandbox", "upstream", "yetishare"]),
    ("sandbox", &[]),
    ("state", &[]),
    ("upstream", &["domain", "state"]),
    ("yetishare", &["domain", "state", "upstream"]),
    ("end-to-end", &[]),
];

/// Foreign crates that would put a concern where it does not belong.
const NEVER_DIRECTLY: &[(&str, &[&str])] = &[
    ("config", &["axum"]),
    ("domain", &["axum", "moka", "reqwest", "tokio"]),
    ("engine", &["axum", "reqwest"]),
    ("listener", &["axum"]),
    ("openload", &["axum"]),
    ("upstream", &["axum"]),
    ("yetishare", &["axum"]),
];

/// Who may name a dialect: whatever is one, simulates one, or lists them.
const OF_DIALECTS: &[&str] = &["openload", "yetishare", "sandbox", "polyhost"];

/// The other source files that name a dialect.
const NAMES_A_DIALECT: &[(&str, &str)] = &[
    ("crates/domain/src/account.rs", "an example in the OpenAPI document"),
    ("crates/domain/src/names.rs", "the names, as they are published"),
    ("crates/engine/src/accounts.rs", "an example in the OpenAPI document"),
];

/// Names that say nothing about what is inside, so that anything ends up there.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "types", "util", "utils"];

const MOST_LINES: usize = 400;

/// One declared dependency. Crates of ours go without their `polyhost-` prefix.
#[derive(Clone, Copy)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    kind: DependencyKind,
    to_ours: bool,
}

#[test]
fn dependencies_run_one_way() {
    let metadata = metadata();
    assert_none(edges(&metadata).into_iter().filter_map(against_the_order).collect());
}

#[test]
fn no_crate_depends_on_what_its_layer_must_not_know() {
    let metadata = metadata();
    assert_none(edges(&metadata).into_iter().filter_map(out_of_layer).collect());
}

#[test]
fn the_sandbox_knows_no_crate_of_ours_even_in_its_tests() {
    let metadata = metadata();
    assert_none(edges(&metadata).into_iter().filter_map(sandbox_confided).collect());
}

#[test]
fn every_crate_has_its_place_in_the_order() {
    let metadata = metadata();
    assert_none(
        metadata
            .packages
            .iter()
            .map(|package| short(&package.name))
            .filter(|name| allowed(name).is_none())
            .map(|name| format!("{name}: give it a row in MAY_DEPEND_ON"))
            .collect(),
    );
}

#[test]
fn a_forbidden_edge_is_found() {
    use DependencyKind::{Build, Development, Normal};
    let edge = |from, to, kind, to_ours| Edge { from, to, kind, to_ours };

    assert!(against_the_order(edge("openload", "yetishare", Normal, true)).is_some());
    assert!(against_the_order(edge("openload", "yetishare", Build, true)).is_some());
    assert!(against_the_order(edge("openload", "yetishare", Development, true)).is_none());
    assert!(against_the_order(edge("openload", "domain", Normal, true)).is_none());
    assert!(against_the_order(edge("openload", "serde", Normal, false)).is_none());
    assert!(out_of_layer(edge("domain", "tokio", Normal, false)).is_some());
    assert!(out_of_layer(edge("domain", "tokio", Development, false)).is_none());
    assert!(out_of_layer(edge("gateway", "tokio", Normal, false)).is_none());
    assert!(sandbox_confided(edge("sandbox", "domain", Development, true)).is_some());
    assert!(sandbox_confided(edge("sandbox", "axum", Normal, false)).is_none());
}

#[test]
fn every_crate_inherits_the_workspace_lints() {
    assert_none(
        metadata()
            .packages
            .iter()
            .filter(|package| !inherits_lints(package.manifest_path.as_std_path()))
            .map(|package| format!("{}: [lints] workspace = true is missing", package.manifest_path))
            .collect(),
    );
}

#[test]
fn every_source_file_opens_by_saying_what_it_is_for() {
    assert_none(
        sources()
            .into_iter()
            .filter(|path| !read(path).starts_with("//!"))
            .map(|path| format!("{}: opens without //!", path.display()))
            .collect(),
    );
}

#[test]
fn no_source_file_is_longer_than_a_reader_can_hold() {
    assert_none(
        sources()
            .into_iter()
            .map(|path| (read(&path).lines().count(), path))
            .filter(|(lines, _)| *lines > MOST_LINES)
            .map(|(lines, path)| format!("{}: {lines} lines, over {MOST_LINES}", path.display()))
            .collect(),
    );
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    assert_none(
        sources()
            .into_iter()
            .filter(|path| says_nothing(path))
            .map(|path| format!("{}: name it after what is inside", path.display()))
            .collect(),
    );
}

#[test]
fn nothing_else_names_a_dialect() {
    let named: Vec<String> = sources()
        .into_iter()
        .filter(|path| may_not_name_a_dialect(path) && names_a_dialect(&read(path)))
        .map(|path| path.strip_prefix(root()).expect("a source is below the root").display().to_string())
        .collect();
    let allowed: Vec<&str> = NAMES_A_DIALECT.iter().map(|(path, _)| *path).collect();
    let mut found: Vec<&str> = named.iter().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, allowed, "what differs between dialects belongs into their profiles");
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Whether a file is a crate's own source, and no test.
fn may_not_name_a_dialect(path: &Path) -> bool {
    let inside: Vec<_> = path
        .strip_prefix(root())
        .expect("a source is below the root")
        .iter()
        .map(|part| part.to_string_lossy())
        .collect();
    match &inside[..] {
        [crates, name, src, rest @ ..] if crates == "crates" && src == "src" => {
            !OF_DIALECTS.contains(&&**name) && !rest.iter().any(|part| part == "tests" || part == "tests.rs")
        }
        _ => false,
    }
}

/// Comments may name one, and so may the tests at the end of a file.
fn names_a_dialect(source: &str) -> bool {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(str::to_ascii_lowercase).any(|line| line.contains("openload") || line.contains("yetishare"))
}

fn against_the_order(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, to_ours } = edge;
    let counts = to_ours && kind != DependencyKind::Development;
    (counts && !allowed(from).unwrap_or_default().contains(&to))
        .then(|| format!("{from} -> {to}: dependencies run the other way"))
}

fn out_of_layer(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, .. } = edge;
    let forbidden = NEVER_DIRECTLY.iter().any(|(name, never)| *name == from && never.contains(&to));
    (forbidden && kind == DependencyKind::Normal).then(|| format!("{from} -> {to}: {from} must not know of it"))
}

fn sandbox_confided(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, to_ours } = edge;
    (from == "sandbox" && to_ours)
        .then(|| format!("{from} -> {to} ({kind}): it must be able to disagree with the adapters"))
}

fn allowed(from: &str) -> Option<&'static [&'static str]> {
    MAY_DEPEND_ON.iter().find(|(name, _)| *name == from).map(|(_, to)| *to)
}

fn edges(metadata: &Metadata) -> Vec<Edge<'_>> {
    metadata
        .packages
        .iter()
        .flat_map(|package| {
            package.dependencies.iter().map(|dependency| Edge {
                from: short(&package.name),
                to: short(&dependency.name),
                kind: dependency.kind,
                to_ours: dependency.path.is_some(),
            })
        })
        .collect()
}

/// Without the dependencies of the dependencies, so that nothing is resolved or fetched.
fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace")
}

fn short(name: &str) -> &str {
    name.strip_prefix("polyhost-").unwrap_or(name)
}

fn inherits_lints(manifest: &Path) -> bool {
    let manifest: toml::Table = read(manifest).parse().expect("a manifest is TOML");
    manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool).unwrap_or_default()
}

fn says_nothing(path: &Path) -> bool {
    let inside = path.strip_prefix(root()).expect("a source is below the root").with_extension("");
    inside.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == *name))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a source file can be read")
}

/// Every Rust file of the workspace, in or out of a crate.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let foreign = name.starts_with('.') || name == "target" || name == "node_modules";
            if path.is_dir() && !foreign {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no Rust file was found");
    found
}
