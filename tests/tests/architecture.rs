//! Tests of the machine-checkable rules of ARCHITECTURE.md: which crate may depend on which, and the form of every
//! file. Each failure names the edge, manifest or file at fault.

#![allow(clippy::expect_used, reason = "an unreadable tree must fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Each crate, with the workspace crates that it may depend on. Dev-dependencies do not count, so tests may use more.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("adapter-testing", &["conformance", "domain", "sandbox", "state", "upstream"]),
    ("bench", &["config", "domain", "engine", "gateway", "polyhost", "state"]),
    ("client", &[]),
    ("config", &["domain", "state", "upstream"]),
    ("conformance", &["domain"]),
    ("domain", &[]),
    ("engine", &["config", "domain", "state", "upstream"]),
    ("fuzz", &["config", "domain", "engine", "gateway", "openload", "yetishare"]),
    ("gateway", &["config", "domain", "engine", "listener", "state", "upstream"]),
    ("listener", &[]),
    ("log", &["config", "gateway"]),
    ("openload", &["domain", "state", "upstream"]),
    (
        "polyhost",
        &[
            "client",
            "config",
            "domain",
            "engine",
            "gateway",
            "listener",
            "log",
            "openload",
            "sandbox",
            "state",
            "state-redis",
            "upstream",
            "xfilesharing",
            "yetishare",
        ],
    ),
    ("sandbox", &[]),
    ("state", &[]),
    ("state-redis", &["state"]),
    ("upstream", &["domain", "state"]),
    ("xfilesharing", &["domain", "state", "upstream"]),
    ("yetishare", &["domain", "state", "upstream"]),
    ("end-to-end", &[]),
];

/// External crates that a crate must not depend on, because they belong to another layer.
const NEVER_DIRECTLY: &[(&str, &[&str])] = &[
    ("config", &["axum"]),
    ("domain", &["axum", "moka", "reqwest", "tokio"]),
    ("engine", &["axum", "reqwest"]),
    ("listener", &["axum"]),
    ("openload", &["axum"]),
    ("upstream", &["axum"]),
    ("xfilesharing", &["axum"]),
    ("yetishare", &["axum"]),
];

/// The crates that may name a dialect: they implement one, simulate one, or list them.
const OF_DIALECTS: &[&str] = &["openload", "yetishare", "xfilesharing", "sandbox", "polyhost"];

/// The source files outside those crates that name a dialect, each with the reason.
const NAMES_A_DIALECT: &[(&str, &str)] = &[
    ("crates/domain/src/account.rs", "an example in the OpenAPI document"),
    ("crates/domain/src/names.rs", "the published names"),
    ("crates/engine/src/accounts.rs", "an example in the OpenAPI document"),
];

/// Module names that do not describe their contents, so that unrelated code collects in them.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "types", "util", "utils"];

const MAX_LINES: usize = 400;

/// One declared dependency. The names of workspace crates are without their `polyhost-` prefix.
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
    assert_none(edges(&metadata).into_iter().filter_map(wrong_direction).collect());
}

#[test]
fn no_crate_depends_on_crates_of_another_layer() {
    let metadata = metadata();
    assert_none(edges(&metadata).into_iter().filter_map(wrong_layer).collect());
}

#[test]
fn sandbox_depends_on_no_workspace_crate_even_in_tests() {
    let metadata = metadata();
    assert_none(edges(&metadata).into_iter().filter_map(sandbox_dependency).collect());
}

#[test]
fn every_crate_is_listed_in_may_depend_on() {
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
fn forbidden_dependencies_are_detected() {
    use DependencyKind::{Build, Development, Normal};
    let edge = |from, to, kind, to_ours| Edge { from, to, kind, to_ours };

    assert!(wrong_direction(edge("openload", "yetishare", Normal, true)).is_some());
    assert!(wrong_direction(edge("openload", "yetishare", Build, true)).is_some());
    assert!(wrong_direction(edge("openload", "yetishare", Development, true)).is_none());
    assert!(wrong_direction(edge("openload", "domain", Normal, true)).is_none());
    assert!(wrong_direction(edge("openload", "serde", Normal, false)).is_none());
    assert!(wrong_layer(edge("domain", "tokio", Normal, false)).is_some());
    assert!(wrong_layer(edge("domain", "tokio", Development, false)).is_none());
    assert!(wrong_layer(edge("gateway", "tokio", Normal, false)).is_none());
    assert!(sandbox_dependency(edge("sandbox", "domain", Development, true)).is_some());
    assert!(sandbox_dependency(edge("sandbox", "axum", Normal, false)).is_none());
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
fn every_source_file_begins_with_a_module_comment() {
    assert_none(
        sources()
            .into_iter()
            .filter(|path| !read(path).starts_with("//!"))
            .map(|path| format!("{}: does not begin with //!", path.display()))
            .collect(),
    );
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    assert_none(
        sources()
            .into_iter()
            .map(|path| (read(&path).lines().count(), path))
            .filter(|(lines, _)| *lines > MAX_LINES)
            .map(|(lines, path)| format!("{}: {lines} lines, over {MAX_LINES}", path.display()))
            .collect(),
    );
}

#[test]
fn no_module_has_a_vague_name() {
    assert_none(
        sources()
            .into_iter()
            .filter(|path| has_vague_name(path))
            .map(|path| format!("{}: name it after its contents", path.display()))
            .collect(),
    );
}

#[test]
fn dialects_are_named_only_in_the_listed_files() {
    let named: Vec<String> = sources()
        .into_iter()
        .filter(|path| may_not_name_a_dialect(path) && names_a_dialect(&read(path)))
        .map(|path| path.strip_prefix(root()).expect("a source is below the root").display().to_string())
        .collect();
    let allowed: Vec<&str> = NAMES_A_DIALECT.iter().map(|(path, _)| *path).collect();
    let mut found: Vec<&str> = named.iter().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, allowed, "what differs between dialects belongs in their profiles");
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Returns whether a file is non-test source of a crate that must not name a dialect.
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

/// Returns whether source code names a dialect. Comments, and the tests at the end of a file, may name one.
fn names_a_dialect(source: &str) -> bool {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(str::to_ascii_lowercase).any(|line| line.contains("openload") || line.contains("yetishare"))
}

fn wrong_direction(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, to_ours } = edge;
    let counts = to_ours && kind != DependencyKind::Development;
    (counts && !allowed(from).unwrap_or_default().contains(&to))
        .then(|| format!("{from} -> {to}: this dependency is not in MAY_DEPEND_ON"))
}

fn wrong_layer(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, .. } = edge;
    let forbidden = NEVER_DIRECTLY.iter().any(|(name, never)| *name == from && never.contains(&to));
    (forbidden && kind == DependencyKind::Normal).then(|| format!("{from} -> {to}: it belongs to another layer"))
}

fn sandbox_dependency(edge: Edge<'_>) -> Option<String> {
    let Edge { from, to, kind, to_ours } = edge;
    (from == "sandbox" && to_ours)
        .then(|| format!("{from} -> {to} ({kind}): the sandbox must stay independent of the adapters"))
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

/// Returns the workspace's metadata without transitive dependencies, so that nothing is resolved or fetched.
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

fn has_vague_name(path: &Path) -> bool {
    let inside = path.strip_prefix(root()).expect("a source is below the root").with_extension("");
    inside.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == *name))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a source file can be read")
}

/// Returns every Rust file of the workspace, inside or outside a crate.
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
