"""What git remembers of a script, asked of real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.core.scripts import digest
from orchestrator.project.git import Version, versions

OLD, NEW = b"a = 1\nb = 1\n", b"a = 2\n"
NAMED = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *NAMED, *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With one script in `versions`, committed as OLD on a branch of its own and as NEW on the one checked out."""
    made = tmp_path / "shop"
    (made / "versions").mkdir(parents=True)
    git(made, "init", "-q")
    (made / "versions" / "größe a.py").write_bytes(OLD)
    git(made, "add", ".")
    git(made, "commit", "-qm", "old")
    git(made, "branch", "kept")
    (made / "versions" / "größe a.py").write_bytes(NEW)
    git(made, "commit", "-qam", "new", "--amend")
    return made


def found(path: Path, content: bytes) -> Version | str:
    key = path, digest(content)
    return versions([key])[key]


def test_bytes_that_ran_are_found_on_any_branch_and_under_another_name(repository: Path) -> None:
    """The commit is one that has them, whatever the line endings then, and whatever the script was called."""
    script = repository / "versions" / "größe a.py"
    old = found(script, OLD.replace(b"\n", b"\r\n"))
    assert old == Version(git(repository, "rev-parse", "kept"), script, OLD)
    moved = script.rename(script.with_name("b.py"))
    assert found(moved, OLD) == old
    assert found(moved, b"never committed\n") == "git has no commit with the bytes that ran"
    assert git(repository, "status", "--porcelain") != ""


def test_why_git_has_nothing_is_said(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shallow clone, a directory in no repository, no git at all: each is an answer, and no error."""
    script = Path("versions") / "größe a.py"
    git(repository.parent, "clone", "-q", "--depth", "1", repository.as_uri(), "clone")
    told = found(repository.parent / "clone" / script, OLD)
    assert told == "this clone of the repository is shallow: its past is not here"
    (repository.parent / "versions").mkdir()
    assert "not a git repository" in str(found(repository.parent / script, OLD))
    monkeypatch.setenv("PATH", "/nowhere")
    assert found(repository / script, OLD) == "git is not installed"
