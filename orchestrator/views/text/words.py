"""Pieces of text that several views share: revisions, relations, times, errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from orchestrator.core.divergence import Divergence, Relation
from orchestrator.core.plan import Action, PlanKind
from orchestrator.core.reports import Failure
from orchestrator.core.run import Outcome, Run

_LISTED = 5
"""Revisions that a sentence names before it says how many more there are."""

_MESSAGE = 100
"""Characters of a revision's message that are shown."""
_BIDIRECTIONAL = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_OBEYED = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), *_BIDIRECTIONAL, *range(0xD800, 0xE000)), 0xFFFD),
}
"""What a terminal obeys, or cannot be sent (control characters, marks that turn the writing round) → a sign."""

_DONE = {Action.UPGRADE: "applied", Action.DOWNGRADE: "reverted", Action.STAMP: "stamped"}
_OUTCOME_STYLES = {
    Outcome.SUCCEEDED: "green",
    Outcome.NOTHING_TO_DO: "green",
    Outcome.INTERRUPTED: "yellow",
}


def harmless(text: str) -> str:
    """The text without anything that a terminal would obey; messages come from scripts and from databases.

    One character stands for one, so that styles and columns stay where they are.
    """
    return text.translate(_OBEYED)


@dataclass(frozen=True, slots=True)
class Harmless:
    """Whatever is drawn, with nothing left in it that a terminal would obey."""

    drawn: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.drawn, options):
            yield Segment(harmless(segment.text), segment.style)


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
    named = [f"{r} ({messages[r]})" if messages.get(r) else r for r in revisions[:_LISTED]]
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
    state = str(run.outcome).replace("_", " ") if run.outcome else "not ended"
    style = _OUTCOME_STYLES.get(run.outcome, "red") if run.outcome else "yellow"
    return Text.assemble(f"{run.id} ", (state, style), f" {ago(now - run.last_event_at)}")


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
        text.append(harmless(failure.message))
        return _with_mend(text, failure.mend)
    text.append(harmless(f"{failure.message}:"))
    for problem in failure.problems:
        text.append(harmless(f"\n  {problem}"))
        _with_mend(text, problem.mend, "    ")
    return text


def _with_mend(text: Text, mend: str | None, indent: str = "  ") -> Text:
    if mend:
        text.append(f"\n{indent}→ ", "bold")
        text.append(harmless(mend), "cyan")
    return text
