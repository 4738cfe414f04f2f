#!/usr/bin/env python3
"""Reads the JSON report of Schemathesis, and fails if some operation accepted none of its requests.

    reached.py REPORT.json

An operation that refuses every request would pass every check, and prove little. The exceptions have their reasons.
"""

import json
import sys
from pathlib import Path

# Both sites of the sandbox lack the capability `remote_uploads.cancel`.
EXCEPTIONS = {"DELETE /v1/accounts/{account}/remote-uploads/{id}"}


def main(report):
    rates = json.loads(Path(report).read_text())["valid_rates"]
    accepted = {name: sum(phase["accepted"] for phase in phases.values()) for name, phases in rates.items()}
    refused = [name for name, count in accepted.items() if count == 0 and name not in EXCEPTIONS]
    print(f"{len(accepted)} operations have accepted {sum(accepted.values())} requests that match the document.")
    for name in refused:
        print(f"It accepted no request: {name}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
