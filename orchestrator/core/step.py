"""One revision on one target: what a step is, when it is done, and how it is written. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orchestrator.core.revisions import Graph


class Action(StrEnum):
    """What a step does with its revision."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    STAMP = "stamp"
    """Written into the version table, and nothing run: the schema is there already."""


@dataclass(frozen=True, slots=True)
class Step:
    """One revision on one target. `digest` is the script's; `atomic` whether a failure undoes all of it."""

    revision: str
    digest: str
    message: str = ""
    atomic: bool = True
    action: Action = Action.UPGRADE

    def done(self, applied: frozenset[str]) -> bool:
        """Whether a target that has these revisions has this step behind it, as far as one step alone can tell."""
        return (self.revision in applied) is (self.action is not Action.DOWNGRADE)

    def after(self, applied: frozenset[str], graph: Graph) -> frozenset[str]:
        """What a target that has these revisions has after this step.

        Alembic's rows say the same, also where branches merge and `depends_on` leads across: a law in the tests
        holds both side by side.
        """
        match self.action:
            case Action.DOWNGRADE:
                return applied - {self.revision}
            case Action.STAMP:
                return applied | graph.ancestors([self.revision])
            case Action.UPGRADE:
                return applied | {self.revision}


def values_of(step: Step) -> dict[str, Any]:
    """The step as JSON values; `step_of` reads it back. An upgrade's action is not written."""
    action = {} if step.action is Action.UPGRADE else {"action": str(step.action)}
    told = {"revision": step.revision, "digest": step.digest, "message": step.message, "atomic": step.atomic}
    return {**told, **action}


def step_of(value: dict[str, Any]) -> Step:
    """The step that `values_of` wrote; KeyError, TypeError or ValueError for anything else."""
    revision, digest, message = value["revision"], value["digest"], value["message"]
    if not (isinstance(revision, str) and isinstance(digest, str) and isinstance(message, str)):
        raise TypeError("a step has text where something else stands")
    return Step(revision, digest, message, value["atomic"] is True, Action(value.get("action", Action.UPGRADE)))
