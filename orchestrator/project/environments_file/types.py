"""The kinds of value in environments.yaml: text → typed value, with the words to say when it is not one.

A fault is raised as a pydantic error that carries our message and what to type. A text whose variables are not
set (`Unresolved`) passes wherever only `endpoints()` needs the value. Messages never hold the value.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from orchestrator.core.plain import code_points
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.models import fault
from orchestrator.project.environments_file.variables import FromVariables, Unresolved
from orchestrator.project.environments_file.wording import NAME, is_name, name_fault

_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*(ms|s|m|h|d)?", re.ASCII)
_COUNT = re.compile(r"\d{1,3}", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SHORTEST, _LONGEST = 0.001, 24 * 86400.0
"""PostgreSQL counts its timeouts in milliseconds in 32 bits: a little over 24 days."""
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_HOOK = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
LONGEST_IDENTIFIER = 63
"""Bytes of a name that PostgreSQL keeps (NAMEDATALEN - 1); MySQL keeps 64 characters."""
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Transactions(StrEnum):
    """Who decides where a transaction ends."""

    PER_REVISION = "per_revision"
    """Each revision is committed by itself."""
    AS_ENV = "as_env"
    """As the project's env.py configures it."""


class OtherDatabases(StrEnum):
    """What becomes of connections that a project's code opens to anything but the target."""

    REFUSE = "refuse"
    """Each is refused before it is used."""
    ALLOW = "allow"
    """They are none of our business; only the one that env.py configures Alembic with must be the target's."""


class WorkerKind(StrEnum):
    """Which process runs env.py for a target."""

    AUTO = "auto"
    """Reused where the project's code leaves nothing behind, else forked."""
    REUSED = "reused"
    """One that serves one target after the other."""
    FORKED = "forked"
    """One of its own, made from a process that has imported Alembic and SQLAlchemy already."""
    FRESH = "fresh"
    """One of its own, in a new interpreter."""


def given(value: Any) -> Any:
    """The value, unless it is nothing."""
    if value is None or value == "":
        raise fault("is empty", "write a value, or remove the key")
    return value


def _value(value: Any) -> Any:
    return "" if value is None else value


def _identifier(value: Any) -> Any:
    text = given(value)
    if isinstance(text, str) and not isinstance(text, Unresolved):
        if unseen := code_points(text):
            raise fault(f"holds {unseen}", "write it with characters that can be seen")
        if len(text.encode()) > LONGEST_IDENTIFIER:
            what = f"is longer than {LONGEST_IDENTIFIER} bytes, and PostgreSQL would cut it"
            raise fault(what, "give it a shorter name")
    return text


def _command(value: Any) -> Any:
    return given(None if value == [] else value)


