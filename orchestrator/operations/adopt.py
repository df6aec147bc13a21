"""The verb `adopt`: a database with tables and no version row is put under control at a named revision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from orchestrator.core.adoption import Claimed, adopt, wanted
from orchestrator.core.comparison import Comparison, compare, without
from orchestrator.core.divergence import stand
from orchestrator.core.observations import Reading
from orchestrator.core.plan import Plan, at
from orchestrator.core.secrets import Secret
from orchestrator.core.selection import Selection, environments, one
from orchestrator.core.targets import Target
from orchestrator.core.world import refusal
from orchestrator.databases.catalog import definitions
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import ConfigurationError, OrchestrateError, RefusedError, UnavailableError, UsageError
from orchestrator.operations import scratch, tenants
from orchestrator.operations.prepared import Prepared
from orchestrator.operations.survey import Clock, Survey, survey
from orchestrator.project.configuration import Configuration

_TENANTS_COMPARED = 20
"""Of each database so many tenants are looked at for one at the revision that is adopted."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a person says: the target is at this revision already, and why they say so.

    `reference` is the target to compare with, `scratch` the URL of an empty database on which to run the
    revisions; without either one is looked for.
    """

    target: Target
    revision: str
    reason: str
    reference: Target | None = None
    scratch: Secret | None = None


def known(configuration: Configuration, name: str, reference: str | None) -> tuple[Configuration, list[Target]]:
    """The targets that the names mean, one or two, in a configuration that has them and what could be compared.

    Of tenants that could be, it has a few of each database. Raises UsageError where a name means none or several,
    and what asking for the tenants of their environments raises; other environments may fail to tell theirs.
    """
    typed = [name, *([reference] if reference else [])]
    asked = environments(Selection(tuple(typed)), configuration.pipeline.names, str(configuration.path))
    configuration = tenants.expanded(configuration, asked)
    for other in (name for name in configuration.pipeline.names if name not in asked and not reference):
        with suppress(ConfigurationError, UnavailableError):
            configuration = tenants.expanded(configuration, [other])
    targets = [one(each, configuration.pipeline.targets) for each in typed]
    return configuration.narrowed([*targets, *_candidates(configuration)]), targets


def _candidates(configuration: Configuration) -> Iterator[Target]:
    counted: Counter[Target] = Counter()
    for target in configuration.pipeline.targets:
        counted[target.untenanted] += 1
        if counted[target.untenanted] <= _TENANTS_COMPARED:
            yield target


def prepare(
    configuration: Configuration, adoption: Adoption, now: Clock, confirmed: frozenset[str] = frozenset()
) -> Prepared:
    """Look, compare the schema with that of the revision, and derive the plan; the target is not changed.

    Raises UsageError for a target or a revision that is not there, RefusedError where a comparison that was asked
    for cannot be made, and what the survey and the planner raise.
    """
    for name in (adoption.target.environment, *confirmed):
        configuration.environment(name)
    _refuse(configuration, adoption)
    plan, seen = _planned(configuration, adoption, list(_readable(configuration, adoption)), now)
    comparison = _Comparing(scratch.Look(configuration, seen, now), adoption, plan).compared()
    looked_at = [adoption.target, *([comparison.target] if comparison.target else [])]
    names = list(dict.fromkeys(target.environment for target in looked_at))

    def anew() -> Prepared:
        plan, seen = _planned(configuration, adoption, names, now, comparison.target)
        return Prepared(plan, seen, anew, confirmed, reason=adoption.reason, comparison=comparison, at=now())

    return anew()


def _refuse(configuration: Configuration, adoption: Adoption) -> None:
    for target in (adoption.target, adoption.reference):
        if target is not None and target not in configuration.pipeline.targets:
            raise UsageError(f"there is no target {target}", mend="orchestrate status")
    if not adoption.reason.strip(" .…"):
        example = '--reason "made by hand before there were revisions"'
        raise UsageError(
            "the reason says nothing: write why it is at that revision", where="--reason", mend=example
        )


def _readable(configuration: Configuration, adoption: Adoption) -> Iterator[str]:
    """The environments to look at: the target's, and for a comparison all that can be; no other one must be."""
    yield adoption.target.environment
    for name in configuration.pipeline.names:
        asked = adoption.reference is not None and name == adoption.reference.environment
        if name == adoption.target.environment or (adoption.reference is not None and not asked):
            continue
        try:
            configuration.endpoints([name])
        except (ConfigurationError, UnavailableError):
            if asked:
                raise
        else:
            yield name


