"""How a target reaches a project's env.py, beside `sqlalchemy.url`: templates, and what they come to.

A template is text with placeholders in braces, `{url}` or `{host}`; `{{` and `}}` stand for the braces themselves.
Pure: what is written is read here and filled in; who sets it where is the worker's and the parent's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.core.urls import parse

PLACEHOLDERS = (
    *("url", "driver", "user", "password", "host", "port", "database"),
    *("environment", "name", "tenant", "schema"),
)
"""What may stand in braces: the URL, its parts, decoded, the environment, the database's name in the file, the
tenant and its schema; what a target has not is empty."""
_PART = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}]*)\}|[{}]")

Pairs = tuple[tuple[str, str], ...]


class Live(StrEnum):
    """What an attribute may be besides text: an object that the worker makes for the target."""

    CONNECTION = "connection"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Injection:
    """The ways a target is handed to env.py, as templates; `sqlalchemy.url` of the section is always set as well.

    The names of `options` are templates too; `SECTION/NAME` is an option of another section. `redirect` leads
    every SQLAlchemy connection that env.py opens to the target.
    """

    options: Pairs = ()
    variables: Pairs = ()
    x_arguments: tuple[str, ...] = ()
    attributes: Pairs = ()
    redirect: bool = False

    def render(self, target: Target, url: Secret, schema: str | None = None) -> Injected:
        """What this comes to for one target; its templates must be free of faults (`unknown`)."""
        fill = _filler(_values(target, url, schema))
        return Injected(
            options=tuple((*_option(fill(name)), Secret(fill(value))) for name, value in self.options),
            variables=tuple((name, Secret(fill(value))) for name, value in self.variables),
            x_arguments=tuple(Secret(fill(value)) for value in self.x_arguments),
            attributes=tuple((name, live_of(value) or Secret(fill(value))) for name, value in self.attributes),
            redirect=self.redirect,
        )


@dataclass(frozen=True, slots=True)
class Injected:
    """An injection for one target. An option is (section, or None for the project's own; name; value)."""

    options: tuple[tuple[str | None, str, Secret], ...] = ()
    variables: tuple[tuple[str, Secret], ...] = ()
    x_arguments: tuple[Secret, ...] = ()
    attributes: tuple[tuple[str, Secret | Live], ...] = ()
    redirect: bool = False


def unknown(template: str) -> tuple[str, ...]:
    """Everything in braces that is no placeholder, in order and without the braces; a brace alone is itself."""
    found = ((part[0], part["name"]) for part in _PART.finditer(template) if part[0] not in ("{{", "}}"))
    return tuple(brace if name is None else name for brace, name in found if name not in PLACEHOLDERS)


def live_of(template: str) -> Live | None:
    """The object that an attribute's template stands for: `{connection}` or `{engine}`, alone."""
    return next((live for live in Live if template == f"{{{live}}}"), None)


def parts_of(target: Target, url: Secret, schema: str | None = None) -> Mapping[str, Secret]:
    """Every placeholder's value for one target; what is not said is empty."""
    return {name: Secret(value) for name, value in _values(target, url, schema).items()}


def _values(target: Target, url: Secret, schema: str | None) -> dict[str, str]:
    text = url.reveal()
    address = parse(text)
    if address is None:
        raise ValueError("the URL was not checked")
    port = address.port or address.default_port
    return {
        "url": text,
        "driver": text.partition("://")[0],
        "user": address.user or "",
        "password": address.password or "",
        "host": address.host or "",
        "port": "" if port is None else str(port),
        "database": address.database or "",
        "environment": target.environment,
        "name": target.database,
        "tenant": target.tenant or "",
        "schema": schema or "",
    }


def _filler(values: Mapping[str, str]) -> Callable[[str], str]:
    def part(match: re.Match[str]) -> str:
        return match[0][0] if match["name"] is None else values[match["name"]]

    return lambda template: _PART.sub(part, template)


def _option(name: str) -> tuple[str | None, str]:
    section, slash, option = name.rpartition("/")
    return (section if slash else None), option


def pairs(given: Mapping[str, str] | Iterable[tuple[str, str]]) -> Pairs:
    """A mapping of templates as a value."""
    return tuple(dict(given).items())
