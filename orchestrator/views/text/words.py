"""Pieces of text that several views share: revisions, relations, times, errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from rich.table import Table
from rich.text import Text

from orchestrator.core.divergence import Divergence, Relation
from orchestrator.core.failure import Failure
from orchestrator.core.plan import Action, PlanKind
from orchestrator.core.run import Lost, Outcome, Run
from orchestrator.core.targets import Target

_LISTED = 5
"""Revisions that a sentence names before it says how many more there are."""

_MESSAGE = 100
"""Characters of a revision's message that are shown."""
_TOLD = 4000
"""Characters of an error that are shown."""

_DONE = {Action.UPGRADE: "applied", Action.DOWNGRADE: "reverted", Action.STAMP: "stamped"}
_OUTCOME_STYLES = {
    Outcome.SUCCEEDED: "green",
    Outcome.NOTHING_TO_DO: "green",
    Outcome.INTERRUPTED: "yellow",
}


def table(*columns: str) -> Table:
    """An empty table without frames, to be read and to be cut with awk alike."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        drawn.add_column(column, overflow="fold")
    return drawn


def short(message: str) -> str:
    """A revision's message on a line of its own, cut where it would be a paragraph."""
    line = " ".join(message.split())
    return line if len(line) <= _MESSAGE else line[: _MESSAGE - 1] + "…"


def revision(identifier: str, messages: Mapping[str, str]) -> str:
    """A revision with its message."""
    message = short(messages.get(identifier, ""))
    return f"{identifier} {message}".rstrip()


def applied(action: Action | str) -> str:
    """What was done with a revision by a step of this kind: applied, reverted, stamped."""
    return _DONE[Action(action)]


def nothing(kind: PlanKind) -> str:
    """That a plan has no steps, in a sentence."""
    if kind is PlanKind.ROLLBACK:
        return "nothing to do: nothing of the run is left"
    return "nothing to do: every target already has what was asked for"


def count(number: int, thing: str) -> str:
    """`no differences`, `1 difference`, `2 differences`."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


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


def last_run(run: Run | None, now: datetime) -> Text:
    """A run in a cell: its id, how it ended, how long ago."""
    if run is None:
        return Text("none", "dim")
    style = _OUTCOME_STYLES.get(run.outcome, "red") if run.outcome else "yellow"
    return Text.assemble(f"{run.id} ", (ended(run), style), f" {ago(now - run.last_event_at)}")


def lost(target: Target, found: Lost) -> Text:
    """That a target no longer has what a run did there, and what that usually means."""
    did = f"run {found.run} took {target} through {', '.join(found.revisions)}, and that is gone"
    why = "restored from a backup, reverted by hand, or another database?"
    return Text.assemble((str(target), "bold yellow"), f": {did}: {why}")


def ended(run: Run) -> str:
    """How a run ended; or that it is none, but a baseline of the journal."""
    if run.plan.kind is PlanKind.BASELINE:
        return "baseline"
    return str(run.outcome).replace("_", " ") if run.outcome else "not ended"


def ago(span: timedelta) -> str:
    """A length of time up to now, in its largest unit."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def told(failure: Failure) -> Text:
    """An error with all its problems, each with what to type next."""
    text = Text()
    if not failure.problems:
        text.append(_bounded(failure.message))
        return _with_mend(text, failure.mend)
    text.append(f"{_bounded(failure.message)}:")
    for problem in failure.problems:
        text.append(_bounded(f"\n  {problem}"))
        _with_mend(text, problem.mend, "    ")
    return text


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
