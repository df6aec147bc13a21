"""A journal that cannot be used: without a record nothing is run, and nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from tests.stories.pipeline import Pipeline, told

Happened = Callable[[str], None]


@pytest.fixture
def shop(sqlite: Pipeline) -> Pipeline:
    """A revision that staging has and prod has not."""
    sqlite.project.tables("a1")
    sqlite.stamp(staging="a1")
    return sqlite


def test_a_journal_that_cannot_be_made(shop: Pipeline) -> None:
    """Exit code 10 and the setting that names another; prod is left as it was, and so is the file in the way."""
    (shop.project.root / ".orchestrator").write_text("in the way")
    told(shop("promote", "staging", "prod", "--yes"), 10, "the journal cannot be used", "ORCHESTRATE_JOURNAL")
    assert shop.tables("prod") == set()
    assert (shop.project.root / ".orchestrator").read_text() == "in the way"


@pytest.mark.fault(26)
def test_a_file_that_is_no_journal(shop: Pipeline, happened: Happened) -> None:
    """A file of something else is refused by every command and not overwritten; status shows every database."""
    path = shop.project.root / ".orchestrator" / "journal.db"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_bytes(b"minutes of the meeting\n" * 500)
    before = path.read_bytes()
    happened(f"{path.name} holds {before[:22]!r}")
    for args in (("runs",), ("journal", "verify"), ("promote", "staging", "prod", "--yes")):
        told(shop(*args), 10, str(path), "not a database", "orchestrate journal rebuild")
    shown = shop("status", "--format", "json").json
    assert (shown["exit_code"], shown["error"]["code"]) == (10, "journal")
    assert [(target["target"], target["heads"]) for target in shown["targets"]] == [
        ("staging", ["a1"]),
        ("prod", []),
    ]
    assert path.read_bytes() == before
    assert shop.tables("prod") == set()
    document = shop("promote", "staging", "prod", "--yes", "--format", "json").json
    assert (document["exit_code"], document["error"]["code"]) == (10, "journal")


@pytest.mark.fault(26)
def test_a_journal_of_a_newer_version(shop: Pipeline, happened: Happened) -> None:
    """A journal that a newer tool wrote is left alone, with the command that gets that tool."""
    shop("promote", "staging", "prod", "--yes", check=True)
    with sqlite3.connect(shop.project.root / ".orchestrator" / "journal.db") as journal:
        journal.execute("UPDATE orchestrate_journal_version SET version_num = '9999'")
    journal.close()
    happened("the journal's version table holds 9999")
    told(shop("journal", "rebuild", "--reason", "it is newer"), 10, "9999")
    for args in (("status",), ("runs",), ("rollout", "--yes")):
        told(shop(*args), 10, "9999", "install a newer orchestrate as you installed this one")
