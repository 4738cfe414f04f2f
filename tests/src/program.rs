//! The program as a process: started with arguments, everything that it prints kept, and ended with the test.

use std::ffi::OsStr;
use std::io::{Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take that the program does by itself.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(5);

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
    /// How.
    pub status: ExitStatus,
    /// All that it printed.
    pub stdout: String,
    /// All that it complained or logged.
    pub stderr: String,
}

impl Ended {
    /// The exit code.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

impl Program {
    /// Starts the program with arguments.
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts the program with arguments, and with environment variables besides. `RUST_LOG` is not inherited.
    pub fn start_with<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
    ) -> Self {
        Self::spawn(arguments, environment, Stdio::null())
    }

    /// Starts the program with bytes on its standard input, and nothing after them.
    pub fn start_reading<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
        input: Vec<u8>,
    ) -> Self {
        let mut program = Self::spawn(arguments, environment, Stdio::piped());
        let mut stdin = program.child.stdin.take().expect("stdin is a pipe");
        // It may end before it has read everything.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        program
    }

    fn spawn<S: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = S>,
        environment: &[(String, String)],
        stdin: Stdio,
    ) -> Self {
        let mut command = Command::new(executable());
        command.args(arguments).env_remove("RUST_LOG").envs(environment.iter().cloned());
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = Capture::of(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Capture::of(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stdout, stderr }
    }

    /// Runs the program to its end.
    pub async fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
        Self::start(arguments).ended().await
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has complained or logged so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until `find` finds something in the standard output.
    pub async fn printed<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        self.until(|program| find(&program.stdout())).await
    }

    /// Waits until `find` finds something in the standard error.
    pub async fn logged<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        self.until(|program| find(&program.stderr())).await
    }

    /// Asks the process to end, as an operator or a container runtime would.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Asks the process to end, as somebody at a terminal does with Ctrl-C.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// Asks the process to read its configuration again.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().expect("sh starts");
        assert!(status.success(), "{kill}: {status}");
    }

    /// Whether the process still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the process can be asked").is_none()
    }

    /// Waits for the end of the process, and of all that it printed.
    pub async fn ended(mut self) -> Ended {
        let status = self.until(|program| program.child.try_wait().expect("the process can be asked")).await;
        Ended { status, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    async fn until<T>(&mut self, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let late = Instant::now() > deadline;
            assert!(!late, "waited in vain; stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The built program, beside the test executable: `target/debug/deps/<test>` and `target/debug/polyhost`.
fn executable() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("a test lies in target/<profile>/deps");
    let path = profile.join(format!("polyhost{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is not there: build it with \"cargo build --workspace --all-features\" in the same profile",
        path.display()
    );
    path
}

/// All that comes out of a pipe, read by a thread of its own so that the process never waits for us.
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

    /// Everything, once the other end is closed.
    fn whole(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
        self.text()
    }
}
