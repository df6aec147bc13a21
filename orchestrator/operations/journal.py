"""The verbs about the journal itself: prove its chain, hand all of it out, begin it anew where it was lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from orchestrator.core import baseline
from orchestrator.core.baseline import Earlier
from orchestrator.core.events import Event, EventKind
from orchestrator.core.reports import Done, RunHistory
from orchestrator.core.selection import NOTHING_TYPED, Selection
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Holder, run_lock_holder
from orchestrator.databases.probe import AT_ONCE
from orchestrator.errors import ConfigurationError, LockedError, UnavailableError, UsageError
from orchestrator.journal import rebuild as anew
from orchestrator.journal.chain import NAMES
from orchestrator.journal.journal import Journal
from orchestrator.operations.acting import run_id
from orchestrator.operations.selected import selected
from orchestrator.operations.survey import Clock, Remembered, Survey, survey
from orchestrator.operations.tenants import expanded
from orchestrator.project.configuration import Configuration

_HEAD = re.compile(r"[0-9a-f]{12,64}")


def verify(configuration: Configuration, expected: str | None) -> Done:
    """Check the whole chain, and that it holds the head that was kept elsewhere.

    Raises BrokenJournalError naming the first event that is not what was written, or saying that the expected head
    is not there; UsageError for a head that is none.
    """
    _check_head(expected)
    with Journal(configuration.journal) as journal:
        count, head = journal.verify()
        place = journal.find(expected) if expected else None
    fields: dict[str, object] = {"events": count, "head": head, "expected": expected, "expected_at": place}
    # The first run's head is not known yet: nothing could be expected later.
    after = f"orchestrate journal verify --expect {head}" if count else "orchestrate status"
    return Done(f"{_whole(count, head)}{_placed(place, count)}", after, fields)


def _whole(count: int, head: str) -> str:
    if not count:
        return "there is no journal yet; if there was one, it is lost"
    return f"the journal is whole: {count} events, head {head}"


def _placed(place: int | None, count: int) -> str:
    if place is None:
        return ""
    return (
        "\nthe head expected is its end"
        if place == count
        else (f"\nthe head expected is that of event {place}; {count - place} came after it")
    )


def _check_head(expected: str | None) -> None:
    if expected is not None and not _HEAD.fullmatch(expected):
        what = f"{expected!r} is no head: 64 hexadecimal digits, or their first 12 at least"
        raise UsageError(what, where="--expect", mend="orchestrate journal verify")


def export(configuration: Configuration, run: str | None) -> Iterator[Mapping[str, Any]]:
    """Every row as it is stored, or those of one run, in order; nothing is checked.

    Raises UsageError for an unknown run, JournalError where it cannot be read.
    """
    with Journal(configuration.journal) as journal:
        if run is not None and not journal.events(run):
            raise UsageError(f"there is no run {run!r} in the journal", mend="orchestrate runs")
        for row in journal.rows():
            told = dict(zip(NAMES, row, strict=True))
            if run is None or told["run"] == run:
                yield told


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for: why; a head that was kept elsewhere; the targets to look at."""

    reason: str
    expected: str | None = None
    selection: Selection = NOTHING_TYPED


def rebuild(configuration: Configuration, wish: Wish, actor: str, now: Clock) -> RunHistory:
    """Begin a lost or broken journal anew, with what the databases have as its baseline; returns that.

    Raises RefusedError for a sound journal, UsageError for no reason, LockedError while a run drives a target,
    and what the survey raises.
    """
    if not wish.reason.strip(" .…"):
        mend = '--reason "the disk of the build server was lost"'
        raise UsageError("the reason says nothing: write what happened to it", where="--reason", mend=mend)
    _check_head(wish.expected)
    with anew.alone(configuration.journal):
        left = anew.remains(configuration.journal, wish.expected)
        seen = survey(selected(configuration, wish.selection), None, now, Remembered())
        _undriven(configuration, seen)
        name = run_id(now())

        def event(aside: str | None) -> Event:
            earlier = None if left.broken is None else Earlier(left.events, left.head, left.broken, aside)
            body = baseline.body(seen.world.observations, earlier, wish.reason)
            redacted: dict[str, Any] = configuration.redactor().value(body)
            return Event(EventKind.JOURNAL_REBUILT, now(), name, actor, body=redacted)

        anew.begin_anew(configuration.journal, left, name, event)
    with Journal(configuration.journal) as journal:
        return RunHistory(journal.run(name), journal.events(name))


def _undriven(configuration: Configuration, seen: Survey) -> None:
    """Raise LockedError while a run is at work anywhere: it would go on in a journal that lacks its beginning."""
    endpoints = {**_others(configuration, seen), **seen.endpoints}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for target, holder in zip(endpoints, pool.map(_holder, endpoints.values()), strict=True):
            if holder is not None:
                mend = "wait for it: orchestrate status"
                raise LockedError(f"driven by {holder}", where=str(target), mend=mend)


def _others(configuration: Configuration, seen: Survey) -> dict[Target, Endpoint]:
    """The targets nobody wished to be looked at, of every environment whose URLs and tenants are at hand."""
    found: dict[Target, Endpoint] = {}
    for name in configuration.pipeline.names:
        with suppress(ConfigurationError, UnavailableError):
            there = expanded(configuration, [name])
            left = [target for target in there.environment(name).targets if target not in seen.endpoints]
            found.update(there.narrowed(left).endpoints([name]))
    return found


def _holder(endpoint: Endpoint) -> Holder | None:
    """Who drives the target; None also where it does not answer, as nobody then can ask."""
    try:
        return run_lock_holder(endpoint)
    except UnavailableError:
        return None
