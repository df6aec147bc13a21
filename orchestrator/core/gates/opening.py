"""When all gates that wait let a plan pass, told as one time; and what was given to pass and ends before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from orchestrator.core.gates.again import again
from orchestrator.core.gates.age import NAME as AGE
from orchestrator.core.gates.age import age
from orchestrator.core.gates.approval import NAME as APPROVAL
from orchestrator.core.gates.approval import counts, demands
from orchestrator.core.gates.soak import NAME as SOAK
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.gates.waivers import waived
from orchestrator.core.gates.window import NAME as WINDOW
from orchestrator.core.gates.window import all_open, demanded, waiting
from orchestrator.core.plan import Plan
from orchestrator.core.sealed import utc


def opening(verdicts: Sequence[Verdict], plan: Plan, circumstances: Circumstances) -> datetime | None:
    """The first whole minute at which no gate waits any more; None where none waits, or waiting does not help.

    The verdicts are those before anything is waived.
    """
    asked = {one.gate: waived(one, circumstances) for one in verdicts}
    after = [one.opens_at for one in asked.values() if one.answer is Answer.WAIT and one.opens_at is not None]
    if not after or (SOAK in asked and asked[SOAK].answer is Answer.REFUSE):
        return None
    windows = {} if WINDOW not in asked or asked[WINDOW].waiver else dict(demanded(plan, circumstances))
    return all_open(windows, _minute(max(after)))


def together(verdicts: Sequence[Verdict], plan: Plan, circumstances: Circumstances) -> Iterator[Verdict]:
    """The same: each that waits tells when all of them open, and those that pass until then what ends before."""
    opens = opening(verdicts, plan, circumstances)
    if opens is None or circumstances.resumed is not None:
        yield from verdicts
        return
    old = _too_old(plan, circumstances, opens)
    several = sum(one.answer is Answer.WAIT for one in verdicts) > 1
    for one in verdicts:
        waits = one.answer is Answer.WAIT and one.opens_at is not None
        if waits and (old or several or _minute(one.opens_at or opens) < opens):
            windows = dict(demanded(plan, circumstances))
            typed = circumstances.sealed.again if old and circumstances.sealed else again(plan, circumstances)
            yield replace(one, opens_at=opens, mend=waiting(windows, opens, typed))
        elif one.gate == APPROVAL and (ended := ending(plan, circumstances, opens)):
            yield replace(one, reason=f"{one.reason}; {ended}")
        elif one.gate == AGE and old:
            yield replace(one, reason=f"{one.reason}; it will have expired {utc(opens)}, when the gates are open")
        else:
            yield one


def ending(plan: Plan, circumstances: Circumstances, opens: datetime) -> str | None:
    """That approvals will have expired by the time that the gates open, and after when to give them."""
    counted = {one.environment: one for one in counts(plan, circumstances)}
    told = []
    for name, policy in demands(plan, circumstances).items():
        found = counted.get(name)
        given = [one.at for one in found.standing] if found else []
        given += [circumstances.now] if found is None or found.missing else []
        after = opens - timedelta(seconds=policy.expires) if policy.expires is not None else None
        if after is not None and any(at <= after for at in given):
            what = f"what is given before will have expired {utc(opens)}, when the gates are open"
            told.append(f"approve for {name} after {utc(_minute(after))}: {what}")
    return "; ".join(told) or None


def _too_old(plan: Plan, circumstances: Circumstances, opens: datetime) -> bool:
    """Whether a sealed plan that is young enough now is too old by then."""
    if circumstances.sealed is None:
        return False
    now, then = age(plan, circumstances), age(plan, replace(circumstances, now=opens))
    return now is not None and now.answer is Answer.PASS and then is not None and then.answer is not Answer.PASS


def _minute(at: datetime) -> datetime:
    """The whole minute that is not before it: what is told to the minute must not be told too early."""
    return at if not (at.second or at.microsecond) else at.replace(second=0, microsecond=0) + timedelta(minutes=1)
