#!/usr/bin/env python3
"""Fails where Schemathesis has got no request through to some operation: reads its JSON report.

    reached.py REPORT.json

An operation that only ever refuses would pass every check, and prove little.
"""

import json
import sys
from pathlib import Path


def main(report):
    rates = json.loads(Path(report).read_text())["valid_rates"]
    accepted = {name: sum(phase["accepted"] for phase in phases.values()) for name, phases in rates.items()}
    refused = [name for name, count in accepted.items() if count == 0]
    print(f"{len(accepted)} operations have accepted {sum(accepted.values())} requests that fit the document.")
    for name in refused:
        print(f"None of them: {name}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
