"""The shape of `gates`: what an environment demands before it may change. Models only; nothing is judged here.

`none` takes back what `defaults` demands.
"""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

import re
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from orchestrator.core.gates.policy import WAIVABLE, ApprovalPolicy, GatePolicy
from orchestrator.core.lint import Severity
from orchestrator.core.sealed import person_key
from orchestrator.project.environments_file.models import OrEmpty, OrNone, Shape, fault
from orchestrator.project.environments_file.types import DURATION_SCHEMA, Switch, Word, seconds_of
from orchestrator.project.environments_file.variables import Unresolved
from orchestrator.project.environments_file.windows import WindowShape, window_of
from orchestrator.project.environments_file.wording import near

_ABSENT: Any = None
"""The default of a key that holds no null: `model_fields_set` says whether it is there."""
_PEOPLE = re.compile(r"[1-9]\d?", re.ASCII)
_LONGEST = 3660 * 86400.0


def _period(value: Any) -> Any:
    seconds = seconds_of(value, 'write for example "30m", "24h" or "7d"')
    if seconds > _LONGEST:
        raise fault("is longer than ten years", "write a shorter time")
    if seconds < 1 and not isinstance(value, Unresolved):
        raise fault("is shorter than a second", "write none for no demand")
    return seconds


def _people(value: Any) -> Any:
    if isinstance(value, Unresolved):
        return 1
    if not isinstance(value, str) or not _PEOPLE.fullmatch(value.strip()):
        raise fault("is not a number of people", "write a whole number from 1 to 99")
    return int(value)


def _severity(value: Any) -> Any:
    if value not in set(Severity):
        raise fault("is not a severity", f"write {', '.join(Severity)} or none")
    return Severity(value)


def _waivable(value: Any) -> Any:
    if value not in WAIVABLE:
        raise fault("is not a gate that may be waived", near(str(value), WAIVABLE))
    return value


_REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
_PEOPLE_SCHEMA = [{"type": "integer", "minimum": 1, "maximum": 99}, _REFERENCE]
Period = Annotated[float, BeforeValidator(_period), WithJsonSchema({"anyOf": DURATION_SCHEMA})]
People = Annotated[int, BeforeValidator(_people), WithJsonSchema({"anyOf": _PEOPLE_SCHEMA})]
Least = Annotated[Severity, BeforeValidator(_severity), WithJsonSchema({"enum": list(Severity)})]
Waivable = Annotated[str, BeforeValidator(_waivable), WithJsonSchema({"enum": list(WAIVABLE)})]


class ApprovalShape(Shape):
    """Whose consent a sealed plan needs."""

    required: People = Field(
        default=1, description="How many people, the plan's author not among them. Default 1."
    )
    of: Annotated[list[Word], OrEmpty(list)] = Field(default=[], description="Their names. Default anybody.")
    expires: Annotated[Period, OrNone()] = Field(
        default=_ABSENT, description="How long an approval counts. Default as long as the plan."
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if len(set(map(person_key, self.of))) < len(self.of):
            raise fault("names somebody twice", "name each once")
        if self.of and self.required > len(self.of):
            what = f"requires {self.required} approvals of {len(self.of)} people"
            raise fault(what, "name more people, or require fewer")
        return self


class GatesShape(Shape):
    """What an environment demands before it may change."""

    soak: Annotated[Period, OrNone()] = Field(
        default=_ABSENT,
        description="How long the environment before must have stood at what this one gets. Default none.",
    )
    window: Annotated[WindowShape, OrNone()] = Field(
        default=_ABSENT, description="When it may change. Default always."
    )
    verified: Switch = Field(
        default=False,
        description="Whether verify of the environment before must have passed since it changed. Default false.",
    )
    approval: Annotated[ApprovalShape, OrNone()] = Field(
        default=_ABSENT, description="Whose consent a sealed plan needs. Default nobody's."
    )
    age: Annotated[Period, OrNone()] = Field(
        default=_ABSENT, description="How old a sealed plan may be. Default as old as it says itself."
    )
    lint: Annotated[Least, OrNone()] = Field(
        default=_ABSENT,
        description="error, warning or note: findings of at least this severity keep a plan out. Default none.",
    )
    waivable: Annotated[list[Waivable], OrEmpty(list)] = Field(
        default=[], description="Which gates a person may waive. Default none of them."
    )


def gates_of(layers: Iterable[GatesShape]) -> GatePolicy:
    """What the layers demand together; a later one wins, key by key."""
    said: dict[str, Any] = {key: getattr(shape, key) for shape in layers for key in shape.model_fields_set}
    window, approval = said.get("window"), said.get("approval")
    return GatePolicy(
        soak=said.get("soak"),
        window=window_of(window) if window is not None else None,
        verified=said.get("verified", False),
        approval=ApprovalPolicy(approval.required, tuple(approval.of), approval.expires) if approval else None,
        age=said.get("age"),
        lint=said.get("lint"),
        waivable=tuple(said.get("waivable", ())),
    )
