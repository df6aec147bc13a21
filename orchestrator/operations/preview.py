"""What revisions execute: as an environment really executed it where the journal has it, else rendered offline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.core.preview import Executed, Origin, Rendered, RevisionSql, SqlStatement, named_in
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse
from orchestrator.errors import OrchestrateError
from orchestrator.execution.render import render
from orchestrator.journal.journal import Journal
from orchestrator.journal.ran import EXECUTED
from orchestrator.operations.durations import families
from orchestrator.operations.survey import Survey
from orchestrator.project.revision_scripts.alembic_config import read_config

_LATEST = 5
"""Runs of a script that are asked for what it executed: the latest may be of another family of databases."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A script on a family of databases; `target` is the first that it is wanted for."""

    project: str
    family: str
    target: Target
    script: Script


def sql_of(
    journal: Journal, seen: Survey, wanted: Mapping[Target, Iterable[str]], *, source: str | None = None
) -> tuple[RevisionSql, ...]:
    """What the revisions `wanted` execute on these targets: each once for a project and a family of databases.

    What `source` executed is taken before what others did. Scripts of which no run recorded it are run in a worker
    that may connect to nothing; where that is not possible the value says why. Raises JournalError.
    """
    asked = _asked(seen, wanted)
    executed = _executed(journal, seen, asked, source)
    rendered = _rendered(seen, [one for one in asked if one not in executed])
    return tuple(_told(one, executed.get(one), rendered.get(one, Rendered())) for one in asked)


def _asked(seen: Survey, wanted: Mapping[Target, Iterable[str]]) -> list[_Wanted]:
    known = families(seen)
    asked: dict[tuple[str, str, str], _Wanted] = {}
    for target, revisions in wanted.items():
        project, family = seen.configuration.project_of(target).name, known[target.untenanted]
        for revision in revisions:
            if (project, family, revision) not in asked:
                script = seen.world.graphs[target].scripts[revision]
                asked[project, family, revision] = _Wanted(project, family, target, script)
    return list(asked.values())


def _executed(
    journal: Journal, seen: Survey, asked: Iterable[_Wanted], source: str | None
) -> dict[_Wanted, Executed]:
    """What is recorded of them: of `source` first, else what was executed last."""
    places = families(seen)
    by_bytes = {(one.script.digest, one.family): one for one in asked}
    keys = (
        (place, one.script.revision, one.script.digest)
        for one in by_bytes.values()
        for place, family in places.items()
        if family == one.family and place.database == one.target.database
    )
    found: dict[_Wanted, Executed] = {}
    for event in journal.applied(keys, EXECUTED, _LATEST):
        body = event.body["executed"]
        one = by_bytes.get((str(event.body["digest"]), str(body["family"])))
        if one is None or event.target is None:
            continue
        if one not in found or (event.target.environment == source != found[one].environment):
            told = tuple(SqlStatement(*statement) for statement in body["statements"])
            where = str(event.target), event.target.environment, event.run, event.at
            own = named_in(told, _names(seen, event.target) - _names(seen, one.target))
            found[one] = Executed(*where, told, int(body["more"]), own)
    return found


def _names(seen: Survey, target: Target) -> set[str | None]:
    """What a target's database and schema are called on their server; nothing for one that was not looked at."""
    if (endpoint := seen.endpoints.get(target)) is None:
        return set()
    address = parse(endpoint.url.reveal())
    return {endpoint.schema, address.database if address is not None and address.host else None}


def _rendered(seen: Survey, asked: Iterable[_Wanted]) -> dict[_Wanted, Rendered]:
    """Each project and family in a worker of its own, with the endpoint of the first target it is wanted for."""
    together: dict[tuple[str, str], list[_Wanted]] = {}
    for one in asked:
        together.setdefault((one.project, one.family), []).append(one)
    return {one: told for alike in together.values() for one, told in _worked(seen, alike)}


def _worked(seen: Survey, alike: list[_Wanted]) -> Iterator[tuple[_Wanted, Rendered]]:
    first = alike[0].target
    project = seen.configuration.project_of(first)
    try:
        here = read_config(project).here
        paths = {one.script.revision: here / one.script.path for one in alike}
        told = render(project, seen.endpoints[first], paths)
    except OrchestrateError as error:
        told = dict.fromkeys((one.script.revision for one in alike), Rendered(why=str(error)))
    return ((one, told[one.script.revision]) for one in alike)


def _told(one: _Wanted, executed: Executed | None, rendered: Rendered) -> RevisionSql:
    about = (one.project, one.family, one.script.revision, one.script.message)
    if executed is not None:
        return RevisionSql(*about, executed.statements, executed.more, Origin.EXECUTED, executed)
    origin = Origin.RENDERED if rendered.why is None else None
    return RevisionSql(*about, rendered.statements, rendered.more, origin, why=rendered.why)
