"""Checks: what of an answer says yes, and how a failure is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestrator.core import plan_json as plans
from orchestrator.core.checks import Answered, Check, Verification, fault_of
from orchestrator.core.events import Event, EventKind
from orchestrator.core.planner import rollout
from orchestrator.core.run import fold
from orchestrator.errors import Exit, Problem
from tests.core.worlds import NOW, graph, world


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([(True,)], None),
        ([(1, 0)], None),
        ([(Decimal(1),), (0,)], None),
        ([(False,)], "is not true"),
        ([(0,)], "is not true"),
        ([(None,)], "gave NULL"),
        ([], "gave no row"),
        ([()], "gave no row"),
        ([(7,)], "gave neither true nor false"),
        ([("t",)], "gave neither true nor false"),
        ([(b"hunter2",)], "gave neither true nor false"),
        ([(float("nan"),)], "gave neither true nor false"),
    ],
)
def test_only_true_is_true(rows: list[tuple[object, ...]], fault: str | None) -> None:
    """A number of things, a text or nothing at all is no yes, and none of it is shown."""
    assert fault_of(rows) == fault


def test_of_many_targets_the_first_few_are_named() -> None:
    """A thousand tenants that fail alike are one sentence; each is there for programs."""
    check = Check(sql="SELECT\n  count(*) = 0 FROM orders " + "WHERE x " * 30)
    alike = tuple(Problem("is not true", f"prod/app@t{n}") for n in range(1000))
    told = Answered(check, (*alike, Problem("no answer", "prod/app@x")))
    words = "is not true (prod/app@t0, prod/app@t1, prod/app@t2 and 997 more); no answer (prod/app@x)"
    assert told.reason is not None
    assert told.reason.startswith("verify (SELECT count(*) = 0 FROM orders WHERE x ")
    assert told.reason.endswith(f"…) {words}")
    assert Answered(check).reason is None


def test_every_check_that_failed_is_told() -> None:
    """None is left out because another failed first, and what is recorded says the same."""
    failed = [Answered(Check(command=("bin/a", "secret")), (Problem(f"verify ({n}) failed"),)) for n in ("a", "b")]
    found = Verification("prod", (Answered(Check(sql="SELECT 1")), *failed), 3, "orchestrate verify prod")
    assert found.error is not None
    assert (found.error.exit, len(found.error.problems)) == (Exit.FAILED, 2)
    assert found.body == {
        "environment": "prod",
        "passed": False,
        "reason": "verify (a) failed; verify (b) failed",
        "checks": ["SELECT 1", "bin/a secret", "bin/a secret"],
    }


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("bin/smoke", "prod-eu"), "bin/smoke prod-eu"),
        (("bin/smoke", "prod us", "--fast"), "bin/smoke 'prod us' --fast"),
        (("sh", "-c", "x" * 70, "y"), f"sh -c {'x' * 70} y"),
        (("sh", "-c", "x" * 80, "y"), "sh -c …"),
        (("sh", "-c", "a\nb"), "sh -c 'a b'"),
    ],
)
def test_a_program_is_told_from_others_by_its_arguments(command: tuple[str, ...], name: str) -> None:
    """Two checks with one program have two names; of an argument that would be cut nothing is shown."""
    assert str(Check(command=command)) == name


def test_a_run_remembers_what_passed_around_its_environments() -> None:
    """A program that passed, and checks that passed and failed no more, are known to whoever resumes the run."""
    found = world(graph("a"), {"dev": ""})
    told: list[tuple[EventKind, dict[str, object]]] = [
        (EventKind.RUN_STARTED, {"plan": plans.to_json(rollout(found, "dev")), "command": "x"}),
        (EventKind.HOOK_FINISHED, {"environment": "dev", "when": "before", "number": 1, "passed": True}),
        (EventKind.HOOK_FINISHED, {"environment": "dev", "when": "before", "number": 2, "passed": False}),
        (EventKind.ENVIRONMENT_VERIFIED, {"environment": "dev", "passed": True}),
        (EventKind.ENVIRONMENT_VERIFIED, {"environment": "test", "passed": True}),
        (EventKind.ENVIRONMENT_VERIFIED, {"environment": "dev", "passed": False}),
        (EventKind.RUN_RESUMED, {}),
    ]
    run = fold(Event(kind, NOW, "run-1", "me@here", body=body) for kind, body in told)
    assert run is not None
    assert (run.hooks, run.checked) == ({("dev", "before", 1)}, {"test"})
