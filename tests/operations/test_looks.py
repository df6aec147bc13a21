"""How often what a run is decided of is asked: counted, since each time is a wait for whoever types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.journal import sqlite_store
from orchestrator.operations import apply, lint, performing, preview, release, sealing
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.release import Wish
from orchestrator.project import plan_file
from tests.operations.conftest import Shop, now

WISH = Wish("prod", "dev")
PLAN = Path("release.plan.json")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each time that the journal was opened, to read or to write, and that scripts were looked into."""
    words: list[str] = []

    def counted(module: Any, name: str, word: Callable[..., str]) -> None:
        function = getattr(module, name)

        def call(*given: Any, **named: Any) -> Any:
            words.append(word(**named))
            return function(*given, **named)

        monkeypatch.setattr(module, name, call)

    counted(sqlite_store, "open_sqlite", lambda create: "write" if create else "read")
    counted(lint, "findings_of", lambda **_: "lint")
    counted(preview, "render", lambda **_: "render")
    return words


@pytest.fixture
def linted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """dev has both revisions, and prod demands lint."""
    monkeypatch.chdir(shop.project.root)
    shop.project.environments(
        {"dev": "sqlite:///dev.db", "prod": {"url": "sqlite:///prod.db", "gates": {"lint": "error"}}}
    )
    shop.stamp("b", "dev")
    return shop


def _promote(shop: Shop, *, sql: bool) -> Prepared:
    return release.prepare(shop.configuration, WISH, now, sql=sql)


def _apply(shop: Shop, *, sql: bool) -> Prepared:
    found = apply.prepare(shop.configuration, plan_file.read(PLAN), now, sql=sql)
    assert isinstance(found, Prepared)
    return found


@pytest.mark.parametrize(
    ("prepare", "asked", "words"),
    [
        (_promote, False, "read lint write"),
        (_promote, True, "read render lint read write"),
        (_apply, True, "read lint read write"),
    ],
)
def test_the_journal_is_read_once_for_each_look_and_the_scripts_once(
    linted: Shop, told: list[str], prepare: Callable[..., Prepared], asked: bool, words: str
) -> None:
    """It is opened to decide and to run; where a person was asked the databases and the journal are looked at
    again, and what the scripts' bytes tell is not.
    """
    sealing.seal(_promote(linted, sql=False), sealing.Author("dora", "dora@work"), PLAN, now())
    told.clear()
    prepared = prepare(linted, sql="render" in words)
    report = performing.perform(linted.configuration, prepared, linted.actor, look_again=asked)
    assert (report.exit, linted.heads("prod")) == (0, ["b"])
    assert " ".join(told) == words
