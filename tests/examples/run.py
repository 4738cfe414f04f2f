#!/usr/bin/env python3
"""Runs the examples of the documents against a sandbox, and compares what they print with what the documents show.

    POLYHOST_BIN=target/debug/polyhost tests/examples/run.py [DOCUMENT…]

Without arguments, it takes README.md and all pages of docs/. Each document has a sandbox, a shell and an empty folder
of its own; `tests` there leads to the tests of this repository. The blocks of a document run in their order:

- `console`: every line after `$ ` is a command, which must succeed; lines after `> ` continue it. The lines below are
  what it prints. `…` stands for any text, and a line with nothing else for any number of lines.
- `python` and `javascript`: programs that must succeed. A `text` block that follows is what they print.
- other blocks are not run, and neither is a block below the line `<!-- not run: REASON -->`.

The address http://127.0.0.1:8080 of the documents is replaced by that of the sandbox.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

from session import ROOT, session

PROGRAMS = {"python": [sys.executable, "-"], "javascript": ["node", "--input-type=module", "-"]}


class Block(NamedTuple):
    language: str
    line: int
    text: str


def blocks(markdown):
    """Yields the fenced blocks of a document, without those that are marked as not run."""
    language, start, above, lines = None, 0, "", []
    for number, line in enumerate(markdown.splitlines(), 1):
        if language is None and line.startswith("```"):
            language, start, lines = line[3:].strip(), number + 1, []
        elif line.startswith("```"):
            if not above.startswith("<!-- not run: "):
                yield Block(language, start, "".join(lines))
            language, above = None, ""
        elif language is not None:
            lines.append(line + "\n")
        elif line.strip():
            above = line


def commands(block):
    """Yields each command of a console block, with its line and the expected output."""
    line = block.line
    for part in re.split(r"(?m)^\$ ", block.text)[1:]:
        command, _, output = part.partition("\n")
        while output.startswith("> "):
            more, _, output = output[2:].partition("\n")
            command += "\n" + more
        yield line, command, output
        line += part.count("\n")


def matches(expected, actual):
    lines = expected.splitlines()
    parts = [r"(?:.*\n)*" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in lines]
    ending = "" if not actual or actual.endswith("\n") else "\n"
    return re.fullmatch("".join(parts), actual + ending) is not None


def results(found, running):
    """Runs blocks. Yields for each example its line, its text, the expected output, the output and the exit code."""
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.language == "console":
            for line, command, expected in commands(block):
                yield line, command, expected, *running.run(command)
        elif program := PROGRAMS.get(block.language):
            printed, code = running.run_program(program, block.text)
            shown = following.text if following and following.language == "text" else printed
            yield block.line, f"the {block.language} program", shown, printed, code


def run(document):
    """Runs the examples of a document. Returns their number and a text for each that fails."""
    found = list(blocks(document.read_text()))
    if not any(block.language in ("console", *PROGRAMS) for block in found):
        return 0, []
    count, failures = 0, []
    with session() as running:
        for line, example, expected, printed, code in results(found, running):
            count += 1
            if code != 0 or not matches(expected, printed):
                failures.append(
                    f"{document.relative_to(ROOT)}:{line}: {example}\n--- expected, with the exit code 0\n{expected}"
                    f"--- printed, with the exit code {code}\n{printed}"
                )
    return count, failures


def main(names):
    documents = [Path(name).resolve() for name in names] or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    total, failures = 0, []
    for document in documents:
        count, failed = run(document)
        total += count
        failures += failed
    print(*failures, f"{total} examples, {len(failures)} failed", sep="\n")
    return 1 if failures or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
