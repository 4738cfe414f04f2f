//! Test of the first session in the README: its commands print what the README shows.

use std::process::Command;

use crate::sandbox::start;

const README: &str = include_str!("../../../README.md");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The address of the sandbox in the README.
const ADDRESS: &str = "127.0.0.1:8080";

/// A command of the session, with the output that the README shows.
struct Step<'a> {
    command: &'a str,
    printed: String,
}

fn session() -> Vec<Step<'static>> {
    let block = README.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command, printed: String::new() }),
            None => steps.last_mut().unwrap().printed += &format!("{line}\n"),
        }
    }
    steps
}

#[tokio::test]
async fn first_session_prints_the_output_in_the_readme() {
    let (_program, caller) = start().await;
    let address = caller.base().trim_start_matches("http://").to_owned();
    let steps = session();
    assert!(steps.len() > 3, "the README has no session");
    // One shell runs all commands, because they share variables. A line that occurs in no answer separates their
    // outputs.
    let script: String = steps.iter().map(|step| format!("{}\necho; echo '-----'\n", step.command)).collect();
    let script = script.replace(ADDRESS, &address);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(ROOT);
    let output = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    for (step, printed) in steps.iter().zip(printed.split("-----\n")) {
        assert_eq!(printed.trim_end(), step.printed.trim_end(), "$ {}", step.command);
    }
}
