"""Reading a database URL as SQLAlchemy reads it, without importing SQLAlchemy.

`status` talks to databases through their drivers, and SQLAlchemy alone would double its start. The grammar is
the one of `sqlalchemy.engine.make_url` (2.1, which also decodes the database's name); a test holds the two
side by side. Pure: text in, value out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote, unquote

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
LIBPQ_DRIVERS = (None, "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi")
"""The drivers of PostgreSQL that hand a URL's query to libpq; None is SQLAlchemy's default."""
_OF_A_HOST = {"host", "hostaddr", "port", "unix_socket"}
"""What of a URL's query says where the server is."""
_OF_A_NAME = "".join(character for character in map(chr, range(33, 127)) if character not in "%?#") + " "
"""What stands for itself in a database's name. SQLAlchemy decodes it from 2.1 on: only what must is encoded."""


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


@lru_cache(maxsize=256)
def parse(url: str) -> Address | None:
    """The parts of a SQLAlchemy URL, or None where it is not one; schemas of one database have the same one."""
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


def relocated(url: str, database: str | None, host: str | None = None, port: int | None = None) -> str:
    """The same URL for another database, host or port where one is told; user and password stay as they stand.

    What the query says of host and port gives way, or it would be believed by the driver. A relative SQLite path
    stays relative. `url` must be one that `parse` reads.
    """
    match = _GRAMMAR.match(url)
    if match is None:
        raise ValueError("the URL was not checked")
    begin = match.end("name") + len("://")
    user_end = match.end("user") if match["password"] is None else match.end("password")
    user = "" if match["user"] is None else url[begin : user_end + 1]
    told, query = _host_and_query(match, host, port)
    number = match["port"] if port is None else str(port)
    name = match["database"] if database is None else quote(database, _OF_A_NAME)
    return (
        f"{match['name']}://{user}{told}{'' if number is None else f':{number}'}"
        f"{'' if name is None else f'/{name}'}{f'?{query}' if query else ''}"
    )


def _host_and_query(match: re.Match[str], host: str | None, port: int | None) -> tuple[str, str]:
    """The host as a URL writes it, and the query without what would contradict host or port."""
    gone = _OF_A_HOST if host is not None else {"port"} if port is not None else set()
    kept = [part for part in (match["query"] or "").split("&") if part and part.partition("=")[0] not in gone]
    if host is None:
        return (f"[{match['ipv6']}]" if match["ipv6"] else match["host"] or ""), "&".join(kept)
    if host.startswith("/"):
        return "", "&".join([*kept, f"host={quote(host, '')}"])
    return (f"[{host}]" if ":" in host else host), "&".join(kept)


def with_search_path(url: str, schema: str) -> str:
    """The same PostgreSQL URL, in whose sessions names are looked up in `schema` alone; for drivers on libpq."""
    place, _, query = url.partition("?")
    given = [value for key, value in parse_qsl(query) if key == "options"]
    name = '"' + schema.replace('"', '""') + '"'
    escaped = name.replace("\\", "\\\\").replace(" ", "\\ ")
    options = quote(" ".join([*given, f"-csearch_path={escaped}"]), "")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != "options"]
    return f"{place}?{'&'.join([*kept, f'options={options}'])}"


def _decoded(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _is_port(text: str | None) -> bool:
    # What is no number is refused, and an empty port too: SQLAlchemy's grammar is wider than what it accepts.
    try:
        int("0" if text is None else text)
    except ValueError:
        return False
    return True
