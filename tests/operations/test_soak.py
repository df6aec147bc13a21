"""Soaking over real databases and a real journal, by a clock that the test holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.selection import Selection
from orchestrator.journal.journal import Journal
from orchestrator.operations import performing, release
from orchestrator.operations import status as verb
from orchestrator.operations import verify as asking
from orchestrator.operations.acting import Actor
from orchestrator.operations.evidence import gather
from orchestrator.operations.release import Wish
from orchestrator.operations.survey import survey
from tests.operations.conftest import Shop

TOLD = ["heads", "identities"]


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


def test_the_time_that_is_told_comes_true(shop: Shop) -> None:
    """A plan records nothing: what was done by hand counts from no time until somebody records it, as asking the
    checks does; from then on each look tells the same time, and then it opens.
    """
    clock = Clock()
    test = {"url": "sqlite:///test.db", "verify": [{"sql": "SELECT 1"}]}
    shop.project.environments({"test": test, "prod": {"url": "sqlite:///prod.db", "gates": {"soak": "24h"}}})
    shop.stamp("a", "test")

    def told(hours: float) -> tuple[Answer, datetime | None, str]:
        clock.later(hours)
        verdicts = release.prepare(shop.configuration, Wish("prod", "test"), clock).verdicts
        soak = next(verdict for verdict in verdicts if verdict.gate == "soak")
        return soak.answer, soak.opens_at, (soak.mend or "").partition("   ")[0]

    unknown = (Answer.REFUSE, None, "orchestrate status test --record")
    assert (told(0), told(30)) == (unknown, unknown)
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    opens = clock.at + timedelta(hours=24)
    assert [told(hours)[:2] for hours in (0, 23)] == [(Answer.WAIT, opens)] * 2
    assert told(1)[0] is Answer.PASS


def test_evidence_is_of_the_database_and_not_of_its_name(shop: Shop) -> None:
    """A URL that leads to another database at the same heads opens nothing: it has neither soaked nor been asked,
    and begins anew; the one that is there again after it does so too.
    """
    clock = Clock()
    urls = {name: f"sqlite:///{name}.db" for name in ("dev", "test", "prod")}
    shop.stamp("a", "test", "other")

    def leads_to(name: str) -> dict[str, Answer]:
        there = {"url": f"sqlite:///{name}.db", "verify": [{"sql": "SELECT 1"}]}
        demands = {"url": urls["prod"], "gates": {"soak": "24h", "verified": True}}
        shop.project.environments({**urls, "test": there, "prod": demands})
        verdicts = _promote(shop, clock).verdicts
        told.append(next(one.reason for one in verdicts if one.gate == "soak").partition(";")[0])
        return {one.gate: one.answer for one in verdicts if one.gate in ("soak", "verified")}

    told: list[str] = []
    leads_to("test")
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    clock.later(30)
    assert leads_to("other") == {"soak": Answer.WAIT, "verified": Answer.REFUSE}
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    clock.later(12)
    assert leads_to("other") == {"soak": Answer.WAIT, "verified": Answer.PASS}
    assert leads_to("test") == {"soak": Answer.WAIT, "verified": Answer.REFUSE}
    clock.later(24)
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    assert leads_to("test") == {"soak": Answer.PASS, "verified": Answer.PASS}
    another = "test is another database than the one that had a before, seen since"
    assert told == [
        "test has had a since 2026-03-28 12:00 UTC, for 0 s",
        f"{another} 2026-03-29 18:00 UTC, for 0 s",
        f"{another} 2026-03-29 18:00 UTC, for 12 h",
        f"{another} 2026-03-30 06:00 UTC, for 0 s",
        f"{another} 2026-03-30 06:00 UTC, for 24 h",
    ]
    assert shop.heads("prod") == ["a"]


def test_what_an_older_version_recorded_counts_for_the_database_that_is_there(shop: Shop) -> None:
    """Its arrivals go on, and the first look records which database that is: the next one is told from it."""
    clock = Clock()
    urls = {name: f"sqlite:///{name}.db" for name in ("dev", "test", "prod")}
    shop.project.environments({**urls, "prod": {"url": urls["prod"], "gates": {"soak": "24h"}}})
    shop.stamp("a", "test")
    seen = Event(EventKind.HEADS_SEEN, clock.at, NO_RUN, "ann@work", body={"heads": {"test": ["a"]}})
    with Journal(shop.configuration.journal, writing=True) as journal:
        journal.record([seen])
    clock.later(20)
    assert _soak(_promote(shop, clock)).opens_at == seen.at + timedelta(hours=24)
    assert verb.status(shop.configuration, Selection(("test",)), clock, recorder="bob@work").recorded == 0
    with Journal(shop.configuration.journal) as journal:
        assert [list(event.body) for event in journal.of_kinds(EventKind.HEADS_SEEN)] == [["heads"], TOLD]


def test_where_a_sealed_plan_is_applied_what_counts_is_where_the_source_stands_now(shop: Shop) -> None:
    """Checks that passed after it went on open the gate, and where it went without them they do not."""
    clock = Clock()
    urls = {name: f"sqlite:///{name}.db" for name in ("dev", "test", "prod")}
    there = {"url": urls["test"], "verify": [{"sql": "SELECT 1"}]}
    shop.project.environments({**urls, "test": there, "prod": {"url": urls["prod"], "gates": {"verified": True}}})
    shop.stamp("a", "test")
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    planned = release.prepare(shop.configuration, Wish("prod", "test"), clock)

    def stands() -> bool:
        with Journal(shop.configuration.journal) as journal:
            seen = survey(shop.configuration, ("test", "prod"), clock)
            return gather(journal, seen, planned.plan).checked["test"].stands

    shop.stamp("b", "test")
    assert not stands()
    asking.verify(shop.configuration, "test", clock, actor="ann@work", heard=print)
    assert stands()


def test_where_nobody_demands_it_nothing_is_recorded(shop: Shop) -> None:
    """A look writes nothing that no gate asks for, also when it is told to record."""
    shop.stamp("b", "test")
    assert verb.status(shop.configuration, Selection(), Clock(), recorder="bob@work").recorded == 0
    assert not (shop.project.root / ".orchestrator").exists()
