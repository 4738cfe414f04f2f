//! [`Program`]: the program as a process. Its output is captured, and it ends with the test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The longest time to wait for anything that the program does without a request.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// The pause between two polls.
const PAUSE: Duration = Duration::from_millis(5);

/// The variables of the tests' own environment that would change the program's behaviour.
const INHERITED: [&str; 3] = ["RUST_LOG", "POLYHOST_CONFIG", "POLYHOST_LOG_FORMAT"];

/// A running `polyhost`. Dropping it kills the process.
#[derive(Debug)]
pub struct Program {
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

/// A `polyhost` that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status.
    pub status: ExitStatus,
    /// The whole standard output.
    pub stdout: String,
    /// The whole standard error: messages and log.
    pub stderr: String,
}

impl Ended {
    /// Returns the exit code.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

impl Program {
    /// Starts the program with arguments.
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts the program with arguments and additional environment variables. Variables that the program reads are not
    /// inherited.
    pub fn start_with<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
    ) -> Self {
        Self::spawn(arguments, environment, Stdio::null(), None)
    }

    /// Starts the program in a folder.
    pub fn start_in<S: AsRef<OsStr>>(
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
    ) -> Self {
        Self::spawn(arguments, environment, Stdio::null(), Some(folder))
    }

    /// Starts the program with these bytes as its whole standard input.
    pub fn start_reading<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
        input: Vec<u8>,
    ) -> Self {
        let mut program = Self::spawn(arguments, environment, Stdio::piped(), None);
        let mut stdin = program.child.stdin.take().expect("stdin is a pipe");
        // The program may end before it has read all of its input.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        program
    }

    /// Starts the program in a folder, with a terminal as its standard input and standard error. Also returns the other
    /// end of the terminal, which takes the keys that a person would press.
    pub fn start_on_terminal<S: AsRef<OsStr>>(
        folder: &Path,
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
    ) -> (Self, File) {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be made");
        grantpt(&keyboard).and_then(|()| unlockpt(&keyboard)).expect("the terminal can be used");
        let name = ptsname(&keyboard, Vec::new()).expect("the terminal has a name").into_string().expect("UTF-8");
        let terminal = File::options().read(true).write(true).open(name).expect("the terminal can be opened");
        let mut command = command(arguments, environment);
        command.current_dir(folder).stdin(terminal.try_clone().expect("a copy")).stderr(terminal);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
        let keyboard = File::from(keyboard);
        let stderr = Capture::of(keyboard.try_clone().expect("a copy"));
        (Self { child, stdout, stderr }, keyboard)
    }

    fn spawn<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
        stdin: Stdio,
        folder: Option<&Path>,
    ) -> Self {
        let mut command = command(arguments, environment);
        folder.map(|folder| command.current_dir(folder));
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stdout, stderr }
    }

    /// Runs the program until it exits.
    pub async fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
        Self::start(arguments).ended().await
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Returns the standard error so far: messages and log.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until `find` returns a value for the standard output so far.
    pub async fn printed<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        self.until(|program| find(&program.stdout())).await
    }

    /// Waits until `find` returns a value for the standard error so far.
    pub async fn logged<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        self.until(|program| find(&program.stderr())).await
    }

    /// Sends SIGTERM, as an operator or a container runtime would.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends SIGINT, as Ctrl-C in a terminal does.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends SIGHUP, which makes the process reload its configuration.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("sh starts");
        assert!(status.success(), "{kill}: {status}");
    }

    /// Returns whether the process still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the process can be request_line").is_none()
    }

    /// Waits until the process has exited and both output pipes are closed.
    pub async fn ended(mut self) -> Ended {
        let status = self.until(|program| program.child.try_wait().expect("the process can be request_line")).await;
        Ended { status, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    async fn until<T>(&mut self, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + TIME_LIMIT;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let late = Instant::now() > deadline;
            assert!(!late, "timed out; stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may already have exited by itself; the error is then ignored.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns the command that starts the program.
fn command<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(executable());
    for name in INHERITED {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().cloned());
    command
}

/// Returns the path of the built program: `target/debug/polyhost` for a test at `target/debug/deps/<test>`.
fn executable() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("a test lies in target/<profile>/deps");
    let path = profile.join(format!("polyhost{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} does not exist: build it with \"cargo build --workspace --all-features\" in the same profile",
        path.display()
    );
    path
}

/// The captured output of a pipe. A thread reads it, so that the process never blocks on a full pipe.
#[derive(Debug)]
struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Capture {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                sink.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&chunk[..read]);
            }
        });
        Self { bytes, reader: Some(reader) }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Waits until the pipe is closed, and returns everything read from it.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.text()
    }
}
