//! Tests of the other commands (keys, the OpenAPI document, health, help) and of the log.

use polyhost_end_to_end::{Program, key_sha256};
use serde_json::Value;

use crate::world::{KEY, World};

#[tokio::test]
async fn generated_key_works_with_the_printed_hash() {
    let ended = Program::run(["keygen"]).await;
    assert_eq!(ended.code(), Some(0));
    let words: Vec<&str> = ended.stdout.split_whitespace().collect();
    let after = |name: &str| words[words.iter().position(|word| *word == name).unwrap() + 1].to_owned();
    let (key, hash) = (after("key"), after("key_sha256"));
    assert_eq!(hash, key_sha256(&key));
    assert!(key.len() >= 40);
    let client =
        format!("[[clients]]\nname = \"new\"\nkey_sha256 = \"{hash}\"\naccounts = [\"*\"]\nscopes = [\"read\"]");
    let world = World::configured(|configuration| configuration.table(&client)).await;
    assert_eq!(world.gateway.caller(&key).get("/v1/me").await.json(200)["name"], "new");
    assert_ne!(Program::run(["keygen"]).await.stdout, ended.stdout);
}

#[tokio::test]
async fn printed_openapi_document_equals_the_served_one() {
    let ended = Program::run(["openapi"]).await;
    assert_eq!(ended.code(), Some(0));
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    let world = World::start().await;
    assert_eq!(world.gateway.keyless().get("/openapi.json").await.json(200), printed);
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
    let content = &printed["paths"]["/v1/accounts/{account}/files/{id}/content"];
    assert!(content["get"].is_object() && content["head"].is_object(), "{content}");
}

#[tokio::test]
async fn healthcheck_reports_health_by_its_exit_code() {
    let world = World::start().await;
    let ready = format!("http://{}/readyz", world.gateway.address());
    assert_eq!(Program::run(["healthcheck", &ready]).await.code(), Some(0));
    let absent = format!("http://{}/nothing", world.gateway.address());
    assert_eq!(Program::run(["healthcheck", &absent]).await.code(), Some(1));
    let address = world.gateway.address().to_owned();
    world.gateway.stop().await;
    let ended = Program::run(["healthcheck", &format!("http://{address}/readyz")]).await;
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains("Connection refused"), "{}", ended.stderr);
    assert_eq!(Program::run(["healthcheck", "nonsense"]).await.code(), Some(2));
}

#[tokio::test]
async fn every_command_has_help() {
    for command in ["sandbox", "serve", "check", "init", "openapi", "keygen", "healthcheck"] {
        let ended = Program::run([command, "--help"]).await;
        assert_eq!(ended.code(), Some(0), "{command}");
        assert!(ended.stdout.contains(&format!("polyhost {command}")), "{}", ended.stdout);
        let all = Program::run(["--help"]).await;
        assert!(all.code() == Some(0) && all.stdout.contains(command), "{}", all.stdout);
    }
    assert!(Program::run(["--version"]).await.stdout.starts_with("polyhost "));
    assert_eq!(Program::run(["juggle"]).await.code(), Some(2));
    assert_eq!(Program::run(["serve"]).await.code(), Some(2));
}

#[tokio::test]
async fn address_in_use_is_named_in_the_error() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Program::run(["sandbox", "--listen", &address]).await;
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains(&address), "{}", ended.stderr);
}

#[tokio::test]
async fn log_has_one_json_line_for_each_request() {
    let world = World::start().await;
    for _ in 0..3 {
        world.caller.get("/v1/me").await.status(200);
    }
    world.caller.get("/v1/accounts/main/files/nothing?a").await.problem(400, "invalid_request");
    world.gateway.keyless().get("/v1/me").await.problem(401, "unauthenticated");
    let ended = world.gateway.stop().await;
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let answered: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    let statuses: Vec<u64> = answered.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 400, 401]);
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    assert_eq!((&answered[0]["client"], &answered[4]["client"]), (&Value::from("web"), &Value::from("")));
    assert_eq!(answered[4]["code"], "unauthenticated");
    assert!(!ended.stderr.contains(KEY));
}
