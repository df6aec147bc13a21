"""What reverting revisions does, as their scripts read; what somebody must know of it is never cut."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from rich.text import Text

from orchestrator.core.downgrade import Downgrade
from orchestrator.core.plan import Action, Step

_ACTS = 40
"""Acts of a script that are shown, and all that lose data."""
Downgrades = Mapping[str, Downgrade]
"""What the downgrades of scripts do, by the scripts' digests."""


def shown(steps: Sequence[Step], downgrades: Downgrades, first: int) -> tuple[Step, ...]:
    """The `first` steps, and of the others those whose downgrade loses data, does nothing or was not read."""
    return (*steps[:first], *(step for step in steps[first:] if _matters(step, downgrades)))


def _matters(step: Step, downgrades: Downgrades) -> bool:
    if step.action is not Action.DOWNGRADE:
        return False
    found = downgrades[step.digest]
    return found.loses or found.idle or not found.readable


def total(steps: Sequence[Step], downgrades: Downgrades) -> str | None:
    """How many of several downgrades lose data, do nothing or were not read; None where none of them does."""
    found = [downgrades[step.digest] for step in steps if step.action is Action.DOWNGRADE]
    return counted(found) if len(found) > 1 else None


def counted(found: Collection[Downgrade]) -> str | None:
    """The same of these, be it one."""
    loses, idle = sum(one.loses for one in found), sum(one.idle for one in found)
    unread = sum(not one.readable for one in found)
    counted = (("lose data", loses), ("do nothing", idle), ("run code that is not read here", unread))
    told = [f"{what}: {number} of {len(found)}" for what, number in counted if number]
    return "; ".join(told) or None


def downgrade(found: Downgrade, *, details: bool = False) -> Iterator[Text]:
    """What reverting a revision does: what loses rows or values stands out, with `details` all of it is shown."""
    if found.idle:
        yield Text("      does nothing: what upgrade did stays in the database", "bold yellow")
    acts = [act for place, act in enumerate(found.acts) if details or place < _ACTS or act.loses]
    for act in acts:
        line = Text(f"      {act.text}")
        yield line.append("  loses data", "bold red") if act.loses else line
    if more := len(found.acts) - len(acts):
        yield Text(f"      … and {more} more that lose nothing; --details tells them")
    if not found.readable:
        yield Text(f"      runs code that is not read here: see {found.where}", "yellow")
