"""The gate `lint`: nothing dangerous goes to an environment that forbids it, unless its script says why it may."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.gates.verdict import Answer, Circumstances, Verdict
from orchestrator.core.lint import LintFinding, counting
from orchestrator.core.phrases import few
from orchestrator.core.pipeline import Environment, Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.targets import Target

NAME = "lint"
_NAMED = 3
"""Findings that the reason names before it says how many more there are."""


def lint(plan: Plan, circumstances: Circumstances) -> Verdict | None:
    """Refuses while the revisions have findings as severe as an environment that gets them keeps out.

    None where no environment that the plan changes demands it.
    """
    demand = demanding(plan, circumstances.pipeline)
    if not demand:
        return None
    kept = {one.name: counted for one in demand if (counted := _counted(plan, one, circumstances))}
    if not kept:
        missed = f"; but {few(circumstances.unlinted, _NAMED, '; ')}" if circumstances.unlinted else ""
        return Verdict(NAME, Answer.PASS, f"no finding is so severe that it keeps the plan out{missed}")
    found = tuple(dict.fromkeys(finding for findings in kept.values() for finding in findings))
    revisions = " ".join(dict.fromkeys(finding.revision for finding in found))
    return Verdict(NAME, Answer.REFUSE, _reason(found), f"orchestrate lint {revisions}", tuple(kept))


def demanding(plan: Plan, pipeline: Pipeline) -> tuple[Environment, ...]:
    """The environments that a release changes and that keep findings out."""
    changing = map(pipeline.environment, plan.environments)
    return tuple(environment for environment in changing if environment.gates.lint is not None)


def _counted(plan: Plan, environment: Environment, circumstances: Circumstances) -> tuple[LintFinding, ...]:
    assert environment.gates.lint is not None
    gets: dict[str, set[Target]] = {}
    for one in plan.targets:
        if one.target.environment == environment.name:
            for step in one.steps:
                gets.setdefault(step.revision, set()).add(one.target.untenanted)
    known = (found for found in circumstances.findings if found.revision in gets)
    findings = (found for found in known if not found.places or found.places & gets[found.revision])
    return counting(findings, environment.gates.lint)


def _reason(findings: Iterable[LintFinding]) -> str:
    told = [f"{one.rule} in {one.revision} ({one.where})" for one in findings]
    count = "a finding" if len(told) == 1 else f"{len(told)} findings"
    return f"{count} in the scripts: {few(told, _NAMED)}"
