"""Scripts that were changed after they ran, for people: of a plan with the difference, in a status without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from orchestrator.core.edited import Edited, alike
from orchestrator.views.text import words

_TOLD = 5
"""Scripts that are told one by one; a screenful is for all of a status."""
_LINES = 60
"""Lines of a difference that are shown."""
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def since(found: Sequence[Edited]) -> Iterator[Text]:
    """What changed since whom, each script with the command that brings the bytes back; the rest as a number."""
    for said, each in alike(found[:_TOLD]).items():
        yield Text.assemble("changed ", (said, "bold yellow"), "; what is to change belongs in a new revision:")
        for one in each:
            yield _script(one)
            yield words.mended(one.mend, "    ")
    yield from _more(found)


def upstream(found: Sequence[Edited]) -> Iterator[Text]:
    """Each of what a plan has, with the difference from what ran, where git has it."""
    for said, each in alike(found[:_TOLD]).items():
        yield Text.assemble("changed ", (said, "bold yellow"), ":")
        for one in each:
            yield _script(one)
            yield from _difference(one)
    yield from _more(found)


def _script(one: Edited) -> Text:
    layout = ", in comments and blanks alone" if one.former is not None and one.former.layout else ""
    return Text(f"  {one.revision}  {one.script.path}{layout}")


def _difference(one: Edited) -> Iterator[Text]:
    if one.former is None:
        yield Text(f"    the difference is not known: {one.unfound}", "dim")
        return
    lines = one.former.difference.splitlines()
    yield from (Text(f"    {line}", _STYLES.get(line[:1], "")) for line in lines[:_LINES])
    if (more := len(lines) - _LINES) > 0:
        yield Text(f"    … and {words.count(more, 'line')} more: --format json has them", "dim")


def _more(found: Sequence[Edited]) -> Iterator[Text]:
    if (more := len(found) - _TOLD) > 0:
        yield Text(f"… and {words.count(more, 'script')} more that changed after they ran: --format json has them")
