"""A release's plan sealed and written: with who made it, until when it holds, and the bytes that it relies on.

And one that waits in its file to be approved, applied or taken up again, which is not written over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core import plan_json as plans
from orchestrator.core.gates.age import age
from orchestrator.core.gates.approval import counts
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.revisions import Graph
from orchestrator.core.sealed import Sealed, utc
from orchestrator.core.staleness import Basis, Now, stale
from orchestrator.core.status import Waiting
from orchestrator.core.targets import Target
from orchestrator.errors import OrchestrateError, RefusedError, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.edited import former_bytes
from orchestrator.operations.evidence import APPROVING, approvals_of
from orchestrator.operations.survey import Survey
from orchestrator.project import plan_file
from orchestrator.project.configuration import Configuration
from orchestrator.project.environments_file.types import seconds_of

if TYPE_CHECKING:
    from orchestrator.operations.prepared import Prepared

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
    Raises RefusedError where another plan waits there that was approved or begun, UsageError where the file cannot
    be written, ConfigurationError where Alembic's files cannot be read.
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
        overrides=seen.configuration.overrides,
        file=str(file),
    )
    _keep(file, sealed, seen, at)
    plan_file.write(file, sealed)
    return replace(prepared, sealed=sealed)


def _keep(file: Path, sealed: Sealed, seen: Survey, at: datetime) -> None:
    """Raise RefusedError where another plan waits in the file that people approved or a run began."""
    if not file.is_file():
        return
    with Journal(seen.configuration.journal) as journal:
        there = waiting(journal, seen, file, at)
    if there is None or there.sealed.seal == sealed.seal or not (there.approvals or there.run):
        return
    told = [f"the plan of {there.sealed.author}, {utc(there.sealed.created_at)}, waits there"]
    told += [f"approved by {', '.join(there.approvals)}"] if there.approvals else []
    told += [f"begun by run {there.run.id} of {there.run.actor}"] if there.run is not None else []
    mend = f"{there.mend}; to plan anew all the same: --out ANOTHER-FILE, or delete it"
    raise RefusedError(", ".join(told), where=str(file), mend=mend)


def waiting(journal: Journal, seen: Survey, file: Path, at: datetime) -> Waiting | None:
    """The plan that waits in the file, with what is typed next; raises JournalError.

    None where there is none that can be read, or it is over: its run ended well, its time is up, too few are left
    to approve it, or what it relies on changed, as far as that was looked at.
    """
    try:
        sealed = plan_file.read(file)
    except OrchestrateError:
        return None
    approvals = approvals_of(journal.of_kinds(*APPROVING))
    names = tuple(one.by for one in approvals if one.seal == sealed.seal)
    if (run := journal.sealed(sealed.seal, sealed.created_at)) is not None:
        return None if run.complete else Waiting(sealed, f"orchestrate resume {run.id}", names, run)
    pipeline = seen.world.pipeline
    told = Circumstances(pipeline, now=at, sealed=sealed, evidence=Evidence(approvals=approvals))
    if not {*sealed.plan.environments} <= {*pipeline.names} or _over(sealed, seen, told):
        return None
    lacking = [one for one in counts(sealed.plan, told) if one.missing]
    if any(one.hopeless for one in lacking):
        return None
    return Waiting(sealed, lacking[0].mend if lacking else sealed.applying, names)


def _over(sealed: Sealed, seen: Survey, told: Circumstances) -> bool:
    """Whether its time is up; or, where all of it was looked at, the world is not the one that it was made for."""
    old = age(sealed.plan, told)
    if old is not None and old.answer is not Answer.PASS:
        return True
    graphs = {target: seen.world.graphs.get(target) for target, _ in sealed.plan.seen}
    known = {target: graph for target, graph in graphs.items() if graph is not None}
    if len(known) < len(graphs):
        return False
    return any(stale(sealed, Now(seen.world, basis(seen.configuration, known, sealed), seen.last_runs)))


def basis(configuration: Configuration, graphs: Mapping[Target, Graph], sealed: Sealed) -> Basis:
    """What the plan relies on, for the targets of these graphs, as it is read now; as `plan_file.digests`."""
    files, tools = plan_file.digests(configuration, graphs), plan_file.tools(configuration, graphs)
    each = {id(graph): graph for graph in graphs.values()}.values()
    known = {script.digest for graph in each for script in graph.scripts.values()}
    gone = {path: digest for path, digest in sealed.scripts.items() if digest not in known}
    gone |= {path: digest for path, digest in sealed.files.items() if files.get(path) != digest}
    return Basis(graphs, files, configuration.overrides, tools, former_bytes(gone, configuration.root))


def _scripts(prepared: Prepared, seen: Survey) -> list[tuple[Target, str, str]]:
    """Of each planned revision's script a target that gets it, its path and its digest; each script once."""
    found = {}
    ways = {id(planned.steps): planned for planned in prepared.plan.targets}
    for planned in ways.values():
        scripts = seen.world.graphs[planned.target].scripts
        for step in planned.steps:
            found[scripts[step.revision].path] = planned.target, scripts[step.revision].path, step.digest
    return list(found.values())
