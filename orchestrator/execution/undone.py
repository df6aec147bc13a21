"""What is found of a step that was begun and that the version table does not show; nothing is recorded here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.observations import Observation
from orchestrator.core.plan import Step
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.mysql_engines import rows_stay
from orchestrator.execution.doubt import changed
from orchestrator.execution.leftovers import Leftovers, leftovers

Catalog = Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Undone:
    """The step, the schema before it where it was listed, the indexes it left INVALID, and what else it left."""

    step: Step
    before: Catalog
    invalid: tuple[str, ...]
    left: Leftovers

    @property
    def found(self) -> dict[str, Any]:
        """What is known of it, as an event has it."""
        kept, changes, invalid = list(self.left.kept), list(self.left.changes), list(self.invalid)
        return {
            "catalog": dict(self.before or {}),
            "kept": kept,
            "changes": changes,
            "invalid_indexes": invalid,
        }


def undone(
    endpoint: Endpoint, step: Step, before: Catalog, final: Mapping[str, Any], observation: Observation
) -> Undone:
    """Look at what the step left, after a worker's last word; raises UnavailableError."""
    changes, invalid = changed(endpoint, before)
    wrote = step.revision in final.get("wrote", ())
    left = leftovers(step, final, changes, observation, rows_stay=wrote and rows_stay(endpoint))
    return Undone(step, before, invalid, left)
