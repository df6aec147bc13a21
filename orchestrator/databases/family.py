"""What each family of databases offers: the same few functions, in one module a family.

To support another family: one more module with these functions, and its name in `connect.py`. Nothing here
connects to anything.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from orchestrator.core.observations import Reading
from orchestrator.core.secrets import Redactor
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.holders import LockSession
from orchestrator.databases.sight import Failure, Sight
from orchestrator.errors import ConfigurationError, install_extra

APPLICATION = "orchestrate"
"""How our sessions introduce themselves to a server."""
_SECRET_WORDS = ("password", "passwd", "secret", "token")


@dataclass(frozen=True, slots=True)
class Definition:
    """One object of a schema: its name with its kind, the text that defines it, and whether it is usable.

    Only PostgreSQL has unusable ones: an index whose concurrent build was cut short.
    """

    name: str
    text: str
    valid: bool = True


class Family(Protocol):
    """The functions of a family's module. Each may raise the driver's errors, which `explain` understands."""

    def observe(self, endpoint: Endpoint, address: Address, *, rights: bool = False) -> Sight:
        """Reads the version table and what tells this database from others; changes and creates nothing.

        With `rights` it may tell too what keeps a revision from being recorded, where that costs no connection.
        """

    def definitions(self, endpoint: Endpoint, address: Address) -> Iterable[Definition]:
        """Every object in the target's schema."""

    def open_locks(self, endpoint: Endpoint, address: Address, run_id: str | None) -> LockSession:
        """A session that can take the run lock for `run_id`; for None one that only asks and creates nothing."""

    def explain(self, error: Exception, endpoint: Endpoint, address: Address) -> Failure | None:
        """What the driver's error means; None for an error that is not the database's."""


def driver(module: str, extra: str) -> Any:
    """The driver's module; ConfigurationError naming the extra to install where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ConfigurationError(
            f"the driver for this database is not installed (Python module {module})",
            mend=install_extra(extra),
            code="driver",
        ) from None


def fingerprint(*parts: object) -> str:
    """A short digest of the parts, for comparing; it proves nothing to an adversary."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def heads_of(rows: Iterable[tuple[Any, ...]]) -> tuple[str, ...]:
    """The rows of a version table, distinct and sorted; a NULL says nothing and is left out."""
    return tuple(sorted({str(row[0]) for row in rows if row[0] is not None}))


def one_line(error: object, address: Address) -> str:
    """The error's text on one line, without any secret of the URL: drivers do repeat what they were given."""
    secrets = [value for key, value in address.query if any(word in key.lower() for word in _SECRET_WORDS)]
    return Redactor([address.password or "", *secrets]).text(" ".join(str(error).split()))


def no_version_column(endpoint: Endpoint) -> Failure:
    """For a table that has the version table's name and is not one."""
    mend = f"set version_table of {endpoint.target.environment} to the table that Alembic uses"
    if endpoint.target.tenant is not None:  # what is wrong with one is no reason to look elsewhere in all of them
        schema = [endpoint.version_table_schema] if endpoint.version_table_schema is not None else []
        table = ".".join([*schema, endpoint.version_table])
        mend = f"if a column of {table} was renamed, name it version_num again; if all tenants have it so, {mend}"
    what = f"table {endpoint.version_table} has no column version_num: it is not Alembic's"
    return Failure(Reading.UNVERSIONED, what, mend)


def told(failure: Failure | None) -> tuple[str | None, str | None, bool]:
    """Cause and mend of a failure, or nothing of either; and whether the place is not there."""
    return (failure.detail, failure.mend, failure.absent) if failure else (None, None, False)


def seconds(span: float) -> str:
    """A length of time for people: `5 s`, `0.5 s`."""
    return f"{span:g} s"
