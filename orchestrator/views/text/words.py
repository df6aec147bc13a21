"""Pieces of text that several views share: revisions, relations, times, errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.core import phrases
from orchestrator.core.divergence import Divergence, Relation, State
from orchestrator.core.failure import Failure
from orchestrator.core.plan import Action, Plan, PlanKind
from orchestrator.core.run import Lost, Outcome, Run
from orchestrator.core.targets import Target
from orchestrator.errors import Problem
from orchestrator.views.text import many

if TYPE_CHECKING:  # `status` starts without
    from orchestrator.core.reports import Lagging, PlanReport

_LISTED = 5
"""Revisions that a sentence names before it says how many more there are."""

_MESSAGE = 100
"""Characters of a revision's message that are shown."""
_BESIDE = 40
"""Those that are shown in a table, where other columns say more."""
_TOLD = 4000
"""Characters of an error that are shown."""

_NAMES = re.compile(r"'[^']*'|\d+")
"""What tells one problem from others of its kind."""

_DONE = {Action.UPGRADE: "applied", Action.DOWNGRADE: "reverted", Action.STAMP: "stamped"}
_STATES = {
    State.AT_HEAD: ("at head", "green"),
    State.BEHIND: ("behind {n}", "yellow"),
    State.EMPTY: ("empty, {n} to apply", "yellow"),
    State.UNKNOWN_REVISION: ("unknown revision", "red"),
    State.OVERLAPPING: ("overlapping rows", "red"),
    State.UNVERSIONED: ("unversioned", "red"),
    State.DENIED: ("denied", "red"),
    State.UNREACHABLE: ("unreachable", "red"),
    State.IN_DOUBT: ("in doubt", "bold red"),
}
UNREAD = (State.DENIED, State.UNREACHABLE, State.UNVERSIONED)
"""States of which the heads are not known."""
_OUTCOME_STYLES = {
    Outcome.SUCCEEDED: "green",
    Outcome.NOTHING_TO_DO: "green",
    Outcome.INTERRUPTED: "yellow",
}


