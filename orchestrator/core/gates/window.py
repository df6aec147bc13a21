"""The gate `window`: an environment changes at the times that it allows, by its own clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from orchestrator.core.gates.again import again
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc
from orchestrator.core.windows import Window, closes_at, local, opens_at, why_closed

NAME = "window"
_TURNS = 100
"""Where the windows of several environments never meet, looking for it ends; each turn is an opening further."""


def window(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Waits while an environment that the plan still changes is closed, and says when all of them are open.

    None where none of them has a window. While a run works, each environment is asked
    again before it is begun; what has begun is finished.
    """
    windows = dict(demanded(plan, circumstances))
    if not windows:
        return None
    now = circumstances.now
    shut = {name: why for name, one in windows.items() if (why := why_closed(one, now))}
    if not shut:
        return Verdict(NAME, Answer.PASS, "; ".join(_open(name, one, now) for name, one in windows.items()))
    opening = all_open(windows, now)
    told = (f"{name} may not change now, {local(windows[name], now)}: {why}" for name, why in shut.items())
    reasons = "; ".join(told)
    mend = waiting({name: windows[name] for name in shut}, opening, again(plan, circumstances))
    if opening is None:
        return Verdict(NAME, Answer.REFUSE, f"{reasons}; it never opens", mend, tuple(shut))
    return Verdict(NAME, Answer.WAIT, reasons, mend, tuple(shut), opening)


def waiting(shut: Mapping[str, Window], opening: datetime | None, typed: str) -> str:
    """What is typed when these are open, and when that is; where they never are, what is to be changed."""
    if opening is None:
        return f"change gates.window of {' and '.join(shut)} in environments.yaml"
    at = utc(opening)
    there = next((local(window, opening) for window in shut.values()), at)
    return f"wait until {there}{'' if there.endswith(at) else f' ({at})'}, then: {typed}"


def demanded(plan: Plan, circumstances: Circumstances) -> Iterator[tuple[str, Window]]:
    """The windows of the environments that the plan still changes."""
    run = circumstances.resumed
    left = {
        planned.target.environment
        for planned in plan.targets
        if planned.steps and (run is None or not run.finished(planned.target))
    }
    for name in (name for name in plan.environments if name in left):
        if (found := circumstances.pipeline.environment(name).gates.window) is not None:
            yield name, found


def all_open(windows: Mapping[str, Window], now: datetime) -> datetime | None:
    """The first time from now on at which all are open; None where there is none."""
    moment = now
    for _ in range(_TURNS):
        openings = [opens_at(one, moment) for one in windows.values()]
        known = [opening for opening in openings if opening is not None]
        if len(known) < len(openings):
            return None
        if (latest := max(known, default=moment)) == moment:
            return moment
        moment = latest
    return None


def _open(name: str, one: Window, now: datetime) -> str:
    until = closes_at(one, now)
    return f"{name} is open" + (f" until {local(one, until)}" if until else "")
