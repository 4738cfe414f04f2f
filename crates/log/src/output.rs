//! The standard error behind a buffer. A thread writes the buffer out, so that requests do not wait for a terminal, a
//! pipe or a disk, and many lines take one system call. A line costs no allocation and no message to the thread.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The time for which the thread collects further lines before it writes.
const INTERVAL: Duration = Duration::from_millis(10);
/// The size of the buffer in bytes. Above it, lines wait until the thread has written.
const CAPACITY: usize = 1 << 20;
/// The longest wait at the end of the process. A terminal or a pipe that takes nothing does not keep it alive.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

/// The output of this process.
pub(crate) static OUTPUT: Output = Output::new();

/// The buffer, which one thread writes out.
pub(crate) struct Output {
    lines: Mutex<Lines>,
    filled: Condvar,
    written: Condvar,
}

struct Lines {
    pending: Vec<u8>,
    has_thread: bool,
    /// Whether the thread is writing lines that are no longer pending.
    is_writing: bool,
    /// Whether something waits until the lines are written.
    is_urgent: bool,
}

impl Output {
    const fn new() -> Self {
        let lines = Lines { pending: Vec::new(), has_thread: false, is_writing: false, is_urgent: false };
        Self { lines: Mutex::new(lines), filled: Condvar::new(), written: Condvar::new() }
    }

    /// Starts the thread. Without it, each line is written at once.
    pub(crate) fn start(&'static self) {
        let started = thread::Builder::new().name("log".to_owned()).spawn(|| self.write_out(io::stderr()));
        self.lines().has_thread = started.is_ok();
    }

    /// Waits until all lines are written, for [`FINISH_LIMIT`] at most.
    pub(crate) fn finish(&self) {
        let mut lines = self.lines();
        lines.is_urgent = true;
        self.filled.notify_one();
        let is_left = |lines: &mut Lines| lines.has_thread && (lines.is_writing || !lines.pending.is_empty());
        drop(self.written.wait_timeout_while(lines, FINISH_LIMIT, is_left));
    }

    fn write_out(&self, mut target: impl Write) {
        let mut taken = Vec::new();
        let mut lines = self.lines();
        loop {
            lines = ignore_poison(self.filled.wait_while(lines, |lines| lines.pending.is_empty()));
            let more = |lines: &mut Lines| !lines.is_urgent;
            (lines, _) = ignore_poison(self.filled.wait_timeout_while(lines, INTERVAL, more));
            mem::swap(&mut lines.pending, &mut taken);
            lines.is_writing = true;
            drop(lines);
            write_all(&mut target, &taken);
            taken.clear();
            lines = self.lines();
            (lines.is_writing, lines.is_urgent) = (false, false);
            self.written.notify_all();
        }
    }

    fn wait_until_written<'a>(&self, mut lines: MutexGuard<'a, Lines>) -> MutexGuard<'a, Lines> {
        lines.is_urgent = true;
        self.filled.notify_one();
        ignore_poison(self.written.wait(lines))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        ignore_poison(self.lines.lock())
    }
}

/// Writes as much as the target takes. There is no place left to report that the log cannot be written.
fn write_all(target: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match target.write(bytes) {
            Ok(0) => return,
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            // Another process may have made a shared pipe or terminal non-blocking.
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(INTERVAL),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Takes a guard. The lines are valid even if a thread has panicked while it held them.
fn ignore_poison<G>(guard: Result<G, PoisonError<G>>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}

impl Write for &Output {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.lines();
        if !lines.has_thread {
            return io::stderr().write(line);
        }
        while lines.pending.len() >= CAPACITY {
            lines = self.wait_until_written(lines);
        }
        let was_empty = lines.pending.is_empty();
        lines.pending.extend_from_slice(line);
        drop(lines);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A target whose writes end when the test permits it.
    #[derive(Clone, Default)]
    struct Target(Arc<(Mutex<Vec<u8>>, Condvar, Mutex<bool>)>);

    impl Target {
        fn open(&self) {
            *self.0.2.lock().unwrap() = true;
            self.0.1.notify_all();
        }

        fn text(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let is_open = self.0.2.lock().unwrap();
            drop(self.0.1.wait_while(is_open, |is_open| !*is_open).unwrap());
            self.0.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output(target: &Target) -> &'static Output {
        let output: &'static Output = Box::leak(Box::new(Output::new()));
        let target = target.clone();
        thread::spawn(move || output.write_out(target));
        output.lines().has_thread = true;
        output
    }

    #[test]
    fn finished_output_has_written_every_line_in_order() {
        let target = Target::default();
        let mut output = output(&target);
        target.open();
        let lines: Vec<String> = (0..10_000).map(|number| format!("line {number}\n")).collect();
        lines.iter().for_each(|line| output.write_all(line.as_bytes()).unwrap());
        output.finish();
        assert_eq!(target.text(), lines.concat());
        output.finish();
    }

    #[test]
    fn output_that_takes_nothing_does_not_delay_the_end() {
        let target = Target::default();
        let mut output = output(&target);
        output.write_all(b"line\n").unwrap();
        output.finish();
        assert_eq!(target.text(), "");
    }

    #[test]
    fn full_buffer_delays_lines_and_loses_none() {
        let target = Target::default();
        let mut output = output(&target);
        let line = vec![b'a'; CAPACITY];
        output.write_all(&line).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        thread::spawn(move || {
            for _ in 0..3 {
                output.write_all(&vec![b'b'; CAPACITY]).unwrap();
            }
            sender.send(()).unwrap();
        });
        assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err(), "the buffer is full");
        target.open();
        receiver.recv().unwrap();
        output.finish();
        assert_eq!(target.text().len(), 4 * CAPACITY);
    }
}
