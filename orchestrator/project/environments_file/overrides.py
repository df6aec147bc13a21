"""Puts the URLs that ORCHESTRATE_ENVIRONMENTS__… variables give in the place of the file's. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.core.secrets import Secret
from orchestrator.errors import Problem
from orchestrator.project.environments_file.variables import Filled, FromVariables
from orchestrator.project.environments_file.wording import Place, near
from orchestrator.project.environments_file.yaml_file import Document
from orchestrator.project.settings import PREFIX, Settings

_WAYS = ("url", "url_file", "url_command")


@dataclass(frozen=True, slots=True)
class _Override:
    keys: tuple[str, ...]
    """The names as the variable spells them: environments, prod — or environments, prod, databases, billing."""
    url: Secret

    @property
    def variable(self) -> str:
        return PREFIX + "__".join((*self.keys, "url")).upper()


def overridden(filled: Filled, document: Document, settings: Settings) -> tuple[Filled, Document]:
    """The tree with the overriding URLs in it, and the document that knows which variable they came from."""
    problems: list[Problem] = []
    origins: dict[Place, str] = {}
    expansions = dict(filled.expansions)
    for override in _overrides(settings):
        place = _place(filled.value, override, problems)
        entry = _at(filled.value, place)
        if not isinstance(entry, dict):
            continue
        for way in _WAYS:
            entry.pop(way, None)
        for known in [
            known for known in expansions if known[: len(place)] == place and known[len(place)] in _WAYS
        ]:
            del expansions[known]
        entry["url"] = FromVariables(override.url.reveal())
        origins[*place, "url"] = override.variable
    changed = Filled(filled.value, expansions, (*filled.problems, *problems))
    return changed, replace(document, origins=origins)


def in_effect(settings: Settings) -> tuple[str, ...]:
    """The names of the variables that stand in for what the file says, never their values."""
    journal = (f"{PREFIX}JOURNAL",) if settings.journal is not None else ()
    return tuple(sorted((*journal, *(override.variable for override in _overrides(settings)))))


def _overrides(settings: Settings) -> Iterator[_Override]:
    for name, environment in settings.environments.items():
        if environment.url is not None:
            yield _Override(("environments", name), environment.url)
        for database, below in environment.databases.items():
            if below.url is not None:
                yield _Override(("environments", name, "databases", database), below.url)


def _place(tree: Any, override: _Override, problems: list[Problem]) -> Place:
    """Where the override belongs; () and a problem where the file has no such place."""
    place: Place = ()
    for kind, spelt in zip(override.keys[::2], override.keys[1::2], strict=True):
        there = _at(tree, (*place, kind))
        names = tuple(there) if isinstance(there, Mapping) else ()
        found = [name for name in names if _as_variable(name) == spelt]
        if len(found) != 1:
            problems.append(_fault(override, (kind.removesuffix("s"), spelt), names, found))
            return ()
        place = (*place, kind, found[0])
    if isinstance(_at(tree, (*place, "databases")), Mapping):
        what = f"{place[-1]} has databases, each with its own URL"
        mend = f"write {override.variable.removesuffix('URL')}DATABASES__NAME__URL"
        problems.append(Problem(what, override.variable, mend))
        return ()
    return place


def _fault(override: _Override, wanted: tuple[str, str], names: tuple[str, ...], found: list[str]) -> Problem:
    kind, spelt = wanted
    if found:
        what, mend = f"could be {' or '.join(found)}", f"rename one {kind}"
    else:
        what, mend = f"there is no {kind} '{spelt}'", near(spelt, names)
    return Problem(what, override.variable, mend)


def _at(tree: Any, place: Place) -> Any:
    for part in place:
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree if place else None


def _as_variable(name: str) -> str:
    return name.lower().replace("-", "_")
