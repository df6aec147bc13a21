"""The gate `scripts`: what is promoted is, to the byte, what ran in the environment before."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.core.edited import Edited, alike
from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.phrases import few
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.targets import Target

NAME = "scripts"
_TOLD = 3
"""Scripts of which it is said how to have them back; the rest is mended alike."""


def upstream(plan: Plan, pipeline: Pipeline, target: Target) -> Target | None:
    """The database that a target's revisions come from, without tenants; None where that is the scripts."""
    if plan.source is not None:
        return Target(plan.source, target.database)
    earlier = pipeline.environments[: pipeline.names.index(target.environment)]
    having = (env.name for env in reversed(earlier) if any(one.database == target.database for one in env.targets))
    return next((Target(name, target.database) for name in having), None)


def scripts(plan: Plan, circumstances: Circumstances) -> Verdict:
    """Refuses while a script of the plan is not what the environment before ran; what nobody recorded passes."""
    found = dict(_found(plan, circumstances))
    if not found:
        return Verdict(NAME, Answer.PASS, "no script is known to have changed since the environment before ran it")
    edited = tuple(dict.fromkeys(one for each in found.values() for one in each))
    told = (f"{few(one.revision for one in each)} changed {since}" for since, each in alike(edited).items())
    mends = [f"{one.mend}   # what is to change belongs in a new revision" for one in edited[:_TOLD]]
    reason = "; ".join(told)
    return Verdict(NAME, Answer.REFUSE, reason, "\n".join(mends), environments=tuple(found))


def _found(plan: Plan, circumstances: Circumstances) -> Iterator[tuple[str, tuple[Edited, ...]]]:
    """The environments that would get other bytes than ran before them, each with these scripts."""
    for environment in plan.environments if circumstances.evidence.edited else ():
        changing = [one for one in plan.targets if one.target.environment == environment and one.steps]
        places = {one.target.untenanted for one in changing}
        sources = {upstream(plan, circumstances.pipeline, place) for place in places}
        revisions = {step.revision for one in changing for step in one.steps}
        edited = circumstances.evidence.edited
        ours = (one for one in edited if one.revision in revisions and not sources.isdisjoint(one.databases))
        if shut := tuple(ours):
            yield environment, shut
