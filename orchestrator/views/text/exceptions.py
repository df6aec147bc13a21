"""What is wrong with targets, below the table of `status`: each thing once, with those that it concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from orchestrator.core.divergence import Relation
from orchestrator.core.status import Pair, TargetStatus
from orchestrator.core.taken_back import taken_back
from orchestrator.core.targets import Target
from orchestrator.views.text import many, words
from orchestrator.views.text.failures import failures
from orchestrator.views.text.many import Part

if TYPE_CHECKING:
    from orchestrator.core.locks import Leftover

_REASON = 300
"""Characters that are shown of why the latest run failed; `show` has the rest."""

Parts = Sequence[Part[TargetStatus]]


def exceptions(told: Parts, pairs: Mapping[Target, Pair], messages: Mapping[str, str]) -> Iterator[RenderableType]:
    """Failures and doubts, divergences, what is gone, who is at work, and what nobody drives any more."""
    for part in told:
        yield from failures(part, each=_failure, in_doubt=_in_doubt, reason=_settled)
    for who, what, alike in many.told_once(told, lambda one: _apart(pairs.get(one.target), messages)):
        yield Text.assemble((who, "bold red"), f" {what}" if len(alike) == 1 else f": {what}")
    for who, what, _ in many.told_once(told, lambda one: words.gone(one.target, one.lost) if one.lost else None):
        yield Text.assemble((who, "bold yellow"), f": {what}")
    for who, what, _ in many.told_once(told, lambda one: one.holder):
        yield Text.assemble((who, "bold"), f": {what} is working on it now")
    for who, what, alike in many.told_once(told, _left):
        waiting = _waiting(alike[0].leftover) if alike[0].leftover else ""
        yield Text.assemble((who, "bold"), f": {what}\n", waiting)


def last_failures(told: Parts) -> Iterator[Text]:
    """Why the latest run failed, where nothing else is wrong."""
    for who, what, _ in many.told_once(told, _last_failure):
        yield Text.assemble((who, "bold red"), f": {what}")


def rollbacks(told: Parts) -> Iterator[Text]:
    """Which run was taken back by the latest one, by whom and why."""
    for who, what, _ in many.told_once(told, _taken_back):
        yield Text.assemble((who, "bold yellow"), f": {what}")


def _taken_back(target: TargetStatus) -> str | None:
    run = target.last_run
    return f"run {run.plan.undoes} was {how}" if run is not None and (how := taken_back(run)) else None


def _last_failure(target: TargetStatus) -> str | None:
    if not target.last_failure or target.doubt or target.failure:
        return None
    reason = " ".join(target.last_failure.removeprefix(f"{target.target}: ").split())
    return reason if len(reason) <= _REASON else reason[: _REASON - 1] + "…"


def _in_doubt(target: TargetStatus) -> bool:
    return target.doubt is not None


def _settled(target: TargetStatus) -> str | None:
    """The failure of a target that is not in doubt."""
    return target.failure.message if target.failure is not None and target.doubt is None else None


def _failure(target: TargetStatus) -> Iterator[RenderableType]:
    if target.failure is not None:
        failure = replace(target.failure, mend=None) if target.doubt else target.failure
        yield Text.assemble((str(target.target), "bold red"), ": ", words.told(failure))
    if target.doubt is not None:
        from orchestrator.views.text.doubt import doubt

        yield from doubt(target.doubt)
        yield _waiting(target.leftover) if target.leftover else words.mended(target.doubt.mend)


def _apart(pair: Pair | None, messages: Mapping[str, str]) -> str | None:
    """What lies behind a relation that promotion cannot mend by itself, with the revisions' names."""
    if pair is None or pair.divergence.relation not in (Relation.AHEAD, Relation.DIVERGED):
        return None
    divergence = pair.divergence
    text = f"has what {pair.upstream} lacks: {words.listed(divergence.extra, messages)}"
    if divergence.missing:
        text += f"\n  and lacks what {pair.upstream} has: {words.listed(divergence.missing, messages)}"
    if divergence.relation is Relation.DIVERGED:
        text += f"\n  both have: {words.listed(divergence.common, messages) or 'nothing'}"
    return text


def _left(target: TargetStatus) -> str | None:
    if target.leftover is None or target.doubt is not None:
        return None
    return f"nobody drives run {target.leftover.run} any more"


def _waiting(leftover: Leftover) -> Text:
    """That nothing can be judged or settled yet, and what waits."""
    text = Text(f"  {leftover.who} still works for it: what becomes of the revision is not known yet\n", "yellow")
    return text.append_text(words.mended(leftover.mend))
