"""The file's environments → one definition per target: what is said about it, and what is still missing.

A database takes from its environment, an environment from `defaults`. Nothing is fetched here and no file is read:
only what can be judged from the text is judged.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.pipeline import Environment
from orchestrator.core.targets import DEFAULT_DATABASE, Target
from orchestrator.core.tenants import Tenant
from orchestrator.databases.endpoint import Timeouts
from orchestrator.errors import Problem
from orchestrator.project.environments_file import url_rules, variables
from orchestrator.project.environments_file.around import around_of
from orchestrator.project.environments_file.fleets import policy_of
from orchestrator.project.environments_file.gates import gates_of
from orchestrator.project.environments_file.schema import Connected, EnvironmentShape, FileShape, Inherited
from orchestrator.project.environments_file.tenancies import (
    Written,
    place_faults,
    tells_tenant,
    templates_of,
    tenancy_of,
)
from orchestrator.project.environments_file.tenants import Tenancy
from orchestrator.project.environments_file.variables import Expansion
from orchestrator.project.environments_file.wording import Place, dotted, near
from orchestrator.project.environments_file.yaml_file import Document

_MERGED = ("variables", "timeouts", "labels", "waves", "gates")
"""Keys that are added to what is inherited; all others replace it."""


@dataclass(frozen=True, slots=True)
class Branches:
    """The labels of the branches that a target follows, none for all; `name` and `where` are for messages."""

    labels: tuple[str, ...]
    name: str
    where: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One target as the file describes it. `name` and `where` are for messages about the way to its URL."""

    target: Target
    project: str
    branches: Branches
    way: Connected
    name: str
    where: str
    version_table: str
    version_table_schema: str | None
    timeouts: Timeouts
    require_tls: bool
    variables: Mapping[str, str]
    x_arguments: tuple[str, ...]
    expanded: frozenset[str]
    """The names in `variables` whose values come from variables of this process."""
    missing: tuple[Problem, ...]
    labels: Mapping[str, str]
    tenancy: Tenancy | None = None


@dataclass(frozen=True, slots=True)
class _Layer:
    place: Place
    shape: Inherited


