"""The shapes of `tenants` and `waves`: many targets under one definition, and how they are changed.

Models only. The tenants of a list stay as they are written here, without a model of their own: there may be ten
thousand of them. `tenants.py` reads them.
"""

# Annotations are not postponed here: pydantic would compile each again, for every model that inherits it.

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from orchestrator.core.tenants import BY_NAME
from orchestrator.core.waves import OnFailure, Share, WavePolicy
from orchestrator.project.environments_file.models import OrEmpty, Shape, exactly_one, fault
from orchestrator.project.environments_file.types import Command, Duration, Switch, Text, Wait, Word
from orchestrator.project.environments_file.variables import Unresolved
from orchestrator.project.environments_file.wording import near, shown

ASKED = ("query", "command")
"""The sources that are asked each time, as keys of a source."""
_SHARE = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,6})?)\s*(?P<percent>%)?", re.ASCII)
_MANY = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_ALL = 100.0
_DEFAULT = WavePolicy()


def _source(value: Any) -> Any:
    match value:
        case list() if value:
            return value
        case None | "" | []:
            raise fault("is empty", "list the tenants, or write query: or command: below it")
        case dict():
            return _asked(value)
        case _:
            raise fault("must be a list, or a mapping with query or command", "write [one, two]")


def _asked(value: Mapping[str, Any]) -> Any:
    unknown = [key for key in value if key not in ASKED]
    if unknown:
        raise fault(f"unknown key {shown(str(unknown[0]))}", near(str(unknown[0]), ASKED))
    if len(value) != 1:
        raise fault("has query and command" if value else "is empty", "keep exactly one: query or command")
    if "query" in value and not (isinstance(value["query"], str) and value["query"].strip()):
        raise fault("the query must be one text", 'write query: "SELECT name FROM …"')
    words = value.get("command", ["-"])
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise fault("the command must be a list of words", "write command: [program, argument]")
    return value


def _share(least: int) -> Any:
    def read(value: Any) -> Any:
        if isinstance(value, Unresolved):
            return Share(count=least)
        found = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or (not found["percent"] and "." in found["number"]):
            raise fault("is neither a number nor a percentage", 'write for example 10 or "5%"')
        number = float(found["number"])
        if number > _ALL and found["percent"]:
            raise fault("is more than all of them", "write at most 100%")
        if number < least and (number == 0 or not found["percent"]):
            raise fault("is nothing", "write at least 1, or remove the key")
        return Share(percent=number) if found["percent"] else Share(count=int(number))

    return read


def _canary(value: Any) -> Any:
    if not isinstance(value, list):
        return _share(1)(value)
    if not value or not all(isinstance(name, str) and name for name in value):
        raise fault("names no tenant", 'write tenants: [acme], a number, or "5%"')
    return tuple(value)


def _many(value: Any) -> Any:
    if isinstance(value, Unresolved):
        return 1
    if not isinstance(value, str) or not _MANY.fullmatch(value.strip()):
        raise fault("is not a number of targets", "write a whole number, at least 1")
    return int(value)


def _on_failure(value: Any) -> Any:
    if value not in set(OnFailure):
        raise fault("is not a known choice", near(str(value), OnFailure))
    return OnFailure(value)


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
_SHARE_SCHEMA: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 0},
    {"type": "string", "pattern": r"^\s*\d{1,6}(\s*|(\.\d{1,6})?\s*%\s*)$"},
    _REFERENCE,
]
_TENANT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": _SCALAR,
        "schema": _SCALAR,
        "database": _SCALAR,
        "host": _SCALAR,
        "port": {"type": ["integer", "string"]},
    },
    "required": ["name"],
    "additionalProperties": {"type": [*_SCALAR["type"], "null"]},
}
_WORDS: dict[str, Any] = {"type": "array", "items": _SCALAR, "minItems": 1}
_SOURCE: dict[str, Any] = {
    "anyOf": [
        {"type": "array", "items": {"anyOf": [_SCALAR, _TENANT]}, "minItems": 1},
        *(
            {"type": "object", "properties": {key: kind}, "required": [key], "additionalProperties": False}
            for key, kind in (("query", {"type": "string", "minLength": 1}), ("command", _WORDS))
        ),
    ]
}
Source = Annotated[Any, BeforeValidator(_source), WithJsonSchema(_SOURCE)]
Portion = Annotated[Any, BeforeValidator(_share(1)), WithJsonSchema({"anyOf": _SHARE_SCHEMA})]
Tolerance = Annotated[Any, BeforeValidator(_share(0)), WithJsonSchema({"anyOf": _SHARE_SCHEMA})]
Canary = Annotated[Any, BeforeValidator(_canary), WithJsonSchema({"anyOf": [*_SHARE_SCHEMA, _WORDS]})]
Many = Annotated[
    int, BeforeValidator(_many), WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, _REFERENCE]})
]
Reaction = Annotated[OnFailure, BeforeValidator(_on_failure), WithJsonSchema({"enum": list(OnFailure)})]


