"""How the bytes of a script were applied, as the journal tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestrator.core.events import Event, EventKind
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal
from orchestrator.journal.ran import ANYTHING, EXECUTED

AT = datetime(2026, 11, 23, tzinfo=UTC)
BYTES = f"sha256:{'a' * 64}"


def applied(target: str, kind: EventKind = EventKind.STEP_APPLIED, **body: object) -> Event:
    """An event of a step with these bytes."""
    return Event(kind, AT, "run", "me@here", Target.parse(target), "a1", {"digest": BYTES, "seconds": 1, **body})


def test_only_what_applied_these_bytes_upwards_is_told(tmp_path: Path) -> None:
    """The latest come first, of tenants too, and no more than are asked for; other bytes, ways down and databases
    are left out.
    """
    url = Secret(f"sqlite:///{tmp_path / 'journal.db'}")
    with Journal(url, writing=True) as journal:
        journal.record(
            [
                applied("prod", executed={"family": "sqlite", "statements": [], "more": 0}),
                *(applied(f"prod/app@{name}") for name in "abc"),
                applied("prod/billing"),
                applied("prod", action="downgrade"),
                applied("prod", EventKind.STEP_RECOVERED),
                applied("prod", digest=f"sha256:{'b' * 64}"),
                applied("dev"),
            ]
        )
    wanted = [(Target("prod"), "a1", BYTES)]
    with Journal(url) as journal:
        assert [str(event.target) for event in journal.applied(wanted, ANYTHING, 9)] == [
            *("prod/app@c", "prod/app@b", "prod/app@a"),
            "prod",
        ]
        assert [str(event.target) for event in journal.applied(wanted, ANYTHING, 1)] == ["prod/app@c"]
        assert [str(event.target) for event in journal.applied(wanted, EXECUTED, 9)] == ["prod"]
        several = [(Target(name), "a1", BYTES) for name in ("dev", *(f"e{n}" for n in range(150)), "prod")]
        assert len(journal.applied(several, ANYTHING, 9)) == 5
