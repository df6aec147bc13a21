"""What a person says as they seal a plan: who they are, and how long it holds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.core.scripts import digest
from orchestrator.errors import UsageError
from orchestrator.operations.edited import former_bytes
from orchestrator.operations.sealing import life, person


@pytest.mark.parametrize(
    ("given", "name"), [(None, "root"), ("alice", "alice"), (" Älice B. ", "Älice B."), ("a" * 200, "a" * 200)]
)
def test_whoever_acts_is_who_they_say_or_the_user_of_the_system(given: str | None, name: str) -> None:
    """A name is taken as it is written, without blanks around it."""
    assert person(given, "root@build-7") == name


@pytest.mark.parametrize("given", ["", "  ", "al\nice", "alice\u202e", "\x1b[2J", "a" * 201])
def test_what_nobody_is_called_is_no_name(given: str) -> None:
    """Nothing, what cannot be seen, and what a terminal would obey is refused."""
    with pytest.raises(UsageError, match="no name of a person"):
        person(given, "root@build-7")


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [(None, None), ("90", 90), ("90m", 5400), ("24h", 86400), ("7d", 7 * 86400), ("1ms", 0.001)],
)
def test_how_long_a_plan_holds(typed: str | None, seconds: float | None) -> None:
    """Durations are written as everywhere."""
    assert life(typed) == seconds


@pytest.mark.parametrize("typed", ["soon", "", "-1h", "0", "0s", "none", "1e9", "400d", "nan"])
def test_what_is_no_time(typed: str) -> None:
    """No duration, none at all, or more than a year is refused with an example."""
    with pytest.raises(UsageError, match="is no time") as caught:
        life(typed)
    assert "--expires 90m" in (caught.value.mend or "")


def test_planned_bytes_are_put_back_from_git(tmp_path: Path) -> None:
    """By the command that does it, be the file changed or gone; what git never had has none."""
    script = tmp_path / "versions" / "a1.py"
    script.parent.mkdir()
    script.write_bytes(b"a = 1\n")
    git = ("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-C", str(tmp_path))
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "as planned")):
        subprocess.run([*git, *words], check=True)
    planned = {"versions/a1.py": digest(b"a = 1\n"), "environments.yaml": digest(b"never committed")}
    for _ in ("changed", "gone"):
        script.write_bytes(b"a = 2\n") if script.exists() else None
        found = former_bytes(planned, tmp_path)
        assert list(found) == [planned["versions/a1.py"]]
        subprocess.run(found[planned["versions/a1.py"]].split(), cwd=tmp_path, check=True)
        assert script.read_bytes() == b"a = 1\n"
        script.unlink()