def _planned(
    configuration: Configuration, adoption: Adoption, names: list[str], now: Clock, reference: Target | None = None
) -> tuple[Plan, Survey]:
    seen = survey(configuration, names, now)
    populated = _populated(seen, adoption.target)
    return adopt(seen.world, Claimed(adoption.target, adoption.revision, populated), reference), seen


def _populated(seen: Survey, target: Target) -> bool:
    if seen.world.observations[target].reading not in (Reading.VERSIONED, Reading.UNVERSIONED):
        return False
    return any(name.startswith("table ") for name in _schema(seen.endpoints[target]))


def _schema(endpoint: Endpoint) -> dict[str, str]:
    return without(definitions(endpoint), endpoint.version_table)


class _Comparing:
    """Holds a target's schema against that of the revisions which the plan would write."""

    def __init__(self, look: scratch.Look, adoption: Adoption, plan: Plan) -> None:
        self._look = look
        self._adoption = adoption
        self._plan = plan
        self._world = look.seen.world
        self._endpoints = look.seen.endpoints

    def compared(self) -> Comparison:
        """With what was named, else a target that is at exactly these revisions, else a scratch database."""
        if self._adoption.scratch is None and (reference := self._reference()) is not None:
            return self._with(str(reference), _schema(self._endpoints[reference]), reference)
        address = self._adoption.scratch
        if address is None and self._family(self._adoption.target) != "sqlite":
            why = f"no other target is at {at(self._plan.wanted)}, and no --scratch database was given"
            return Comparison(None, why)
        try:
            with scratch.database(self._look, self._plan, address) as made:
                return self._with("a scratch database with the same revisions", _schema(made))
        except OrchestrateError as error:
            if address is not None:
                raise
            return Comparison(None, f"the revisions do not run on an empty file: {error.what}")

    def _with(self, name: str, expected: dict[str, str], target: Target | None = None) -> Comparison:
        differences, renamed = compare(expected, _schema(self._endpoints[self._adoption.target]))
        return Comparison(name, None, differences, renamed, target)

    def _reference(self) -> Target | None:
        reference = self._adoption.reference
        if reference is None:
            return next(self._candidates(), None)
        observation = self._world.observations[reference]
        if (refused := refusal(observation, stand(self._world.graphs[reference], observation))) is not None:
            raise refused
        if not self._alike(reference):
            what = f"is not at {at(self._plan.wanted)} of the same project on the same kind of database"
            found = at(self._world.observations[reference].heads)
            mend = f"it is at {found}; compare with a target that is there, or leave out --compare-with"
            raise RefusedError(what, where=str(reference), mend=mend)
        return reference

    def _candidates(self) -> Iterator[Target]:
        """Targets at exactly these revisions, of the same database's name first."""
        own = self._adoption.target
        yield from sorted(filter(self._alike, self._endpoints), key=lambda one: one.database != own.database)

    def _alike(self, other: Target) -> bool:
        own, world = self._adoption.target, self._world
        project = self._look.configuration.project_of
        return (
            other != own
            and other not in world.doubts
            and project(other).name == project(own).name
            and self._family(other) == self._family(own)
            and world.applied(other) == world.graphs[own].ancestors(wanted(world, own, self._adoption.revision))
        )

    def _family(self, target: Target) -> str:
        return self._world.observations[target].family
