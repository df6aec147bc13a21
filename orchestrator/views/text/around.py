"""What stands around the change of an environment, in words: programs before and after it, and its checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from orchestrator.core.checks import Answered, Verification
from orchestrator.core.events import Event, EventKind
from orchestrator.core.status import Unverified
from orchestrator.views.text import words


def told(event: Event) -> str | None:
    """What such an event says of its environment; None for any other event."""
    body = event.body
    match event.kind:
        case EventKind.HOOK_FINISHED:
            return f"{body.get('when')} ({body.get('command')}) passed" if body.get("passed") else _why(event)
        case EventKind.ENVIRONMENT_VERIFIED if body.get("passed"):
            return f"verify passed: {words.count(len(body.get('checks', ())), 'check')}"
        case EventKind.ENVIRONMENT_VERIFIED:
            return _why(event)
        case _:
            return None


def named(event: Event) -> str | None:
    """The same with the environment's name before it."""
    return f"{event.body.get('environment')}: {text}" if (text := told(event)) is not None else None


def line(event: Event) -> Text | None:
    """The same as a line of a run."""
    if (text := told(event)) is None:
        return None
    style = "" if event.body.get("passed") else "red"
    return Text.assemble((f"{event.body.get('environment')}  ", "bold"), (text, style))


def _why(event: Event) -> str:
    return str(event.body.get("reason"))


def unverified(found: Sequence[Unverified]) -> Iterator[Text]:
    """The environments whose checks failed where they stand now, each with what to type."""
    for one in found:
        failed = f": verify failed {one.at:%Y-%m-%d %H:%M} UTC: {one.reason}"
        yield Text.assemble((one.environment, "bold red"), failed)
        yield words.mended(one.mend)


def verification(found: Verification) -> RenderableType:
    """Each check with how it ended, and a closing line."""
    drawn = [_answered(one) for one in found.answers]
    if (error := found.error) is None:
        asked = f"on {words.count(found.targets, 'target')}"
        drawn.append(Text(f"{found.environment}: verify passed {asked}", "green"))
        if found.unfinished is not None:
            drawn.append(Text.assemble("next: ", (f"orchestrate resume {found.unfinished}   # ends it", "cyan")))
        return Group(*drawn)
    failed = f"{found.environment}: verify failed; recorded, and nothing was changed"
    return Group(*drawn, Text(failed, "red"), words.mended(error.mend or found.mend, ""))


def _answered(one: Answered) -> Text:
    if one.reason is None:
        return Text.assemble(("passed  ", "green"), words.short(str(one.check)))
    return Text.assemble(("failed  ", "red"), one.reason)


def notes(found: Sequence[str]) -> Iterator[Text]:
    """What went wrong beside a run and changes nothing about how it ended."""
    yield from (Text(one, "yellow") for one in found)
