"""Which scripts were changed after they ran: what is recorded against the scripts of now, and what git has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.divergence import applied
from orchestrator.core.edited import (
    Edited,
    Former,
    Key,
    Recorded,
    difference,
    edited,
    restoring,
    same_code,
    suspects,
)
from orchestrator.core.plan import Plan
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Survey

if TYPE_CHECKING:  # nothing of git is loaded before a script was edited
    from orchestrator.project.git import Version


def edited_since(journal: Journal, seen: Survey) -> tuple[Edited, ...]:
    """The scripts of revisions that targets have and ran with other bytes; raises JournalError."""
    recorded = journal.digests()
    graphs = {target.untenanted: graph for target, graph in seen.world.graphs.items()}
    known = ((key, graphs[key[0]].scripts.get(key[1])) for key in recorded if key[0] in graphs)
    now = {key: script for key, script in known if script is not None}
    return _edited(journal, seen, suspects(recorded, now), now)


def edited_upstream(journal: Journal, seen: Survey, plan: Plan) -> tuple[Edited, ...]:
    """Those of the plan's scripts that the environment before ran with other bytes; raises JournalError."""
    now = dict(_planned(seen, plan))
    return _edited(journal, seen, suspects(journal.digests(), now), now) if now else ()


def former_bytes(planned: Mapping[str, str], root: Path) -> dict[str, str]:
    """What to type to have files back as they were planned, by their digests: of those that git has so.

    `planned` are digests by path, as they are typed where environments.yaml is.
    """
    if not planned:
        return {}
    from orchestrator.project import git

    found = git.versions({(root / path, digest) for path, digest in planned.items()})
    versions = ((path, digest, found[root / path, digest]) for path, digest in planned.items())
    return {
        digest: restoring(version.commit, _shown(version.path, root), path)
        for path, digest, version in versions
        if not isinstance(version, str)
    }


def _planned(seen: Survey, plan: Plan) -> Iterator[tuple[Key, Script]]:
    """The planned scripts, each for the database that must have run it."""
    from orchestrator.core.gates.scripts import upstream  # `status` needs no gate

    changing = {(one.target.untenanted, id(one.steps)): one for one in plan.targets if one.steps}
    for planned in changing.values():
        source = upstream(plan, seen.world.pipeline, planned.target)
        if source is None or planned.target not in seen.world.graphs:
            continue
        scripts = seen.world.graphs[planned.target].scripts
        for step in (step for step in planned.steps if step.revision in scripts):
            yield (source, step.revision), replace(scripts[step.revision], digest=step.digest)


def _edited(journal: Journal, seen: Survey, found: Recorded, now: Mapping[Key, Script]) -> tuple[Edited, ...]:
    if not found:
        return ()
    has, root = _Has(seen), seen.configuration.root
    ran = [one for one in journal.ran(found) if has(one.target, one.revision)]
    folders = {one.database: seen.configuration.project_of(one).config.parent for one in seen.endpoints}
    shown = {key: replace(now[key], path=_shown(folders[key[0].database] / now[key].path, root)) for key in found}
    return tuple(_with_former(edited(ran, shown), root))


class _Has:
    """Which revisions targets were seen to have; of a database that was not looked at, nothing else is known."""

    def __init__(self, seen: Survey) -> None:
        self._world = seen.world
        self._of_heads: dict[tuple[int, tuple[str, ...]], frozenset[str]] = {}
        each: dict[Target, set[frozenset[str]]] = {}
        for target in seen.world.observations:
            each.setdefault(target.untenanted, set()).add(self._revisions(target))
        self._anywhere = {database: frozenset[str]().union(*found) for database, found in each.items()}

    def __call__(self, target: Target, revision: str) -> bool:
        """Whether the target has the revision; any of its tenants, where it stands for all of them."""
        if target in self._world.observations:
            return revision in self._revisions(target)
        if target.untenanted not in self._anywhere:
            return True
        return target.tenant is None and revision in self._anywhere[target]

    def _revisions(self, target: Target) -> frozenset[str]:
        graph, observation = self._world.graphs[target], self._world.observations[target]
        case = id(graph), observation.heads
        if case not in self._of_heads:
            self._of_heads[case] = applied(graph, observation) or frozenset()
        return self._of_heads[case]


def _shown(path: Path, root: Path) -> str:
    """As it is typed where environments.yaml is."""
    return os.path.relpath(os.path.realpath(path), os.path.realpath(root))


def _with_former(found: Iterable[Edited], root: Path) -> Iterator[Edited]:
    """With what git has of them as they ran."""
    files = {one: (root / one.script.path, one.ran.digest) for one in found}
    if not files:
        return
    from orchestrator.project import git

    versions = git.versions(set(files.values()))
    for one, file in files.items():
        version = versions[file]
        try:
            yield replace(one, unfound=version) if isinstance(version, str) else _compared(one, version, root)
        except OSError as error:
            yield replace(one, unfound=f"{one.script.path} cannot be read: {error.strerror}")


def _compared(one: Edited, version: Version, root: Path) -> Edited:
    now = (root / one.script.path).read_bytes()
    told = difference(version.content, now, one.script.path)
    former = Former(version.commit, _shown(version.path, root), told, same_code(version.content, now))
    return replace(one, former=former)
