"""`${NAME}`, `${NAME:-default}` and the escape `$${` in the values of a file.

A value whose variable is not set stays in the tree as an `Unresolved` text, so that the rest can be read: whoever
needs the value asks what is missing. Keys are never expanded. Pure: the variables are given. It must not decide
which values are needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.errors import Problem
from orchestrator.project.environments_file.wording import Place, dotted
from orchestrator.project.environments_file.yaml_file import Document

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^{}]*))?\}|\$\{", re.ASCII)
MAX_REFERENCES = 64
"""References in one value; a variable may be long, and a file may name it often."""
MAX_CHARACTERS = 16 * 1024 * 1024
"""Characters of all values with their references replaced."""
_FORMS = "write ${NAME} or ${NAME:-default}; $${ stands for the two characters themselves"


class FromVariables(str):
    """A text that came, wholly or in part, from variables: its faults are not the file's."""

    __slots__ = ()


class Unresolved(FromVariables):
    """A text as written whose variables are not all set; never to be used as a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """One value that holds references: as written, as expanded, and the variables that are not usable.

    `empty` are those that are set to nothing and have no default.
    """

    template: str
    text: str
    names: tuple[str, ...]
    missing: tuple[str, ...]
    empty: tuple[str, ...] = ()

    @property
    def literal(self) -> str:
        """What of it stands in the file itself: references are left out, their defaults are kept."""
        expansion = expand(self.template, {})
        return expansion.text if expansion else ""


def expand(template: str, variables: Mapping[str, str]) -> Expansion | None:
    """The template with its references replaced; None where a `${` is not a reference.

    As in a shell, `:-` also takes the default for a variable that is set to nothing. A value that is not
    UTF-8 counts as missing.
    """
    names: list[str] = []
    missing: list[str] = []
    empty: list[str] = []
    malformed = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal malformed
        name, default = match["name"], match["default"]
        if name is None:
            malformed = malformed or match[0] == "${"
            return "${"
        names.append(name)
        value = variables.get(name)
        if default is not None:
            return value if value and _is_text(value) else default
        if value is None or not _is_text(value):
            missing.append(name)
            return ""
        if not value:
            empty.append(name)
        return value

    text = _REFERENCE.sub(replaced, template)
    distinct = (tuple(dict.fromkeys(found)) for found in (names, missing, empty))
    return None if malformed else Expansion(template, text, *distinct)


@dataclass(frozen=True, slots=True)
class Filled:
    """The tree with references replaced, what was replaced where, and references that are none."""

    value: Any
    expansions: dict[Place, Expansion]
    problems: tuple[Problem, ...]


def fill(document: Document, variables: Mapping[str, str]) -> Filled:
    """The document's values with every reference replaced that can be; the document is not changed."""
    expansions: dict[Place, Expansion] = {}
    problems: list[Problem] = []
    room = MAX_CHARACTERS

    def filled(value: Any, place: Place) -> Any:
        match value:
            case dict():
                return {key: filled(item, (*place, key)) for key, item in value.items()}
            case list():
                return [filled(item, (*place, index)) for index, item in enumerate(value)]
            case str() if "${" in value:
                return leaf(value, place)
            case _:
                return value

    def leaf(value: str, place: Place) -> str:
        nonlocal room
        expansion = expand(value, variables) if value.count("${") <= MAX_REFERENCES else None
        room -= len(expansion.text) if expansion else 0
        if value.count("${") > MAX_REFERENCES or room < 0:
            what = f"{dotted(place)}: its variables make it too large"
            problems.append(Problem(what, document.where(place), "is it the right file?"))
            return Unresolved(value)
        if expansion is None:
            what = f"{dotted(place)}: a ${{ is not followed by NAME}}"
            problems.append(Problem(what, document.where(place), _FORMS))
            return Unresolved(value)
        if "variables" not in place[-2:-1]:
            # CI systems set a secret that is not theirs to nothing: the same as not set.
            unusable = (*expansion.missing, *expansion.empty) if expansion.text else expansion.names
            expansion = replace(expansion, missing=tuple(dict.fromkeys(unusable)))
        expansions[place] = expansion
        if expansion.missing:
            return Unresolved(value)
        return FromVariables(expansion.text) if expansion.names else expansion.text

    return Filled(filled(document.value, ()), expansions, tuple(problems))


def unset(document: Document, place: Place, expansion: Expansion) -> tuple[Problem, ...]:
    """One problem for each variable that the value needs and that is not set."""
    return tuple(
        Problem(
            f"{dotted(place)}: the variable {name} is not set, or empty", document.where(place), f"export {name}=…"
        )
        for name in expansion.missing
    )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
