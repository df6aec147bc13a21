"""A baseline: what a journal that is begun anew takes for granted, and what it says is no longer known. Pure.

The database is the fact: a baseline holds what every target was seen to have. What the sound beginning of the
earlier journal left open or in doubt stays so: that beginning is taken over, and no baseline settles a doubt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.run import Run, fold
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target

_OPEN = (StepState.STARTED, StepState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The journal before.

    `events` are its sound ones, taken over, `head` the digest of their last; `broken` is what broke it, `aside`
    where it lies now.
    """

    events: Sequence[Event]
    head: str
    broken: str
    aside: str | None


def superseded(last: Mapping[Target, Run], baseline: Run) -> dict[Target, Run]:
    """The latest run on each target; the latest baseline stands for those before it that left nothing open."""
    newer = {t: run for t, run in last.items() if run.last_sequence > baseline.last_sequence or open_steps(run, t)}
    seen = {target for target, _ in baseline.plan.seen}
    unseen = {target: run for target, run in last.items() if target not in seen}
    return {**dict.fromkeys(seen, baseline), **unseen, **newer}


def open_steps(run: Run, target: Target) -> tuple[str, ...]:
    """The revisions that the run began on the target and whose outcome it does not tell."""
    return tuple(
        revision for (at, revision), record in run.steps.items() if at == target and record.state in _OPEN
    )


def body(observations: Mapping[Target, Observation], earlier: Earlier | None, reason: str) -> dict[str, Any]:
    """What is recorded with EventKind.JOURNAL_REBUILT."""
    known = {target: seen for target, seen in observations.items() if seen.reading.readable}
    plan = Plan(PlanKind.BASELINE, None, "", (), (), tuple((target, seen.heads) for target, seen in known.items()))
    return {
        "plan": plans.to_json(plan),
        "fingerprint": plan.fingerprint,
        "command": plan.command,
        "reason": reason,
        "targets": [_target(target, seen) for target, seen in observations.items()],
        "earlier": _earlier(earlier) if earlier else None,
        "unsettled": _unsettled(earlier.events if earlier else ()),
    }


def _target(target: Target, seen: Observation) -> dict[str, Any]:
    readable = seen.reading.readable
    return {
        "target": str(target),
        "heads": list(seen.heads) if readable else None,
        "identity": seen.identity if readable else None,
        "error": None if readable else seen.detail or str(seen.reading),
        "transactional": seen.transactional if readable else None,
    }


def _earlier(earlier: Earlier) -> dict[str, Any]:
    return {
        "events": len(earlier.events),
        "head": earlier.head,
        "broken": earlier.broken,
        "aside": earlier.aside,
    }


def _unsettled(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The targets that the latest run on them, as far as it is told, left with a revision open or in doubt."""
    told: dict[str, list[Event]] = {}
    latest: dict[Target, str] = {}
    for event in events:
        told.setdefault(event.run, []).append(event)
        if event.target is not None:
            latest[event.target] = event.run
    begun = {name: of for name, of in told.items() if of[0].kind is EventKind.RUN_STARTED}
    runs = {name: run for name, of in begun.items() if (run := fold(of)) is not None}
    return [
        {
            "run": run.id,
            "command": run.command,
            "actor": run.actor,
            "target": str(target),
            "revisions": list(found),
        }
        for target, name in latest.items()
        if (run := runs.get(name)) is not None and (found := open_steps(run, target))
    ]
