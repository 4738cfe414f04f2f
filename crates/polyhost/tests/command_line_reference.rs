//! The reference of the commands of callers, docs/reference/command-line.md, is made from their definitions.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails at the first unexpected result")]

use std::fmt::Write as _;

use clap::{Arg, Command, Subcommand as _};
use polyhost::cli::ClientCommand;

/// The file of the reference.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/command-line.md");
/// The environment variable with which the test writes the file.
const WRITE: &str = "POLYHOST_WRITE_REFERENCE";
/// The heading of the options that all commands have.
const COMMON: &str = "Gateway and output";

#[test]
fn reference_is_made_from_the_definitions() {
    let made = reference();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PATH, &made).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(written == made, "docs/reference/command-line.md is out of date; run this test with {WRITE}=1");
}

/// Returns the whole page.
fn reference() -> String {
    let mut program = ClientCommand::augment_subcommands(Command::new("polyhost")).disable_help_subcommand(true);
    program.build();
    let commands: Vec<&Command> = program.get_subcommands().collect();
    let mut page = String::from(
        "# Command line reference\n\n[command-line.md](../command-line.md) has recipes. This page is made from the \
         definitions of the commands.\n\n| command | purpose |\n|---|---|\n",
    );
    for command in &commands {
        let name = command.get_name();
        writeln!(page, "| [`{name}`](#polyhost-{name}) | {} |", about(command)).unwrap();
    }
    page += "\n## Options of all commands\n\n";
    let first = commands.first().expect("there are commands");
    page += &table(first.get_arguments().filter(|argument| is_common(argument)));
    page += "\nOptions that only some commands have are listed with the command. `completions` and \
             `man` have none, and `logout` has only those for the output.\n";
    commands.iter().for_each(|command| page += &section(command));
    page
}

fn section(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").expect("a usage begins so");
    let mut section = format!("\n## polyhost {}\n\n{}.\n\n```text\n{usage}\n```\n", command.get_name(), about(command));
    let own: Vec<&Arg> =
        command.get_arguments().filter(|argument| is_shown(argument) && !is_common(argument)).collect();
    if !own.is_empty() {
        section += "\n";
        section += &table(own.into_iter());
    }
    section
}

fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let mut table = String::from("| argument or option | meaning |\n|---|---|\n");
    arguments.for_each(|argument| writeln!(table, "| {} | {} |", names(argument), meaning(argument)).unwrap());
    table
}

fn names(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.first().filter(|_| argument.get_action().takes_values()).map(ToString::to_string);
    let Some(long) = argument.get_long() else { return format!("`{}`", value.unwrap_or_default()) };
    let shorts = argument.get_short_and_visible_aliases().unwrap_or_default();
    let shorts: String = shorts.iter().map(|short| format!(", `-{short}`")).collect();
    format!("`--{long}{}`{shorts}", value.map_or_else(String::new, |value| format!(" {value}")))
}

fn meaning(argument: &Arg) -> String {
    let mut meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        meaning += &format!(" [default: {}]", defaults.join(", "));
    }
    let values = argument.get_possible_values();
    if !values.is_empty() && argument.get_action().takes_values() {
        let names: Vec<&str> = values.iter().map(|value| value.get_name()).collect();
        meaning += &format!(" [possible values: {}]", names.join(", "));
    }
    if let Some(variable) = argument.get_env() {
        meaning += &format!(" [environment variable: {}]", variable.to_string_lossy());
    }
    // A bar would end the cell, and an asterisk could begin emphasis.
    meaning.replace('|', "\\|").replace('*', "\\*")
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn is_common(argument: &Arg) -> bool {
    argument.get_help_heading() == Some(COMMON)
}

fn is_shown(argument: &Arg) -> bool {
    !argument.is_hide_set() && argument.get_id() != "help"
}
