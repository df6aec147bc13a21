"""What went wrong with targets: each by itself; in a summary one doubt in full, and every other reason once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, TypeVar

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.failure import Failure
from orchestrator.views.text import many, words
from orchestrator.views.text.many import About, Part

_DOUBTS = 1
"""Steps in doubt of a summary that are told with all that is known of them."""


class MayFail(About, Protocol):
    """Anything that a report says of one target, with what went wrong there."""

    @property
    def failure(self) -> Failure | None:
        """What went wrong."""


T = TypeVar("T", bound=MayFail)


def failures(
    part: Part[T],
    *,
    each: Callable[[T], Iterator[RenderableType]],
    in_doubt: Callable[[T], bool],
    reason: Callable[[T], str | None],
) -> Iterator[RenderableType]:
    """`each` of the targets, in a summary of the first in doubt; there of further doubts only where they are.

    `reason` is why a target that is not in doubt failed, None where it did not.
    """
    if part.name is None:
        for target in part.items:
            yield from each(target)
        return
    doubtful = [target for target in part.items if in_doubt(target)]
    for target in doubtful[:_DOUBTS]:
        yield from each(target)
    if more := doubtful[_DOUBTS:]:
        mend = words.mended(f"orchestrate status {more[0].target}")
        yield Text.assemble((part.who(more), "bold red"), ": in doubt as well\n", mend)
    for who, what, alike in many.told_once([part], reason):
        if (failure := alike[0].failure) is not None:
            yield Text.assemble((who, "bold red"), ": ", words.told(replace(failure, message=what)))
