"""In which waves an environment changes, how many targets at once, and what happens where some of them fail."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from rich.text import Text

from orchestrator.core.plan import LeftOut, Wave
from orchestrator.core.reports import PlanReport
from orchestrator.core.targets import Target
from orchestrator.core.waves import WavePolicy, leads
from orchestrator.views.text import many, words


def waves(report: PlanReport) -> Iterator[Text]:
    """The waves of each environment that has several, or many targets."""
    for environment, found in groupby(report.plan.waves, lambda wave: wave.targets[0].target.environment):
        planned = list(found)
        sizes = [moving for wave in planned if (moving := _moving(wave))]
        policy = report.policies.get(environment)
        if policy is not None and (len(sizes) > 1 or sum(map(len, sizes)) > many.MANY):
            every = [[plan.target for plan in wave.targets] for wave in planned]
            canary = leads(every, policy, {target for wave in sizes for target in wave})
            if not report.plan.kind.releases:
                # What is taken back goes the other way round, without patience.
                policy, canary = replace(policy, pause=0, verify=()), False
            yield from _of_environment(environment, sizes, policy, canary=canary)


def _moving(wave: Wave) -> list[Target]:
    return [plan.target for plan in wave.targets if plan.steps]


def _of_environment(
    environment: str, sizes: Sequence[Sequence[Target]], policy: WavePolicy, *, canary: bool
) -> Iterator[Text]:
    count = sum(map(len, sizes))
    text = Text.assemble(
        (environment, "bold"), f": {words.count(count, 'target')} in {words.count(len(sizes), 'wave')}"
    )
    if len(sizes) > 1:
        text.append(_order(sizes, canary=canary))
    yield text
    here = f", {policy.per_server} on one server" if policy.per_server < policy.parallel else ""
    yield Text(f"  {policy.parallel} at a time{here}")
    allowed = policy.max_failures.at_most(count)
    yield Text(f"  {f'up to {allowed:,}' if allowed else 'none'} may fail; then {policy.on_failure.meaning}")
    between = [f"{shlex.join(policy.verify)} must succeed"] if policy.verify else []
    between += [f"a pause of {words.lasting(policy.pause)}"] if policy.pause and len(sizes) > 1 else []
    if between:
        yield Text(f"  after each wave: {', '.join(between)}")


def _order(sizes: Sequence[Sequence[Target]], *, canary: bool) -> str:
    first, rest = sizes[:1] if canary else [], sizes[1:] if canary else sizes
    largest = max(map(len, rest))
    most = f"{largest:,}" if len({len(wave) for wave in rest}) == 1 else f"up to {largest:,}"
    if not first:
        return f" of {most}"
    after = f"{len(rest):,} of {most}" if len(rest) > 1 else f"the other {most}"
    names = many.few([target.tenant or str(target) for target in first[0]])
    return f": first the canary {names}, then {after}"


def left_out(found: Iterable[LeftOut], what: str = "left out") -> Iterator[Text]:
    """The targets that a plan does without, each reason once."""
    for who, reason, alike in many.told_once(many.parts(found), lambda one: one.reason):
        text = Text.assemble((f"{what}: ", "yellow"), (who, "bold yellow"), f": {reason}")
        yield text.append("\n").append_text(words.mended(alike[0].mend)) if alike[0].mend else text
