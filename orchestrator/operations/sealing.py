"""A release's plan sealed and written: with who made it, until when it holds, and the bytes that it relies on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.core import plan as plans
from orchestrator.core.sealed import Sealed
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Survey
from orchestrator.project import plan_file
from orchestrator.project.environments_file.types import seconds_of

USUAL_LIFE = 72 * 3600.0
"""Seconds that a plan may wait where neither a person nor an environment says it: over a weekend."""
_LONGEST_NAME = 200
_LONGEST_LIFE = 366 * 86400.0


@dataclass(frozen=True, slots=True)
class Author:
    """Who seals a plan: the person by name, and who typed it, as user@host."""

    name: str
    actor: str


def person(given: str | None, actor: str) -> str:
    """Who acts: the name given, else the user of the system; UsageError for a name that is none."""
    if given is None:
        return actor.partition("@")[0]
    name = given.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError("that is no name of a person", where="--as", mend="for example: --as alice")
    return name


def life(typed: str | None) -> float | None:
    """A duration as it was typed, in seconds; UsageError for what is none."""
    if typed is None:
        return None
    try:
        seconds = seconds_of(typed)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_LIFE:
        raise UsageError(f"{typed!r} is no time", where="--expires", mend="for example: --expires 90m, 24h or 7d")
    return seconds


def seal(prepared: Prepared, author: Author, file: Path, at: datetime, expires: float | None = None) -> Prepared:
    """The plan with its seal, written into the file.

    It expires after so many seconds; None for what the environments that it changes say of its age, or three days.
    A plan that does nothing is not written: what lies there may be the one that was approved.
    Raises UsageError where the file cannot be written, ConfigurationError where Alembic's files cannot be read.
    """
    seen, plan = prepared.seen, prepared.plan
    if not plan.steps:
        older = ": what is there is an older plan" if file.exists() else ""
        return replace(prepared, notes=(*prepared.notes, f"nothing to seal, so {file} was not written{older}"))
    ages = [seen.world.pipeline.environment(name).gates.age for name in plan.environments]
    life = expires if expires is not None else min((age for age in ages if age is not None), default=USUAL_LIFE)
    made = at.replace(microsecond=0)
    targets = [target for target, _ in plan.seen]
    sealed = Sealed(
        # What a server said of a target that is left out may hold what nobody else is to read.
        plan=plans.from_json(seen.configuration.redactor().value(plans.to_json(plan))),
        author=author.name,
        actor=author.actor,
        created_at=made,
        expires_at=made + timedelta(seconds=life),
        files=plan_file.digests(seen.configuration, targets),
        scripts=plan_file.script_digests(seen.configuration, _scripts(prepared, seen)),
        tools=plan_file.tools(seen.configuration, targets),
        file=str(file),
    )
    plan_file.write(file, sealed)
    return replace(prepared, sealed=sealed)


def _scripts(prepared: Prepared, seen: Survey) -> list[tuple[Target, str, str]]:
    """Of each planned revision's script a target that gets it, its path and its digest; each script once."""
    found = {}
    ways = {id(planned.steps): planned for planned in prepared.plan.targets}
    for planned in ways.values():
        scripts = seen.world.graphs[planned.target].scripts
        for step in planned.steps:
            found[scripts[step.revision].path] = planned.target, scripts[step.revision].path, step.digest
    return list(found.values())
