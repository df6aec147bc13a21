"""The gate `lint`: findings in the scripts keep them out of the environments that say so, and of no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core.gates.lint import lint
from orchestrator.core.gates.policy import GatePolicy
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.lint import LintFinding, LintReport, Severity, counting
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan, PlanKind
from orchestrator.core.planner import rollout
from orchestrator.core.targets import Target
from tests.core.gates.asking import told
from tests.core.gates.test_gates import earlier
from tests.core.worlds import graph, world

WORLD = world(graph("a; b a"), {"dev": "b", "test": "a", "prod": "a"})
PLAN = rollout(WORLD, "prod")


def finding(severity: str, revision: str = "b", allowed: str | None = None) -> LintFinding:
    told = ("what", "why", "rewrite", allowed)
    return LintFinding(f"{severity}-rule", Severity(severity), revision, f"{revision}.py:7", *told)


def asked(*findings: LintFinding, plan: Plan = PLAN, resumed: bool = False, **least: str) -> object:
    """The answer, the reason and the environments, where these environments keep findings out."""
    environments = (
        replace(one, gates=GatePolicy(lint=Severity(least[one.name]) if one.name in least else None))
        for one in WORLD.pipeline.environments
    )
    circumstances = Circumstances(Pipeline(tuple(environments)), now=datetime(2026, 11, 22, tzinfo=UTC))
    circumstances = replace(circumstances, findings=findings, resumed=earlier() if resumed else None)
    verdict = told("lint", plan, circumstances)
    return verdict and (str(verdict.answer), verdict.environments)


ERROR, WARNING, NOTE = map(finding, ("error", "warning", "note"))


@pytest.mark.parametrize(
    ("findings", "least", "answer"),
    [
        ((), {"prod": "error"}, ("pass", ())),
        ((ERROR,), {}, None),
        ((ERROR,), {"dev": "error"}, None),
        ((ERROR,), {"prod": "error"}, ("refuse", ("prod",))),
        ((ERROR,), {"test": "warning", "prod": "note"}, ("refuse", ("test", "prod"))),
        ((WARNING,), {"test": "error", "prod": "warning"}, ("refuse", ("prod",))),
        ((NOTE, WARNING), {"prod": "error"}, ("pass", ())),
        ((finding("error", allowed="it is old"),), {"prod": "note"}, ("pass", ())),
        ((finding("error", revision="a"),), {"prod": "note"}, ("pass", ())),
    ],
)
def test_findings_keep_a_plan_out(
    findings: tuple[LintFinding, ...], least: dict[str, str], answer: object
) -> None:
    """Where an environment demands it, by findings so severe in what it gets, unless the script allows them."""
    assert asked(*findings, **least) == answer


def test_only_a_release_is_asked_and_once() -> None:
    """A rollback stays open, and a run that is taken up again was let in before."""
    assert asked(ERROR, plan=replace(PLAN, kind=PlanKind.ROLLBACK), prod="error") is None
    assert asked(ERROR, resumed=True, prod="error") == ("pass", ())


def test_the_reason_names_the_first_and_counts_the_rest() -> None:
    """With the place of each, and the command that tells why and how else."""
    environments = tuple(replace(one, gates=GatePolicy(lint=Severity.NOTE)) for one in WORLD.pipeline.environments)
    found = tuple(replace(ERROR, where=f"b.py:{line}") for line in range(5))
    circumstances = Circumstances(Pipeline(environments), now=datetime(2026, 11, 22, tzinfo=UTC), findings=found)
    verdict = lint(PLAN, circumstances)
    assert verdict is not None
    told = "error-rule in b (b.py:0), error-rule in b (b.py:1), error-rule in b (b.py:2) and 2 more"
    assert verdict.reason == f"5 findings in the scripts: {told}"
    assert (verdict.answer, verdict.mend) == (Answer.REFUSE, "orchestrate lint b")


def test_a_finding_counts_where_its_database_is() -> None:
    """What another project's revision of that id holds, or does on another family, keeps nothing out here."""
    assert asked(replace(ERROR, places=frozenset({Target("test")})), prod="error") == ("pass", ())
    assert asked(replace(ERROR, places=frozenset({Target("prod")})), prod="error") == ("refuse", ("prod",))


def test_what_was_not_looked_at_is_told() -> None:
    """A gate that passes says what nobody read."""
    environments = tuple(replace(one, gates=GatePolicy(lint=Severity.NOTE)) for one in WORLD.pipeline.environments)
    circumstances = Circumstances(
        Pipeline(environments), now=datetime(2026, 11, 22, tzinfo=UTC), unlinted=("squawk is not installed",)
    )
    verdict = lint(PLAN, circumstances)
    assert verdict is not None
    assert (verdict.answer, verdict.reason.partition("; ")[2]) == (Answer.PASS, "but squawk is not installed")


@pytest.mark.parametrize("least", Severity)
def test_a_report_refuses_what_the_gate_would(least: Severity) -> None:
    """The more severe is always among what a lesser demand keeps out."""
    found = (ERROR, WARNING, NOTE, finding("error", allowed="it is old"))
    assert [one.severity for one in counting(found, least)] == [
        one for one in reversed(Severity) if one.rank >= least.rank
    ]
    assert LintReport(found, ("b",), least=least).refused
    assert not LintReport(found[3:], ("b",), least=least).refused
