#!/usr/bin/env python3
"""Runs a command with a gateway of its own, which has one client key and uses the simulated sites.

    POLYHOST_BIN=target/debug/polyhost with_gateway.py COMMAND [ARGUMENT…]

The command gets the gateway's address in POLYHOST_SERVER and the key in POLYHOST_API_KEY, the variables that `polyhost
ls` reads. POLYHOST_ACCOUNTS contains the tables of the accounts as TOML: the addresses of the simulated sites and their
credentials. Everything is created for this run and removed at its end. The exit code is that of the command.
"""

import hashlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

TIME_LIMIT = 20  # seconds
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("POLYHOST_BIN", str(ROOT / "target/debug/polyhost"))


@contextmanager
def polyhost(arguments, output, ready):
    """Runs `polyhost`, and yields the match of `ready` in what it printed to `output`."""
    child = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, **{output: subprocess.PIPE}, text=True)
    late = threading.Timer(TIME_LIMIT, child.kill)
    late.start()
    try:
        printed, found = "", None
        for line in getattr(child, output):
            printed += line
            if found := re.search(ready, printed):
                break
        late.cancel()
        if not found:
            sys.exit(f"polyhost {' '.join(arguments)} did not become ready; it printed:\n{printed}")
        # Reads and discards the rest, so that the program does not block on a full pipe.
        threading.Thread(target=getattr(child, output).read, daemon=True).start()
        yield found
    finally:
        late.cancel()
        child.terminate()
        try:
            child.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()


def configuration(accounts, key):
    """Returns the configuration of a gateway with one client that has all scopes and a rate limit too high to reach."""
    return f"""
[server]
listen = "127.0.0.1:0"

{accounts}
[[clients]]
name = "tests"
key_sha256 = "{hashlib.sha256(key.encode()).hexdigest()}"
accounts = ["*"]
scopes = ["read", "write", "admin"]
rate_limit = {{ requests = 1000000, per_seconds = 1 }}
"""


def main(command):
    with ExitStack() as stack:
        # The sandbox prints the tables of its accounts between two comment lines.
        sites = ["sandbox", "--upstreams-only", "--listen", "127.0.0.1:0"]
        accounts = stack.enter_context(polyhost(sites, "stdout", r"(?ms)^\[accounts\..*^key2 = .*?\n"))[0]
        key = secrets.token_urlsafe(32)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="polyhost-")))
        file = folder / "polyhost.toml"
        file.write_text(configuration(accounts, key))
        serve = ["serve", "--config", str(file)]
        address = stack.enter_context(polyhost(serve, "stderr", r'"message":"listening","address":"([^"]+)"'))[1]
        environment = {
            **os.environ,
            "POLYHOST_SERVER": f"http://{address}",
            "POLYHOST_API_KEY": key,
            "POLYHOST_ACCOUNTS": accounts,
        }
        return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
