"""A page of the documentation, read so that a test can do what its reader would do.

A ```console block is a terminal: lines that begin with `$ ` are typed, the rest is what came out, and a line `…`
stands for lines left out. A ```diff block is a change that the reader makes to a file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<kind>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#(?P<anchor>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_ELLIPSIS = "…"
# What differs each time a page is lived through: run ids, revision ids, digests, times, users, places.
_VARIABLE = (
    (re.compile(r"\bjournal: \d+ events, head [0-9a-f]{16}\b"), "JOURNAL"),
    (re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b"), "RUN"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "REVISION"),
    (re.compile(r"sha256:[0-9a-f]+…?"), "DIGEST"),
    (re.compile(r"\b\d+(\.\d+)? s\b"), "SECONDS"),
    (re.compile(r"\b(just now|\d+ (min|h|d) ago)\b"), "AGO"),
    (re.compile(r"\b(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d\b| UTC\b)"), "TIME"),
    (re.compile(r"\b[\w.-]+@[\w.-]+"), "WHO"),
    (re.compile(r"(/[\w.-]+)+/(?=migrations/)"), ""),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language and its text."""

    kind: str
    text: str

    @property
    def turns(self) -> Iterator[tuple[str, list[str]]]:
        """Each command of a terminal with the lines that follow it."""
        command, lines = "", list[str]()
        for line in self.text.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, lines
                command, lines = line[2:], []
            else:
                lines.append(line)
        if command:
            yield command, lines


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text()

    @property
    def blocks(self) -> Iterator[Block]:
        """Its fenced blocks, in order."""
        return (Block(match["kind"], match["text"]) for match in _FENCE.finditer(self.text))

    @property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> Iterator[tuple[str, str | None]]:
        """Its relative links, as (file, anchor)."""
        for match in _LINK.finditer(self.prose):
            if "://" not in match["target"]:
                yield match["target"], match["anchor"]

    @property
    def anchors(self) -> set[str]:
        """The names that its headings can be linked by."""
        return {_slug(heading) for heading in _HEADING.findall(self.prose)}


def pages() -> list[Page]:
    """Every page of the project's documentation."""
    return [Page(path) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])]


def live(page: Page, folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Do in `folder` what the page's reader does; yields each command, the output shown, and the output had.

    Raises AssertionError where a command fails or a change does not fit.
    """
    surrounding = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "140",
        # The pages show a terminal, where log lines are for people.
        "ORCHESTRATE_LOG_FORMAT": "human",
    }
    for block in page.blocks:
        if block.kind == "diff":
            _run(["git", "apply", "-"], block.text, cwd=folder, input=block.text)
        for command, shown in block.turns if block.kind == "console" else ():
            # What `export` and `cd` change lasts until the end of the page.
            script = f"cd {folder!s} && {command}\ncode=$?; env -0 >&3; exit $code"
            read, write = os.pipe()
            typed = ["bash", "-c", f"exec 3>&{write}\n{script}"]
            had = _run(typed, command, env=surrounding, pass_fds=(write,))
            os.close(write)
            with os.fdopen(read) as left:
                surrounding = dict(pair.partition("=")[::2] for pair in left.read().split("\0") if pair)
            folder = Path(surrounding.get("PWD", folder))
            yield command, shown, had.splitlines()


def _run(arguments: list[str], told: str, **how: Any) -> str:
    """What it printed, both streams; AssertionError where it fails."""
    completed = subprocess.run(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False, **how
    )
    assert completed.returncode == 0, f"$ {told}\n{completed.stdout}→ exit {completed.returncode}"
    return completed.stdout


def alike(shown: list[str], had: list[str]) -> bool:
    """Whether the output shown is the output had, but for what differs each time and for lines left out."""
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() == _ELLIPSIS else re.escape(_settled(line)) + "\n" for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{_settled(line)}\n" for line in had)) is not None


def _settled(line: str) -> str:
    for pattern, word in _VARIABLE:
        line = pattern.sub(word, line)
    return line.strip()


def _slug(heading: str) -> str:
    """As GitHub names a heading's anchor."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")
