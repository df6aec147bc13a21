"""What a database URL must be before anybody connects with it. Pure; shows nothing of the URL in its messages."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl

from orchestrator.core import urls
from orchestrator.core.secrets import holding, telling

Fault = tuple[str, str]
"""What is wrong and what to write instead."""

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CLEAR_PASSWORD = re.compile(r"://[^:/]*:([^@]+)@")
_LAST_PORT = 65535
_EXAMPLE = "write it like postgresql://user@host/database or sqlite:///path/to/file.db"
_MEMORY = "a database in memory is gone with its connection"


def parsed(url: str) -> urls.Address | None:
    """The parts of the URL; None where it is not one, or its port is no number a computer would read."""
    try:
        return urls.parse(url)
    except ValueError:
        return None


def fault_of(url: str) -> Fault | None:
    """Why the URL cannot be used, or None."""
    address = None if _CONTROL.search(url) else parsed(url)
    if address is None or (address.port or 0) > _LAST_PORT or _CONTROL.search(address.database or ""):
        return "is not a database URL", _EXAMPLE
    if address.backend == "postgres":
        return "begins with postgres://, which SQLAlchemy does not know", "write postgresql://…"
    match address.family:
        case None:
            return "is for a database that is not supported", f"supported are {', '.join(sorted(urls.FAMILIES))}"
        case "sqlite":
            return _sqlite_fault(address)
        case "mysql" if not address.database:
            return "names no database", "write it like mysql://user@host/database"
        case _:
            return None


def _sqlite_fault(address: urls.Address) -> Fault | None:
    if address.host or address.user:
        return "has a host, and SQLite has none", "write three slashes: sqlite:///path/to/file.db"
    database = address.database or urls.MEMORY
    if urls.MEMORY in database or dict(address.query).get("mode") == "memory":
        return _MEMORY, "write sqlite:///path/to/file.db"
    return None


def journal_fault_of(url: str) -> Fault | None:
    """Why a usable URL cannot hold the journal, or None."""
    address = parsed(url)
    if address is not None and address.family in ("sqlite", "postgresql"):
        return None
    return "cannot hold the journal", "write a sqlite:/// or postgresql:// URL"


def has_clear_password(text: str) -> bool:
    """Whether a password stands in the text itself, as user information or in the query."""
    return _CLEAR_PASSWORD.search(text) is not None or any(holding(key) for key, _ in _query(text))


def is_clear_secret(name: str, value: str) -> bool:
    """Whether a variable or an argument of that name, with that text in the file, has a password in clear."""
    if "://" in value:
        return has_clear_password(value)
    return holding(name) and value.lower() not in ("", "true", "false")


def secrets_in(name: str, value: str) -> tuple[str, ...]:
    """What of a variable's or an argument's value must never be shown: as its name tells, or a URL in it."""
    if "://" in value:
        return secrets_of(value)
    return (value,) if telling(name) else ()


def secrets_of(url: str) -> tuple[str, ...]:
    """What of the URL must never be shown: its passwords, decoded and as they stand; all of it if it is no URL."""
    address = parsed(url)
    if address is None:
        return (url,)
    found = [value for key, value in address.query if holding(key)]
    if address.password:
        # The redactor knows the usual encodings of a text, not the one that the user may have chosen.
        found += [address.password, *_CLEAR_PASSWORD.findall(url)]
    return tuple(dict.fromkeys(found))


def _query(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text.partition("?")[2])


def place_of(url: str, root: Path) -> tuple[object, ...] | None:
    """What two URLs of one database have in common, None for what is no URL; of files, what the disk says."""
    address = parsed(url)
    if address is None:
        return None
    if address.family != "sqlite":
        return address.place
    database = address.database or ""
    if database.startswith("file:"):
        return address.place
    path = os.path.join(root, database)  # noqa: PTH118 - a Path costs more than all the rest of this function
    try:
        found = os.stat(path)  # noqa: PTH116 - likewise
    except (OSError, ValueError):
        directory, _, name = path.rpartition("/")
        return ("sqlite", os.path.realpath(directory), name)
    return ("sqlite", found.st_dev, found.st_ino)
