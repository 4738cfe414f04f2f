"""A sandbox and a shell beside it, for the examples of the documents and for the recording."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("POLYHOST_BIN", ROOT / "target/debug/polyhost")).resolve()
SHOWN_ADDRESS = "127.0.0.1:8080"  # the documents show this address instead of the sandbox's own
TIME_LIMIT = 300  # seconds for a session; ends a command that waits forever
END = "\x01"


class Session:
    """A bash that keeps its variables from command to command, in an empty folder with a link to `tests`."""

    def __init__(self, folder, address, greeting):
        self.folder, self.address, self.greeting = folder, address, greeting
        (folder / "tests").symlink_to(ROOT / "tests")
        (folder / ".bin").mkdir()
        (folder / ".bin/polyhost").symlink_to(PROGRAM)
        path = [str(folder / ".bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {**os.environ, "PATH": ":".join(path), "POLYHOST_SERVER": f"http://{address}", "TZ": "UTC"}
        self.shell = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, command):
        """Runs a command in the shell. Returns what it has printed, and its exit code."""
        script = self.folder / ".command"
        script.write_text(command.replace(SHOWN_ADDRESS, self.address) + "\n")
        self.shell.stdin.write(f". ./{script.name} </dev/null; printf '{END}%s\\n' $?\n")
        self.shell.stdin.flush()
        printed = ""
        while not (ended := re.search(f"{END}([0-9]+)\n$", printed)):
            line = self.shell.stdout.readline()
            if not line:
                return f"{printed}\n(the shell has ended)\n", -1
            printed += line
        return self.as_shown(printed[: ended.start()]), int(ended[1])

    def run_program(self, command, text):
        """Runs a program that reads its text from the standard input. Returns its output and its exit code."""
        ended = subprocess.run(
            command,
            input=text.replace(SHOWN_ADDRESS, self.address),
            cwd=self.folder,
            env=self.environment,
            timeout=TIME_LIMIT,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return self.as_shown(ended.stdout), ended.returncode

    def as_shown(self, text):
        return text.replace(self.address, SHOWN_ADDRESS)


@contextmanager
def session():
    """Runs a sandbox on a free port, and yields a session beside it."""
    arguments = [PROGRAM, "sandbox", "--listen", "127.0.0.1:0"]
    sandbox = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    shell = None
    late = threading.Timer(TIME_LIMIT, lambda: [child.kill() for child in (sandbox, shell) if child])
    late.start()
    try:
        greeting = ""
        for line in sandbox.stdout:
            greeting += line
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r"http://([0-9.]+:[0-9]+)/docs", greeting)
        if not found:
            sys.exit(f"the sandbox did not start; it printed:\n{greeting}")
        with tempfile.TemporaryDirectory(prefix="polyhost-examples-") as folder:
            running = Session(Path(folder), found[1], greeting.replace(found[1], SHOWN_ADDRESS))
            shell = running.shell
            yield running
    finally:
        late.cancel()
        for child in (shell, sandbox):
            if child:
                child.terminate()
                child.communicate()
