"""Reading a database URL as SQLAlchemy reads it, without importing SQLAlchemy.

`status` talks to databases through their drivers, and SQLAlchemy alone would double its start. The grammar is
the one of `sqlalchemy.engine.make_url` (2.1, which also decodes the database's name); a test holds the two
side by side. Pure: text in, value out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote

_GRAMMAR = re.compile(
    r"""
    (?P<name>[\w+]+)://
    (?:(?P<user>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:(?:\[(?P<ipv6>[^/?]+)\]|(?P<host>[^/:?]+))?(?::(?P<port>[^/?]*))?)?
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE,
)
FAMILIES = {"sqlite": "sqlite", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
"""Backend name in a URL → the family whose file in `databases/` talks to it."""
_DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MEMORY = ":memory:"


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL, decoded. `backend` is the part before `+`; `query` keeps repeated keys."""

    backend: str
    driver: str | None
    user: str | None
    password: str | None
    host: str | None
    port: int | None
    database: str | None
    query: tuple[tuple[str, str], ...]

    @property
    def family(self) -> str | None:
        """The family of databases it belongs to; None for one that is not supported."""
        return FAMILIES.get(self.backend)

    @property
    def default_port(self) -> int | None:
        """The port that a driver takes where the URL names none."""
        return _DEFAULT_PORTS.get(self.family or "")

    @property
    def place(self) -> tuple[object, ...]:
        """What two URLs of one database have in common as far as text can tell; never a proof of identity."""
        if self.family == "sqlite":
            return ("sqlite", self.database)
        host = "localhost" if self.host is None or self.host in _LOOPBACK else self.host.lower()
        query = dict(self.query)
        socket = query.get("unix_socket") or query.get("host")
        return (
            self.family,
            socket or host,
            self.port or self.default_port,
            self.database,
        )

    @property
    def shown(self) -> str:
        """Where it points, for people: no user, no password, no query."""
        if self.family == "sqlite":
            return self.database or MEMORY
        query = dict(self.query)
        host = self.host or query.get("unix_socket") or query.get("host") or "localhost"
        return f"{host}{f':{self.port}' if self.port else ''}/{self.database or ''}"


def parse(url: str) -> Address | None:
    """The parts of a SQLAlchemy URL, or None where it is not one."""
    match = _GRAMMAR.match(url)
    if match is None or not _is_port(match["port"]):
        return None
    backend, _, driver = match["name"].partition("+")
    return Address(
        backend=backend,
        driver=driver or None,
        user=_decoded(match["user"]),
        password=_decoded(match["password"]),
        host=match["ipv6"] or match["host"],
        port=None if match["port"] is None else int(match["port"]),
        database=_decoded(match["database"]),
        query=tuple(parse_qsl(match["query"] or "")),
    )


def anchored(url: str, root: PurePosixPath) -> str:
    """The same URL with a relative SQLite path made absolute from `root`, so that it means one file everywhere."""
    address = parse(url)
    if address is None or address.family != "sqlite":
        return url
    database = address.database or ""
    if database in ("", MEMORY) or database.startswith(("/", "file:")):
        return url
    scheme, _, path = url.partition(":///")
    return f"{scheme}:///{str(root).replace('%', '%25').replace('?', '%3F')}/{path}"


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _is_port(text: str | None) -> bool:
    # What is no number is refused, and an empty port too: SQLAlchemy's grammar is wider than what it accepts.
    try:
        int("0" if text is None else text)
    except ValueError:
        return False
    return True