class TenantsShape(Shape):
    """Many schemas, or many databases, that share everything else that is said here."""

    model_config = ConfigDict(json_schema_extra=exactly_one("schemas", "databases"))
    kinds: ClassVar[tuple[str, str]] = ("schemas", "databases")

    schemas: Source = Field(
        default=None, description="A list of tenants, a query or a command; each tenant has a schema of its own."
    )
    databases: Source = Field(
        default=None, description="A list of tenants, a query or a command; each tenant has a database of its own."
    )
    include: Annotated[list[Word], OrEmpty(list)] = Field(
        default=[], description="Patterns of the names that are taken. Default all."
    )
    exclude: Annotated[list[Word], OrEmpty(list)] = Field(
        default=[], description="Patterns of the names that are left out."
    )
    order: Text = Field(
        default=BY_NAME,
        description="name (default), source, or a column or label; with - in front the other way round.",
    )
    search_path: Switch = Field(
        default=True,
        description="Whether env.py's sessions look names up in the tenant's schema."
        " Default true, unless {tenant} or {schema} tell env.py.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in self.kinds if kind in self.model_fields_set]
        if len(given) != 1:
            what = f"has {' and '.join(given)}" if given else f"has no {', no '.join(self.kinds)}"
            raise fault(what, "keep exactly one of them" if given else "add schemas: or databases:")
        if given == ["databases"] and "search_path" in self.model_fields_set:
            raise fault("search_path is for tenants under schemas", "remove search_path")
        return self


class WavesShape(Shape):
    """In which waves an environment's targets are changed, and how much may fail."""

    canary: Canary = Field(
        default=None, description='Changed first, alone: a number, a percentage like "5%", or tenants by name.'
    )
    size: Portion = Field(
        default=None, description="How many targets a wave has, a number or a percentage. Default all."
    )
    parallel: Many = Field(default=_DEFAULT.parallel, description="How many targets at once. Default 16.")
    per_server: Many = Field(
        default=_DEFAULT.per_server, description="How many of them at once on one server. Default 4."
    )
    max_failures: Tolerance = Field(
        default=0,
        description="How many targets may fail, a number or a percentage. Default 0.",
    )
    on_failure: Reaction = Field(
        default=_DEFAULT.on_failure,
        description="Once more failed: stop after the revision in hand, drain (default) finishes the targets in"
        " hand, continue goes on with the environment.",
    )
    pause: Wait = Field(default=_DEFAULT.pause, description="Between two waves. Default 0.")
    verify: Command = Field(
        default=None, description="A program and its arguments, run after each wave; it must end with 0."
    )
    verify_timeout: Duration = Field(
        default=_DEFAULT.verify_timeout, description="For that program to end. Default 60."
    )


def policy_of(layers: Iterable[WavesShape]) -> WavePolicy:
    """What the layers say together; a later one wins, key by key."""
    said: dict[str, Any] = {key: getattr(shape, key) for shape in layers for key in shape.model_fields_set}
    if "verify" in said:
        said["verify"] = tuple(said["verify"])
    return WavePolicy(**said)
