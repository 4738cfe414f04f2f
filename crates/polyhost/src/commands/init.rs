//! `polyhost init`: creates a configuration from answers on the terminal, or from options.
//!
//! Nothing is written before the last answer, so that an interrupted run leaves nothing behind.

mod files;
mod interview;
mod plan;
mod render;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use polyhost_config::{Config, KeyHash};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::task::spawn_blocking;

use super::signals::Termination;
use super::{CommandError, check, config_file, keygen, print, serve};
use crate::KNOWN;
use crate::cli::Init;
use files::NewFile;
use plan::{Plan, Secret, Typed};

/// Makes the cursor visible. Some prompts hide it.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h\n";

pub(super) async fn run(options: Init) -> Result<ExitCode, CommandError> {
    let file = options.config.clone().unwrap_or_else(|| config_file::IN_FOLDER.into());
    let file = std::path::absolute(&file).map_err(|error| CommandError::failed(file.display(), error))?;
    let force = options.force;
    files::check_absent(&file, force)?;
    plan::check(&options).map_err(|fault| CommandError::Configuration(vec![fault]))?;
    let (options, typed) = match (options.no_input, has_terminal()) {
        (true, _) => (options, Typed::new()),
        (false, true) => match ask(options).await? {
            Ok(answered) => answered,
            Err(signal) => return Ok(ExitCode::from(signal.exit_code())),
        },
        (false, false) => {
            let text = "there is no terminal for questions; use --no-input and options, see \"polyhost init --help\"";
            return Err(CommandError::Failed(text.to_owned()));
        }
    };
    let plan = Plan::of(&options, typed).map_err(|fault| CommandError::Configuration(vec![fault]))?;
    create(&plan, &file, force)?;
    Ok(ExitCode::SUCCESS)
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for everything that the options leave open. A signal ends the questions and restores the terminal.
async fn ask(mut options: Init) -> Result<Result<(Init, Typed), Termination>, CommandError> {
    let mut signals = serve::signals()?;
    let modes = tcgetattr(io::stdin()).ok();
    let asking = spawn_blocking(move || interview::complete(&mut options).map(|typed| (options, typed)));
    let interrupted = tokio::select! {
        biased;
        signal = signals.next() => signal,
        answered = asking => match answered.map_err(|error| CommandError::failed("cannot ask", error))? {
            Ok(answered) => return Ok(Ok(answered)),
            Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => Termination::Interrupt,
            Err(error) => return Err(CommandError::failed("cannot ask", error)),
        },
    };
    if let Some(modes) = modes {
        // A prompt may have turned the echo off. If the terminal is gone, there is nothing to restore.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
        drop(io::stderr().write_all(SHOW_CURSOR));
    }
    Ok(Err(interrupted))
}

/// Writes the files, and prints what to do next.
fn create(plan: &Plan, file: &Path, force: bool) -> Result<(), CommandError> {
    let key = plan.client.is_some().then(keygen::generate).transpose()?;
    let hash = key.as_deref().map(KeyHash::of);
    // Whether a secret can be read is checked at the end: its variable or file may not exist yet.
    let text = render::text(plan, hash, |_, _| "placeholder".to_owned());
    Config::parse(&text, &KNOWN).map_err(|faults| CommandError::faults(&faults))?;

    let folder = file.parent().unwrap_or(Path::new("/"));
    let secret_file = |key: &str| folder.join(format!("{}-{key}.secret", plan.account));
    let reference = |key: &str, secret: &Secret| match secret {
        Secret::Reference(reference) => reference.clone(),
        Secret::Typed(_) => format!("file:{}", secret_file(key).display()),
    };
    let mut all: Vec<NewFile<'_>> = Vec::new();
    for (key, secret) in &plan.credentials {
        if let Secret::Typed(secret) = secret {
            all.push(NewFile::secret(secret_file(key), secret));
        }
    }
    all.push(NewFile::text(file.to_owned(), render::text(plan, hash, reference)));
    files::create(&all, force)?;
    let paths: Vec<PathBuf> = all.into_iter().map(|file| file.path).collect();
    print(report(plan, file, &paths, key.as_deref()))
}

/// Describes the result: the files, the key, the outcome of the check, and the next command.
fn report(plan: &Plan, file: &Path, created: &[PathBuf], key: Option<&str>) -> String {
    let mut lines: Vec<String> =
        created.iter().map(|path| format!("Created {}, readable by you alone.", path.display())).collect();
    if let (Some(client), Some(key)) = (&plan.client, key) {
        lines.push(format!(
            "\nThe API key of client \"{client}\". It is stored nowhere, and is not shown again:\n\n    {key}\n"
        ));
    }
    match check::examine(file) {
        Ok(config) => lines.push(check::summary(file, &config)),
        Err(findings) => {
            lines.push("The configuration is not complete yet:\n".to_owned());
            lines.extend(findings.faults.iter().map(|fault| format!("    {}", fault.in_file(file))));
        }
    }
    let no_auth = if key.is_none() { " --no-auth" } else { "" };
    lines.push(format!("\nNext:\n\n    polyhost serve{}{no_auth}", option(file)));
    lines.push("\nIn a second terminal:\n".to_owned());
    if let Some(key) = key {
        lines.push(format!("    export POLYHOST_API_KEY={key}"));
    }
    let header = key.map(|_| " -H \"Authorization: Bearer $POLYHOST_API_KEY\"").unwrap_or_default();
    lines.push(format!("    curl{header} http://{}/v1/accounts/{}", polyhost_config::DEFAULT_LISTEN, plan.account));
    lines.join("\n")
}

/// Returns the option that names the file, unless `serve` finds it by itself. The variable `POLYHOST_CONFIG` may name
/// another file, also for a later command.
fn option(file: &Path) -> String {
    let is_default = std::path::absolute(config_file::IN_FOLDER).is_ok_and(|default| default == file);
    let is_found = is_default && std::env::var_os("POLYHOST_CONFIG").is_none();
    if is_found { String::new() } else { format!(" --config {}", shell_word(&file.display().to_string())) }
}

/// Returns a text as one word of a shell.
fn shell_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn apostrophe_in_a_shell_word_is_escaped() {
        assert_eq!(super::shell_word("/tom's/a b"), r"'/tom'\''s/a b'");
    }
}
