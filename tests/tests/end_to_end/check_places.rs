//! Tests of where `polyhost check` finds the configuration, and of the places, suggestions and JSON of its faults.

use std::path::Path;

use polyhost_end_to_end::{Ended, Gateway, Program, key_sha256};
use serde_json::{Value, json};

/// A configuration with three mistakes.
const FAULTY: &str = r#"
[accounts.main]
provider = "pstreem"
login = "planted-secret"
key = "planted-secret"

[[clients]]
name = "web"
key_sha256 = "planted-secret"
accounts = ["main"]
scopes = ["read",
    "wriet"]
"#;

/// Runs a command in a folder, with environment variables.
async fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let environment: Vec<(String, String)> = environment.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    Program::start_in(folder, arguments, &environment).ended().await
}

#[tokio::test]
async fn fault_has_its_line_column_and_suggestion() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("polyhost.toml"), FAULTY).unwrap();
    let ended = run_in(folder.path(), &["check"], &[]).await;
    assert_eq!(ended.code(), Some(2));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let [provider, hash, scope, count] = &lines[..] else { panic!("{lines:#?}") };
    assert!(provider.starts_with("polyhost.toml:3:1: [accounts.main] provider: \"pstreem\" is not"), "{provider}");
    assert!(provider.ends_with("Did you mean \"pstream\"?"), "{provider}");
    assert!(hash.starts_with("polyhost.toml:9:1: [[clients]] 1 key_sha256: must be"), "{hash}");
    assert!(scope.starts_with("polyhost.toml:12:5: [[clients]] 1 scopes: \"wriet\""), "{scope}");
    assert_eq!(*count, "polyhost.toml: 3 faults");
    assert!(!ended.stderr.contains("planted"), "{}", ended.stderr);
    let served = run_in(folder.path(), &["serve"], &[]).await;
    assert_eq!((served.code(), served.stderr), (Some(2), ended.stderr));
}

#[tokio::test]
async fn json_lists_the_faults_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    std::fs::write(&file, FAULTY).unwrap();
    let path = file.to_str().unwrap();
    let ended = run_in(folder.path(), &["check", "--json", "--config", path], &[]).await;
    assert_eq!((ended.code(), &*ended.stderr), (Some(2), ""));
    let faults: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(faults.len(), 3, "{}", ended.stdout);
    let message = faults[0]["message"].as_str().unwrap();
    assert!(message.starts_with("\"pstreem\" is not a provider"), "{message}");
    assert_eq!(
        faults[0],
        json!({
            "file": path, "line": 3, "column": 1, "table": "[accounts.main]", "key": "provider", "message": message,
            "suggestion": "pstream",
        })
    );
    assert_eq!(faults[1]["suggestion"], Value::Null);

    std::fs::write(&file, "").unwrap();
    let valid = run_in(folder.path(), &["check", "--json", "--config", path], &[]).await;
    assert_eq!((valid.code(), valid.stdout.trim(), &*valid.stderr), (Some(0), "[]", ""));
    std::fs::remove_file(&file).unwrap();
    let absent = run_in(folder.path(), &["check", "--json", "--config", path], &[]).await;
    let faults: Vec<Value> = serde_json::from_str(&absent.stdout).unwrap();
    assert_eq!((absent.code(), &faults[0]["file"], &faults[0]["line"]), (Some(2), &json!(path), &Value::Null));
}

#[tokio::test]
async fn configuration_is_found_by_variable_or_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.toml");
    let variable = [("POLYHOST_CONFIG", other.to_str().unwrap())];
    for command in ["check", "serve"] {
        let absent = run_in(folder.path(), &[command], &[]).await;
        let here = folder.path().join("polyhost.toml");
        assert_eq!(absent.code(), Some(2));
        for place in [here.to_str().unwrap(), "/etc/polyhost/polyhost.toml", "POLYHOST_CONFIG", "--config"] {
            assert!(absent.stderr.contains(place), "{}", absent.stderr);
        }
    }
    std::fs::write(folder.path().join("polyhost.toml"), "").unwrap();
    std::fs::write(&other, "[servr]").unwrap();
    assert!(run_in(folder.path(), &["check"], &[]).await.stdout.starts_with("polyhost.toml: valid"));
    let named = run_in(folder.path(), &["check"], &variable).await;
    assert!(named.stderr.contains("other.toml:1:2: servr: is not a key"), "{}", named.stderr);
    let option = run_in(folder.path(), &["check", "--config", "polyhost.toml"], &variable).await;
    assert_eq!(option.code(), Some(0), "{}", option.stderr);
}

#[tokio::test]
async fn reload_logs_the_same_text_as_check() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("polyhost.toml");
    let client =
        format!("name = \"web\"\nkey_sha256 = \"{}\"\naccounts = [\"*\"]\nscopes = [\"read\"]", key_sha256("k"));
    std::fs::write(&file, format!("[server]\nlisten = \"127.0.0.1:0\"\n[[clients]]\n{client}\n")).unwrap();
    let mut gateway = Gateway::at(file.clone()).await;
    std::fs::write(&file, FAULTY).unwrap();
    let checked = Program::run(["check", "--config", file.to_str().unwrap()]).await;
    let first = checked.stderr.lines().next().unwrap().to_owned();
    gateway.program().hang_up();
    let logged = json!(first).to_string();
    gateway.program().logged(|log| log.contains(&logged).then_some(())).await;
}
