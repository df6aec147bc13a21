"""How long an environment will take, in a line: said only where that was measured, and is worth a thought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from orchestrator.core.estimates import Estimate, RevisionEstimate
from orchestrator.views.text import words

_WAITED_FOR = 10.0
"""Seconds from which on an environment's time is told: for less nobody plans."""
_NOTICED = 1.0
"""Seconds from which on a revision is named: who waits for one wants to know for which."""
_SLOWEST = 5
"""Revisions that are named, the slowest first."""


def estimates(found: Iterable[Estimate]) -> Iterator[Text]:
    """For each environment how long its revisions take, after where that was measured."""
    for one in found:
        if one.known and one.whole.longest >= _WAITED_FOR:
            yield Text.assemble((one.environment, "bold"), f": {_whole(one)}, as {_measured(one)}")
            yield from _slowest(one)


def _whole(one: Estimate) -> str:
    """At least so long where something is not known of; and how long it may be."""
    about = "at least " if one.unmeasured else "about " if round(one.whole.typical) else ""
    typical, longest = length(one.whole.typical), length(one.whole.longest)
    spread = f", {longest} at the longest" if longest != typical else ""
    pauses = f" with {words.lasting(one.pauses)} of pauses" if one.pauses else ""
    return f"{about}{typical}{spread}{pauses}"


def _measured(one: Estimate) -> str:
    measured = [each.measured for each in one.revisions if each.measured is not None]
    names = " and ".join(dict.fromkeys(each.environment for each in measured))
    unknown = f"; {words.listed(one.unmeasured, {})} not measured yet" if one.unmeasured else ""
    return f"the same scripts took in {names}{unknown}"


def _slowest(one: Estimate) -> Iterator[Text]:
    slow = [each for each in one.revisions if each.measured is not None and each.measured.longest >= _NOTICED]
    for each in sorted(slow, key=_seconds, reverse=True)[:_SLOWEST]:
        yield Text(f"  {each.revision}  {took(each)}")


def _seconds(one: RevisionEstimate) -> float:
    return one.measured.longest if one.measured is not None else 0.0


def took(one: RevisionEstimate) -> str:
    """What a revision took, in words."""
    if (found := one.measured) is None:
        return "not measured"
    if found.targets == 1:
        return length(found.typical)
    return f"{length(found.typical)} mostly, {length(found.longest)} at the longest of {found.targets:,} targets"


def length(seconds: float) -> str:
    """A length of time; what nobody notices is not told in digits."""
    return words.lasting(seconds) if round(seconds) else "less than a second"
