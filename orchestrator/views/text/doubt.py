"""A step in doubt: what was done and is left of it, the ways out; and what a person's word makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.doubt import Completion, Doubt, drop_command
from orchestrator.core.plan import at
from orchestrator.core.step_record import Progress, Statement
from orchestrator.views.text import words

_SHOWN = 6
"""Lines of each kind that are shown of a run that ends; `status` and `show` have all."""
_WIDEST = 90
"""Characters of a statement on its line."""
_PROGRESS = {
    Progress.DONE: ("done", "green"),
    Progress.FAILED: ("failed", "red"),
    Progress.STARTED: ("unknown", "yellow"),
}


def doubt(found: Doubt) -> Iterator[Text]:
    """All that is known, below the sentence that names the step: statements, objects, unusable indexes."""
    yield from map(_statement, found.statements)
    yield from _changes(found)
    yield from _indexes(found)


def beginning(found: Doubt, told: int) -> Iterator[Text]:
    """The same in short, without the first differences that were `told` before."""
    yield from map(_statement, found.statements[-_SHOWN:])
    yield from _more(len(found.statements) - _SHOWN, "statements before these", found)
    yield from _changes(replace(found, changes=found.changes[told : told + _SHOWN]))
    yield from _more(len(found.changes) - told - _SHOWN, "more differences", found)
    yield from _indexes(found)


def _indexes(found: Doubt) -> Iterator[Text]:
    for index in found.invalid_indexes:
        yield _line("invalid", "red", f"index {index}:").append(f" {_flat(drop_command(index))}", "cyan")


def differing(found: Sequence[Doubt]) -> RenderableType:
    """What the schema shows of steps that a person calls not applied."""
    lines = [line for one in found for line in (Text(f"since revision {one.revision} was begun:"), *_changes(one))]
    return Group(*lines)


def completion(report: Completion) -> RenderableType:
    """What will be written into the version table, or was."""
    named = words.listed([s.revision for s in report.steps], {s.revision: s.message for s in report.steps})
    heads = f"from {at(report.start)} to {at(report.end)}"
    if report.written:
        done = Text.assemble((f"{report.target}  ", "bold"), (f"at {at(report.end)}", "green"))
        done.append(f"\nrecorded: {named} was completed by hand")
        return Group(done, Text.assemble("next: ", (f"orchestrate resume {report.run_id}", "cyan")))
    text = Text.assemble((f"{report.target}  ", "bold"), f"the version table goes {heads}")
    return text.append(f"\n  {named}: completed by hand, nothing of it is run")


def _changes(found: Doubt) -> Iterator[Text]:
    yield from (_line("differs", "yellow", change) for change in found.changes)


def _statement(statement: Statement) -> Text:
    word, style = _PROGRESS[statement.progress]
    text = statement.text if len(statement.text) <= _WIDEST else statement.text[: _WIDEST - 1] + "…"
    note = "  (in hand when it stopped)" if statement.progress is Progress.STARTED else ""
    return _line(word, style, f"{statement.number}. {text}{note}")


def _line(word: str, style: str, text: str) -> Text:
    return Text.assemble("  ", (f"{word:<8}", style), f" {_flat(text)}")


def _flat(text: str) -> str:
    """On one line, whatever names a database or a script has: nothing may pretend to be a line of ours."""
    return " ".join(text.split())


def _more(count: int, what: str, found: Doubt) -> Iterator[Text]:
    if count > 0:
        yield Text(f"  … {count} {what}: orchestrate status {found.target}", "dim")


def doubts(found: Sequence[Doubt]) -> Iterator[Text]:
    """Each step in doubt with its sentence, its lines and the ways out."""
    for one in found:
        yield Text.assemble((str(one.target), "bold red"), f": {_flat(one.what)}")
        yield from doubt(one)
        yield words.mended(one.mend)
