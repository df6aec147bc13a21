"""What git remembers of files: finds a commit in which one had given bytes. Reads only, and never over a network.

A repository that is not there, a git that is not installed or takes too long are answers, not errors.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.scripts import digest

SECONDS = 2.0
"""How long git may take in all: a difference is worth no more waiting."""
_BLOBS = 5000
"""Versions of the other files of a directory that are looked into, where a script had another name."""
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""Set inside a hook, where they lead to the repository of the hook."""
_LOG = (
    *("log", "--all", "-m", "--raw", "--no-abbrev", "--no-renames", "--no-follow", "--no-show-signature"),
    *("--relative", "-z", "--format=commit %H", "--", "."),
)


@dataclass(frozen=True, slots=True)
class Version:
    """A file as a commit has it, under the path that it had there."""

    commit: str
    path: Path
    content: bytes


def versions(wanted: Collection[tuple[Path, str]]) -> dict[tuple[Path, str], Version | str]:
    """For each file and digest the version that had these bytes, from any branch; else why there is none."""
    folders: dict[Path, set[tuple[Path, str]]] = {}
    for path, want in wanted:
        folders.setdefault(Path(os.path.realpath(path)).parent, set()).add((path, want))
    until, found = time.monotonic() + SECONDS, dict[tuple[Path, str], Version | str]()
    for folder, asked in folders.items():
        try:
            known = _known(_Git(folder, until), asked)
        except _UnansweredError as error:
            known = dict.fromkeys(asked, str(error))
        found |= known
    return found


class _UnansweredError(Exception):
    """Why git says nothing."""


@dataclass(frozen=True, slots=True)
class _Git:
    """Asked in one directory; `until` is when its time is over, by the monotonic clock."""

    folder: Path
    until: float

    def ask(self, *arguments: str, given: bytes = b"") -> bytes:
        """What it prints; raises _UnansweredError."""
        variables = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        variables |= {
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        command = ["git", "-C", str(self.folder), "-c", "protocol.allow=never", *arguments]
        left = max(0.0, self.until - time.monotonic())
        try:
            done = subprocess.run(
                command, input=given, capture_output=True, timeout=left, env=variables, check=True
            )
        except FileNotFoundError:
            raise _UnansweredError("git is not installed") from None
        except OSError as error:
            raise _UnansweredError(f"git cannot be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise _UnansweredError(f"git took longer than {SECONDS:g} seconds") from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {error.returncode}"]
            raise _UnansweredError(f"git: {said[0]}") from None
        return done.stdout


@dataclass(frozen=True, slots=True)
class _Blob:
    commit: str
    name: str
    blob: str


def _known(git: _Git, asked: Collection[tuple[Path, str]]) -> dict[tuple[Path, str], Version | str]:
    blobs = list(_blobs(git.ask(*_LOG)))
    found: dict[tuple[Path, str], Version | str] = {}
    names = {path.name for path, _ in asked}
    for candidates in (
        [blob for blob in blobs if blob.name in names],
        [blob for blob in blobs if blob.name not in names][:_BLOBS],
    ):
        left = [key for key in asked if key not in found]
        if left and candidates:
            found |= _matching(git, left, candidates)
    if left := [key for key in asked if key not in found]:
        shallow = git.ask("rev-parse", "--is-shallow-repository").strip() == b"true"
        why = "this clone of the repository is shallow: its past is not here" if shallow else _NOWHERE
        found |= dict.fromkeys(left, why)
    return found


_NOWHERE = "git has no commit with the bytes that ran"


def _matching(
    git: _Git, asked: Iterable[tuple[Path, str]], candidates: Sequence[_Blob]
) -> Iterator[tuple[tuple[Path, str], Version]]:
    """The versions that have the bytes, the newest, of the file's own name where there is one of both."""
    contents = _contents(git, list(dict.fromkeys(one.blob for one in candidates)))
    by_digest: dict[str, list[_Blob]] = {}
    digests = {blob: digest(content) for blob, content in contents.items()}
    for one in candidates:
        if one.blob in digests:
            by_digest.setdefault(digests[one.blob], []).append(one)
    for path, want in asked:
        if fitting := by_digest.get(want):
            one = next((one for one in fitting if one.name == path.name), fitting[0])
            yield (path, want), Version(one.commit, git.folder / one.name, contents[one.blob])


def _blobs(told: bytes) -> Iterator[_Blob]:
    """What each commit put there, the newest first: `commit ID`, then `:modes old new status` and a path each."""
    commit, parts = "", iter(told.decode(errors="surrogateescape").split("\0"))
    for part in map(str.strip, parts):
        if part.startswith("commit "):
            commit = part.removeprefix("commit ")
        elif part.startswith(":"):
            _, _, _, new, status = part.split(" ")
            name = next(parts, "")
            if status != "D" and "/" not in name:
                yield _Blob(commit, name, new)


def _contents(git: _Git, blobs: Sequence[str]) -> Mapping[str, bytes]:
    """The bytes of each; one that is not in this repository, of a partial clone, is left out."""
    told = git.ask("cat-file", "--batch", given="\n".join(blobs).encode())
    found, at = dict[str, bytes](), 0
    for blob in blobs:
        end = told.index(b"\n", at)
        words = told[at:end].split(b" ")
        at = end + 1
        if words[-1] != b"missing":
            size = int(words[2])
            found[blob] = told[at : at + size]
            at += size + 1
    return found