class Definitions:
    """Reads the definitions out of a file; `problems` are those of all that were read."""

    def __init__(self, shape: FileShape, document: Document, expansions: Mapping[Place, Expansion]) -> None:
        self.problems: list[Problem] = []
        self._shape = shape
        self._document = document
        self._expansions = expansions
        self._at = Written(document, expansions)
        self._projects = tuple(shape.projects) or (DEFAULT_DATABASE,)
        self._missing: dict[Place, list[Place]] = defaultdict(list)
        for place in (place for place, expansion in expansions.items() if expansion.missing):
            self._missing[_entry_of(place)].append(place)

    def environments(self, tenants: Mapping[Target, Mapping[str, Tenant]]) -> tuple[Environment, ...]:
        """The environments with their targets, in the file's order; for a definition with tenants, these."""
        return tuple(
            Environment(
                name,
                tuple(target for one in self._targets(name, shape) for target in _with_tenants(one, tenants)),
                self._protected(shape),
                policy_of((self._shape.defaults.waves, shape.waves)),
                gates_of((self._shape.defaults.gates, shape.gates)),
                around_of(shape),
            )
            for name, shape in self._shape.environments.items()
        )

    def read(self) -> dict[Target, Definition]:
        """Every target's definition, in the file's order."""
        return {
            found.target: found
            for name, shape in self._shape.environments.items()
            for found in self._of_environment(name, shape)
        }

    def _targets(self, name: str, shape: EnvironmentShape) -> Iterator[Target]:
        return (Target(name, database) for database in shape.databases or (DEFAULT_DATABASE,))

    def _protected(self, shape: EnvironmentShape) -> bool:
        return (shape if "protected" in shape.model_fields_set else self._shape.defaults).protected

    def _of_environment(self, name: str, shape: EnvironmentShape) -> Iterator[Definition]:
        layers = (_Layer(("defaults",), self._shape.defaults), _Layer(("environments", name), shape))
        protected = self._protected(shape)
        if not shape.databases:
            yield self._definition(Target(name), shape, layers, protected)
        elif "tenants" in shape.model_fields_set:
            place = ("environments", name, "tenants")
            mend = "write it below one of them"
            self.problems.append(self._at.problem(place, "the environment has databases", mend))
        for database, below in shape.databases.items():
            layer = _Layer(("environments", name, "databases", database), below)
            yield self._definition(Target(name, database), below, (*layers, layer), protected)

    def _definition(
        self, target: Target, way: Connected, layers: tuple[_Layer, ...], protected: bool
    ) -> Definition:
        key = next(key for key in way.ways if key in way.model_fields_set)
        place = (*layers[-1].place, key)
        if protected:
            self._refuse_passwords(target, way, layers)
        project = self._project(target.database, layers)
        return Definition(
            target=target,
            project=project,
            branches=self._branches(layers),
            way=way,
            name=dotted(place),
            where=self._document.where(place),
            version_table=_latest(layers, "version_table"),
            version_table_schema=_latest(layers, "version_table_schema"),
            timeouts=_timeouts(layers),
            require_tls=_requires_tls(layers, protected),
            variables={k: v for layer in layers for k, v in layer.shape.variables.items()},
            x_arguments=tuple(_latest(layers, "x_arguments")),
            expanded=frozenset(self._expanded_in(layers)),
            missing=tuple(self._missing_in(layers)),
            labels={k: v for layer in layers for k, v in layer.shape.labels.items()},
            tenancy=self._tenancy(way, layers, project),
        )

    def _project(self, database: str, layers: tuple[_Layer, ...]) -> str:
        layer = next((one for one in reversed(layers) if "project" in one.shape.model_fields_set), None)
        if layer is not None and layer.shape.project in self._projects:
            return str(layer.shape.project)
        if layer is not None:
            self._unknown_project(str(layer.shape.project), (*layer.place, "project"))
        for name in (database, DEFAULT_DATABASE):
            if name in self._projects:
                return name
        if len(self._projects) > 1 and layer is None:
            place = layers[-1].place
            mend = f"add project: {' or '.join(self._projects)}"
            what = f"{dotted(place)}: which project is it?"
            self.problems.append(Problem(what, self._document.where(place), mend))
        return self._projects[0]

    def _tenancy(self, way: Connected, layers: tuple[_Layer, ...], project: str) -> Tenancy | None:
        if "tenants" not in way.model_fields_set:
            return None
        place = (*layers[-1].place, "tenants")
        given = self._shape.projects.get(project)
        texts = (text for _, _, text in _of_env(layers))
        told = tells_tenant([*texts, *(templates_of(given.inject) if given else ())])
        tenancy, problems = tenancy_of(way.tenants, place, self._at, told=told, canary=_canary(way))
        self.problems += problems
        faults = place_faults(tenancy, way, _latest(layers, "version_table_schema"))
        self.problems += (self._at.problem(place, what, mend) for what, mend in faults)
        return tenancy

    def _branches(self, layers: tuple[_Layer, ...]) -> Branches:
        layer = _giving(layers, "branches")
        place = (*layer.place, "branches")
        return Branches(tuple(layer.shape.branches), dotted(place), self._document.where(place))

    def _unknown_project(self, name: str, place: Place) -> None:
        what = f"{dotted(place)}: there is no project '{name}'"
        problem = Problem(what, self._document.where(place), near(name, self._projects))
        if problem not in self.problems:
            self.problems.append(problem)

    def _refuse_passwords(self, target: Target, way: Connected, layers: tuple[_Layer, ...]) -> None:
        """In the URL of a protected target, in its program's arguments, and in what its env.py is given."""
        for place, text in _of_urls(layers[-1].place, way):
            if url_rules.has_clear_password(self._written(place, text)):
                name = f"{target.environment}_DATABASE_URL"
                self._refuse_password(place, name, ", or use url_file or url_command")
        for place, name, text in _of_env(layers):
            if url_rules.is_clear_secret(name, self._written(place, text).removeprefix(f"{name}=")):
                self._refuse_password(place, name)

    def _written(self, place: Place, text: str) -> str:
        """What of the text stands in the file; nothing of one that came from elsewhere in its place."""
        expansion = self._expansions.get(place)
        return "" if place in self._document.origins else expansion.literal if expansion else text

    def _refuse_password(self, place: Place, variable: str, otherwise: str = "") -> None:
        what = f"{dotted(place)}: a password in clear, in a protected environment"
        name = re.sub(r"\W", "_", variable).upper()
        mend = f'write "${{{name}}}" and export it{otherwise}; then change the password'
        problem = Problem(what, self._document.where(place), mend)
        if problem not in self.problems:
            self.problems.append(problem)

    def _expanded_in(self, layers: tuple[_Layer, ...]) -> Iterator[str]:
        for layer in layers:
            for name in layer.shape.variables:
                if (*layer.place, "variables", name) in self._expansions:
                    yield name

    def _missing_in(self, layers: tuple[_Layer, ...]) -> Iterator[Problem]:
        for depth, layer in enumerate(layers):
            for place in self._missing.get(layer.place, ()):
                rest = place[len(layer.place) :]
                key = rest[:2] if rest[0] in _MERGED else rest[:1]
                if not any((*above.place, *key) in self._document.lines for above in layers[depth + 1 :]):
                    yield from variables.unset(self._document, place, self._expansions[place])