def _name(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(value, Unresolved) or not is_name(value):
        raise fault(*name_fault(value))
    return value


def _project(value: Any) -> Any:
    return _name(given(value))


def _variable_name(value: Any) -> Any:
    if isinstance(value, str) and not _VARIABLE.fullmatch(value):
        raise fault("is not a variable's name", "use letters, digits and _, the first not a digit")
    return value


def _url(value: Any) -> Any:
    text = given(value)
    if isinstance(text, str) and not isinstance(text, FromVariables):
        found = url_rules.fault_of(text)
        if found is not None:
            raise fault(*found)
    return text


def _journal(value: Any) -> Any:
    text = given(value)
    if isinstance(text, str) and not isinstance(text, Unresolved):
        found = url_rules.fault_of(text) or url_rules.journal_fault_of(text)
        if found is not None:
            raise fault(*found)
    return text


def _switch(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in _SWITCHES:
        return _SWITCHES[value.lower()]
    raise fault("is neither true nor false", "write true or false")


def _version(value: Any) -> Any:
    if value != "1":
        raise fault("is not a version of this file that is known here", "write version: 1")
    return 1


def _transactions(value: Any) -> Any:
    if value not in set(Transactions):
        raise fault("is not a known mode", f"write {' or '.join(Transactions)}")
    return Transactions(value)


def _worker_kind(value: Any) -> Any:
    if value not in set(WorkerKind):
        raise fault("is not a known choice", f"write {', '.join(WorkerKind)}")
    return WorkerKind(value)


def _other_databases(value: Any) -> Any:
    if value not in set(OtherDatabases):
        raise fault("is not a known choice", f"write {' or '.join(OtherDatabases)}")
    return OtherDatabases(value)


def _hook(value: Any) -> Any:
    if isinstance(given(value), str) and not isinstance(value, Unresolved) and not _HOOK.fullmatch(value):
        raise fault("names no function", "write module:function")
    return value


def seconds_of(value: Any, example: str = 'write for example 5, "500ms" or "2m"') -> float:
    """The duration in seconds; 0 for one whose variables are not set. A fault for what is none."""
    if isinstance(value, Unresolved):
        return 0.0
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        none = isinstance(value, str) and value.strip() == "none"
        raise fault("cannot be without limit" if none else "is not a duration", example)
    return float(match[1]) * _SECONDS[match[2]]


def _duration(value: Any) -> Any:
    seconds = seconds_of(value)
    if seconds > _LONGEST:
        raise fault("is longer than 24 days", "write a shorter time")
    return seconds


def _positive(value: Any) -> Any:
    seconds = _duration(value)
    if seconds < _SHORTEST and not isinstance(value, Unresolved):
        raise fault("is shorter than a millisecond", 'write for example 5 or "500ms"')
    return seconds


def _limit(value: Any) -> Any:
    if isinstance(value, str) and value.strip() == "none":
        return None
    seconds = _duration(value)
    if seconds < _SHORTEST and not isinstance(value, Unresolved):
        # To PostgreSQL 0 means "no limit": the opposite of what it looks like.
        raise fault("is shorter than a millisecond", "write none for no limit")
    return seconds


def _count(value: Any) -> Any:
    if isinstance(value, Unresolved):
        return 0
    if not isinstance(value, str) or not _COUNT.fullmatch(value.strip()):
        raise fault("is not a number of times", "write a whole number from 0 to 999")
    return int(value)


_STRING: dict[str, Any] = {"type": "string", "minLength": 1}
_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_REFERENCE: dict[str, Any] = {"type": "string", "pattern": r"\$\{"}
_TIME: dict[str, Any] = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)?\s*$"}
DURATION_SCHEMA: list[dict[str, Any]] = [{"type": "number", "minimum": 0}, _TIME, _REFERENCE]

Text = Annotated[str, BeforeValidator(given), WithJsonSchema(_STRING)]
Identifier = Annotated[str, BeforeValidator(_identifier), WithJsonSchema(_STRING)]
OptionalText = Annotated[str | None, BeforeValidator(given), WithJsonSchema(_STRING)]
Value = Annotated[str, BeforeValidator(_value), WithJsonSchema({"type": [*_SCALAR["type"], "null"]})]
Word = Annotated[str, BeforeValidator(given), WithJsonSchema(_SCALAR)]
Command = Annotated[
    list[Word] | None,
    BeforeValidator(_command),
    WithJsonSchema({"type": "array", "items": _SCALAR, "minItems": 1}),
]
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME}$"})]
OptionalName = Annotated[
    str | None,
    BeforeValidator(_project),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{NAME}$"}, _REFERENCE]}),
]
VariableName = Annotated[
    str,
    BeforeValidator(_variable_name),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"}),
]
Url = Annotated[str | None, BeforeValidator(_url), WithJsonSchema(_STRING)]
JournalUrl = Annotated[str | None, BeforeValidator(_journal), WithJsonSchema(_STRING)]
Switch = Annotated[
    bool, BeforeValidator(_switch), WithJsonSchema({"anyOf": [{"enum": [True, False, *_SWITCHES]}, _REFERENCE]})
]
Version = Annotated[int, BeforeValidator(_version), WithJsonSchema({"enum": [1, "1"]})]
Mode = Annotated[
    Transactions,
    BeforeValidator(_transactions),
    WithJsonSchema({"anyOf": [{"enum": list(Transactions)}, _REFERENCE]}),
]
Others = Annotated[
    OtherDatabases,
    BeforeValidator(_other_databases),
    WithJsonSchema({"anyOf": [{"enum": list(OtherDatabases)}, _REFERENCE]}),
]
Kind = Annotated[
    WorkerKind,
    BeforeValidator(_worker_kind),
    WithJsonSchema({"anyOf": [{"enum": list(WorkerKind)}, _REFERENCE]}),
]
Hook = Annotated[str | None, BeforeValidator(_hook), WithJsonSchema(_STRING)]
_COUNT_SCHEMA: list[dict[str, Any]] = [
    {"type": "integer", "minimum": 0, "maximum": 999},
    {"type": "string", "pattern": r"^\s*\d{1,3}\s*$"},
    _REFERENCE,
]
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"anyOf": _COUNT_SCHEMA})]
Wait = Annotated[float, BeforeValidator(_duration), WithJsonSchema({"anyOf": DURATION_SCHEMA})]
Duration = Annotated[float, BeforeValidator(_positive), WithJsonSchema({"anyOf": DURATION_SCHEMA})]
Limit = Annotated[
    float | None, BeforeValidator(_limit), WithJsonSchema({"anyOf": [*DURATION_SCHEMA, {"const": "none"}]})
]
