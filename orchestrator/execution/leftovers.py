"""What a revision that failed, upwards or downwards, left behind; and whether it provably left nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.core.observations import Observation
from orchestrator.core.phrases import few
from orchestrator.core.plan import Action, Step
from orchestrator.execution.protocol import GARBLED

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Leftovers:
    """`kept` are statements the database kept, `changes` the objects that differ from before; `clean`: nothing."""

    kept: tuple[str, ...]
    changes: tuple[str, ...]
    clean: bool

    def __str__(self) -> str:
        kept = few((f"kept: {statement}" for statement in self.kept), _NAMED, "; ")
        return left_behind(self.changes) if self.changes or not kept else kept


def left_behind(changes: Sequence[str]) -> str:
    """How the schema differs, for a sentence: the first of it, and how much more `orchestrate status` lists."""
    told = few(changes, _NAMED, "; ") or "what is left of it cannot be told from outside"
    return f"{told} differences" if len(changes) > _NAMED else told


def leftovers(
    step: Step,
    final: Mapping[str, Any],
    changes: tuple[str, ...],
    observation: Observation,
    *,
    rows_stay: bool = False,
) -> Leftovers:
    """Judge by the worker's last word and by the objects that changed since before the step.

    A worker that lived to tell says which statements it saw kept. Where the script leaves its transaction that is
    not enough, since a commit can go unseen: then only a step that wrote nothing at all left nothing for certain.
    What a step did on a connection beside the migrations' commits unseen on every database. `rows_stay` says that
    a rollback here may leave rows: then a step that wrote anything may have left them.
    A stamp writes a row and nothing else.
    A worker that died, or cannot be understood, leaves only the schema to compare, and that seldom tells all
    (`Observation.schema_tells`).
    """
    kept = tuple(statement for revision, statement in final.get("kept", ()) if revision == step.revision)
    unseen = step.revision in final.get("elsewhere", ())
    if step.action is Action.STAMP or (observation.transactional and step.atomic):
        return Leftovers(kept, changes, clean=not kept and not unseen)
    lived = final["say"] in ("failed", "finished") and final.get("code") not in ("cancelled", GARBLED)
    if step.atomic and not rows_stay:
        told = lived or observation.schema_tells
    else:
        told = lived and step.revision not in final.get("wrote", (step.revision,))
    return Leftovers(kept, changes, clean=told and not kept and not changes and not unseen)