def _canary(way: Connected) -> tuple[str, ...]:
    """The canary's names where the environment itself names them; those of `defaults` need not be everywhere."""
    waves = way.waves if isinstance(way, EnvironmentShape) else None
    return waves.canary if waves is not None and isinstance(waves.canary, tuple) else ()


def _with_tenants(target: Target, tenants: Mapping[Target, Mapping[str, Tenant]]) -> Iterator[Target]:
    if target not in tenants:
        yield target
    for name in tenants.get(target, ()):
        yield Target(target.environment, target.database, name)


def _of_urls(place: Place, way: Connected) -> Iterator[tuple[Place, str]]:
    """The texts that may hold a URL, with their places."""
    if way.url is not None:
        yield (*place, "url"), way.url
    for at, word in enumerate(way.url_command or ()):
        yield (*place, "url_command", at), word


def _of_env(layers: tuple[_Layer, ...]) -> Iterator[tuple[Place, str, str]]:
    """The place, name and text of each variable and each argument that env.py is given in the end."""
    nearest = {name: layer for layer in layers for name in layer.shape.variables}
    for name, layer in nearest.items():
        yield (*layer.place, "variables", name), name, layer.shape.variables[name]
    giving = _giving(layers, "x_arguments")
    for at, word in enumerate(giving.shape.x_arguments):
        yield (*giving.place, "x_arguments", at), word.partition("=")[0], word


def _entry_of(place: Place) -> Place:
    match place:
        case ("environments", _, "databases", _, *_):
            return place[:4]
        case ("environments", _, *_):
            return place[:2]
        case _:
            return place[:1]


def _giving(layers: tuple[_Layer, ...], key: str) -> _Layer:
    """The nearest layer that says something of the key, else the furthest, which has the default."""
    return next((layer for layer in reversed(layers) if key in layer.shape.model_fields_set), layers[0])


def _latest(layers: tuple[_Layer, ...], key: str) -> Any:
    return getattr(_giving(layers, key).shape, key)


def _requires_tls(layers: tuple[_Layer, ...], protected: bool) -> bool:
    shape = _giving(layers, "require_tls").shape
    return shape.require_tls if "require_tls" in shape.model_fields_set else protected


def _timeouts(layers: tuple[_Layer, ...]) -> Timeouts:
    shapes = [layer.shape.timeouts for layer in layers]
    return Timeouts(**{key: getattr(shape, key) for shape in shapes for key in shape.model_fields_set})
