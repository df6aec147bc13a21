"""What reaches a reader: whole where it is typed again, readable where it is prose, masked before it is cut."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Group
from rich.text import Text

from orchestrator.cli.output import console

WIDTH = 80
PROSE = " ".join(["  prod may not change now:", *["the tills are open"] * 8])


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who said how wide a line is."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def _lines(*drawn: object) -> list[str]:
    out = StringIO()
    console(out, lambda text: text.replace("s3cret " * 20, "*** ")).print(Group(*drawn))  # type: ignore[arg-type]
    return out.getvalue().splitlines()


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("drawn", [PROSE, Text(PROSE), Text(f"gate\n{PROSE}")])
def test_prose_is_folded_further_in_than_it_begins(drawn: str | Text) -> None:
    """What was folded is seen to be no line of its own, and no word of it is lost."""
    lines = [line for line in _lines(drawn) if line != "gate"]
    assert [len(line) - len(line.lstrip()) for line in lines] == [2, 6, 6]
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(line.strip() for line in lines) == PROSE.strip()


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    "line",
    [
        f"  → {'wait until noon, ' * 4}then: orchestrate plan staging prod --out release.plan.json",
        f"  → {'no run drives it, ' * 5}or end its session: KILL 813",
        f"next: orchestrate apply release.plan.json --reason '{'it must ' * 8}'",
    ],
)
def test_what_is_to_be_typed_is_never_folded(line: str) -> None:
    """Half a command that is copied would be run."""
    assert _lines(Text(f"gate window\n{line}")) == ["gate window", line]


def test_where_nobody_measured_no_line_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log is searched line by line."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert _lines(PROSE * 2) == [PROSE * 2]


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("kind", [str, Text])
def test_a_secret_is_masked_before_it_would_be_folded(kind: type) -> None:
    """Half of one would not be known for what it is."""
    assert _lines(kind(f"because: {'s3cret ' * 20}tail")) == ["because: *** tail"]