def short(message: str, most: int = _MESSAGE) -> str:
    """A revision's message on a line of its own, cut between two words where it would be a paragraph."""
    line = " ".join(message.split())
    if len(line) <= most:
        return line
    whole, _, part = line[: most - 1].rpartition(" ")
    return (whole if len(part) < most // 4 and whole else line[: most - 1]) + "…"


def revision(identifier: str, messages: Mapping[str, str]) -> str:
    """A revision with the beginning of its message."""
    message = short(messages.get(identifier, ""), _BESIDE)
    return f"{identifier} {message}".rstrip()


def applied(action: Action | str) -> str:
    """What was done with a revision by a step of this kind: applied, reverted, stamped."""
    return _DONE[Action(action)]


def nothing(kind: PlanKind) -> str:
    """That a plan has no steps, in a sentence."""
    if kind is PlanKind.ROLLBACK:
        return "nothing to do: nothing of the run is left"
    return "nothing to do: every target already has what was asked for"


def amount(plan: Plan) -> str:
    """How much a plan changes: `3 revisions on 40 targets`."""
    changing = [target for target in plan.targets if target.steps]
    revisions = {step.revision for target in changing for step in target.steps}
    return f"{count(len(revisions), 'revision')} on {count(len(changing), 'target')}"


def lagging(found: Lagging | None) -> Iterator[Text]:
    """Who of a promotion's source keeps back what others of it have, and what to type."""
    if found is not None:
        who = many.few([str(target) for target in found.targets])
        verb = "lacks" if len(found.targets) == 1 else "lack"
        yield Text(
            f"{who} {verb} {listed(found.revisions, {})}; what is promoted is what all of {found.source} has"
        )
        yield mended(f"orchestrate rollout --through {found.source}")


def count(number: int, thing: str) -> str:
    """`no differences`, `1 difference`, `2 differences`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}" if number else f"no {thing}s"


def listed(revisions: Sequence[str], messages: Mapping[str, str]) -> str:
    """Some revisions in a sentence: the first few by name, then how many more."""
    named = [f"{r} ({short(messages[r])})" if messages.get(r) else r for r in revisions[:_LISTED]]
    rest = len(revisions) - _LISTED
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")


def heads(revisions: Iterable[str], messages: Mapping[str, str]) -> str:
    """Heads, one a line; `base` for none."""
    return "\n".join(revision(head, messages) for head in revisions) or "base"


def relation(divergence: Divergence, upstream: str) -> Text:
    """How a downstream stands to its upstream, in a few words."""
    missing, extra = len(divergence.missing), len(divergence.extra)
    match divergence.relation:
        case Relation.IN_SYNC:
            return Text(f"in sync with {upstream}", "green")
        case Relation.BEHIND:
            return Text(f"behind {upstream} by {missing}", "yellow")
        case Relation.AHEAD:
            return Text(f"ahead of {upstream} by {extra}", "red")
        case Relation.DIVERGED:
            return Text(f"diverged from {upstream}: lacks {missing}, has {extra} more", "red")
        case Relation.UNKNOWN:
            return Text("unknown", "dim")


def last_run(run: Run | None, now: datetime, *, elsewhere: bool = False) -> Text:
    """A run in a cell: its id, how it ended, how long ago; that it was `elsewhere`, in another database."""
    if run is None:
        return Text("none", "dim")
    style = _OUTCOME_STYLES.get(run.outcome, "red") if run.outcome else "yellow"
    settled = run.outcome is Outcome.IN_DOUBT and not any(one.doubtful for one in run.steps.values())
    how = f"{ended(run)} until" if settled else ended(run)
    told = Text.assemble(f"{run.id} ", (how, style), f" {ago(now - run.last_event_at)}")
    if run.open:
        told = Text.assemble(f"{run.id} ", (f"begun {ago(now - run.started_at)}, not ended", style))
    return told.append(", in another database", "yellow") if elsewhere else told


def gone(target: Target, found: Lost) -> str:
    """That a target no longer has what a run did there, and what that usually means."""
    did = f"run {found.run} took {target} through {', '.join(found.revisions)}, and that is gone"
    if found.elsewhere:
        return f"{did}: the URL leads to another database now"
    return f"{did}: restored from a backup, reverted by hand, or another database?"


def state(found: State, missing: str) -> tuple[str, str]:
    """A state in a few words, with how many revisions are `missing`, and its colour."""
    word, style = _STATES[found]
    return word.format(n=missing), style


def ended(run: Run) -> str:
    """How a run ended; or that it is none, but a baseline of the journal."""
    if run.plan.kind is PlanKind.BASELINE:
        return "baseline"
    return str(run.outcome).replace("_", " ") if run.outcome else "not ended"


def stopped(run: Run) -> Text:
    """A run that did not come to its end, and why; one that was cut off could not say so."""
    why = run.stopped_by or ("stopped as asked" if run.outcome is Outcome.INTERRUPTED else ended(run))
    why = "it did not end: cut off, or still at work" if run.open else why
    return Text.assemble(f"run {run.id} ", ("is not finished", "yellow"), f": {short(why)}")


def begun_anew(report: PlanReport) -> Iterator[Text]:
    """What an earlier run left undone, and a plan takes up from its beginning."""
    if report.begins_anew is not None:
        yield stopped(report.begins_anew.run).append("; this plan begins anew", "yellow")


def ago(span: timedelta) -> str:
    """A length of time up to now, in its largest unit."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def lasting(seconds: float) -> str:
    """A length of time to the second, in its two largest units: `48 s`, `5 min`, `2 h 5 min`, `3 d`."""
    return phrases.lasting(round(seconds))


def wave(body: Mapping[str, Any]) -> str:
    """A wave that ended, as its event has it: `wave 3 of 11: 364 targets, 2 failed`."""
    failed = f", {body['failed']:,} failed" if body.get("failed") else ""
    verified = f", verify {body['verify']}" if body.get("verify") else ""
    return f"wave {body['number']} of {body['of']}: {count(body['targets'], 'target')}{failed}{verified}"


def told(failure: Failure) -> Text:
    """An error with all its problems, each with what to type next."""
    text = Text()
    if not failure.problems:
        text.append(_bounded(failure.message))
        return _with_mend(text, failure.mend)
    text.append(f"{_bounded(failure.message)}:")
    problems = failure.problems if len(failure.problems) <= many.MANY else list(_once(failure.problems))
    for problem in problems[: many.MANY]:
        text.append(_bounded(f"\n  {problem}"))
        _with_mend(text, problem.mend, "    ")
    if (more := len(problems) - many.MANY) > 0:
        text.append(f"\n  … and {more:,} more: --format json has them")
    return text


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Each thing that is wrong once, with the places where it is: of many that share it the first few.

    What is wrong in one place with many names or numbers is told of the first.
    """
    alone = []
    for what, alike in many.grouped(problems, lambda problem: problem.what).items():
        if len(alike) == 1:
            alone += alike
            continue
        places = [problem.where for problem in alike if problem.where]
        yield Problem(what, f"{len(alike):,} times ({many.few(places)})", alike[0].mend)
    for alike in many.grouped(alone, lambda one: (one.where, one.mend, _NAMES.sub("…", one.what))).values():
        more = f"; and {len(alike) - 1:,} more like it" if len(alike) > 1 else ""
        yield replace(alike[0], what=alike[0].what + more)


def _bounded(text: str) -> str:
    """What a person may want to read of a message that a server or a script can make of any length."""
    rest = len(text) - _TOLD
    return text if rest <= 0 else f"{text[:_TOLD]}… ({rest} characters more: --format json has them)"


def mended(mend: str | None, indent: str = "  ") -> Text:
    """What to type next, a line for each way there is."""
    text = Text()
    for way in (mend or "").splitlines():
        text.append("\n" if text else "").append(f"{indent}→ ", "bold").append(way, "cyan")
    return text


def _with_mend(text: Text, mend: str | None, indent: str = "  ") -> Text:
    return text.append("\n").append_text(mended(mend, indent)) if mend else text
