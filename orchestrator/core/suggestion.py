"""Lines for environments.yaml, as text that can be pasted. Pure: what to suggest is found out elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.core.diagnosis import TargetFacts, other_version_table
from orchestrator.core.injection_search import Candidate
from orchestrator.core.project_diagnosis import ProjectFacts
from orchestrator.core.targets import DEFAULT_DATABASE, Target

_PLAIN = re.compile(r"\.?[A-Za-z_][\w./-]*")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", ".inf", ".nan"}
"""What YAML takes for something else than text."""


def of_way(way: Candidate) -> dict[str, Any]:
    """The keys of a project that say how a target reaches its env.py; none for sqlalchemy.url alone."""
    injection = way.injection
    inject = {
        "options": dict(injection.options),
        "variables": dict(injection.variables),
        "x_arguments": list(injection.x_arguments),
        "attributes": dict(injection.attributes),
        "redirect": injection.redirect,
    }
    keys = {"inject": {key: value for key, value in inject.items() if value}, "flask_app": way.flask_app}
    return {key: value for key, value in keys.items() if value}


def suggestion(projects: Iterable[ProjectFacts], targets: Sequence[TargetFacts]) -> str | None:
    """What to add to environments.yaml so that every env.py is reached and its version table read, or None.

    A version table that is everywhere the same is suggested once, under `defaults`.
    """
    ways = {
        facts.name: of_way(facts.found.way)
        for facts in projects
        if facts.found is not None and facts.found.way not in (None, facts.given)
    }
    alike = [facts for facts in targets if facts.schema is None]
    tables = {facts.target: keys for facts in alike if (keys := other_version_table(facts)) is not None}
    proved = [facts for facts in alike if facts.trial is not None]
    found: dict[str, Any] = {"projects": ways} if ways else {}
    if tables and len(tables) == len(proved) and len({tuple(keys.items()) for keys in tables.values()}) == 1:
        found["defaults"] = next(iter(tables.values()))
    elif tables:
        found["environments"] = _by_environment(tables)
    return to_yaml(found) if found else None


def _by_environment(tables: Mapping[Target, Mapping[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for target, keys in tables.items():
        place = found.setdefault(target.environment, {})
        if target.database != DEFAULT_DATABASE:
            place = place.setdefault("databases", {}).setdefault(target.database, {})
        place.update(keys)
    return found


def to_yaml(value: Mapping[str, Any], indent: str = "") -> str:
    """Mappings, lists of text, texts and truth values as a block of YAML, with a line break at its end."""
    return "".join(_lines(value, indent))


def _lines(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, item in value.items():
        match item:
            case Mapping():
                yield f"{indent}{_text(key)}:\n"
                yield from _lines(item, f"{indent}  ")
            case list() | tuple():
                yield f"{indent}{_text(key)}: [{', '.join(map(_text, item))}]\n"
            case bool():
                yield f"{indent}{_text(key)}: {str(item).lower()}\n"
            case _:
                yield f"{indent}{_text(key)}: {_text(str(item))}\n"


def _text(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
