"""Soaking over real databases and a real journal, by a clock that the test holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.core.events import EventKind
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.selection import Selection
from orchestrator.journal.journal import Journal
from orchestrator.operations import prepared as performing
from orchestrator.operations import release
from orchestrator.operations import status as verb
from orchestrator.operations.acting import Actor
from orchestrator.operations.release import Wish
from tests.operations.conftest import Shop


class Clock:
    """A clock that stands still until it is moved by so many hours."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def later(self, hours: float) -> datetime:
        self.at += timedelta(hours=hours)
        return self.at


def _promote(shop: Shop, clock: Clock, destination: str = "prod", source: str = "test") -> RunReport:
    prepared = release.prepare(shop.configuration, Wish(destination, source), clock)
    actor = Actor("ann@work", shop.heard.append, shop.stop, clock, workers=shop.workers)
    return performing.perform(shop.configuration, prepared, actor)


def _soak(report: RunReport) -> Verdict:
    return next(verdict for verdict in report.verdicts if verdict.gate == "soak")


def test_soak_is_counted_over_what_the_tool_did_and_what_was_done_by_hand(shop: Shop) -> None:
    """A run's step counts from its end, what was done by hand from when it was first seen, refused or not; what
    was taken back begins anew, and looking again without news records nothing.
    """
    clock = Clock()
    urls = {name: f"sqlite:///{name}.db" for name in ("dev", "test", "prod")}
    shop.project.environments({**urls, "prod": {"url": urls["prod"], "gates": {"soak": "24h"}}})

    performing.perform(  # by the tool: a
        shop.configuration,
        release.prepare(shop.configuration, Wish("test", to="a"), clock),
        Actor("ann@work", shop.heard.append, shop.stop, clock, workers=shop.workers),
    )
    by_tool = clock.at
    clock.later(23)
    report = _promote(shop, clock)
    assert (report.outcome, _soak(report).answer) == (Outcome.REFUSED, Answer.WAIT)
    assert _soak(report).opens_at == by_tool + timedelta(hours=24)
    clock.later(1)
    assert _promote(shop, clock).outcome is Outcome.SUCCEEDED
    assert shop.heads("prod") == ["a"]

    shop.stamp("b", "test")  # by hand: b
    clock.later(48)
    first_seen = clock.at
    assert _soak(_promote(shop, clock)).opens_at == first_seen + timedelta(hours=24)
    clock.later(23)
    assert _soak(_promote(shop, clock)).opens_at == first_seen + timedelta(hours=24)

    shop.stamp("a", "test")  # and taken back, which a look is told to record
    recorded = verb.status(shop.configuration, Selection(("test",)), clock, recorder="bob@work").recorded
    assert recorded == 1
    assert verb.status(shop.configuration, Selection(("test",)), clock, recorder="bob@work").recorded == 0
    shop.stamp("b", "test")
    clock.later(10)
    assert _soak(_promote(shop, clock)).opens_at == clock.at + timedelta(hours=24)

    again = clock.at
    clock.later(-5)  # this machine's clock is slow: what was recorded lies in the future, and counts as now
    told = _soak(_promote(shop, clock))
    assert (told.answer, told.opens_at) == (Answer.WAIT, clock.at + timedelta(hours=24))
    assert "by a clock that was wrong" in told.reason
    clock.later(5 + 24)
    assert _promote(shop, clock).outcome is Outcome.SUCCEEDED
    assert shop.heads("prod") == ["b"]

    with Journal(shop.configuration.journal) as journal:
        seen = journal.of_kinds(EventKind.HEADS_SEEN)
    told_of = [(event.at - again, event.actor, event.body["heads"]) for event in seen]
    hour = timedelta(hours=1)
    assert told_of == [
        (-33 * hour, "ann@work", {"test": ["b"]}),
        (-10 * hour, "bob@work", {"test": ["a"]}),
        (0 * hour, "ann@work", {"test": ["b"]}),
        (-5 * hour, "ann@work", {"test": ["b"]}),
    ]


def test_where_nobody_demands_it_nothing_is_recorded(shop: Shop) -> None:
    """A look writes nothing that no gate asks for, also when it is told to record."""
    shop.stamp("b", "test")
    assert verb.status(shop.configuration, Selection(), Clock(), recorder="bob@work").recorded == 0
    assert not (shop.project.root / ".orchestrator").exists()
