"""What MySQL and MariaDB tell of a user, its rights and their server.

Rights are read from SHOW GRANTS, which every user may ask for itself: information_schema leaves out what comes
through a role.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from orchestrator.core.identifiers import identifier
from orchestrator.core.inspection import Inspection, Lack, ahead
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import driver
from orchestrator.databases.mysql import server_name
from orchestrator.databases.mysql_connection import connected, encrypted

if TYPE_CHECKING:
    import pymysql

_IN_THE_DATABASE = ("CREATE", "ALTER", "DROP", "INDEX")
_NEEDED = (*_IN_THE_DATABASE, "SELECT", "INSERT", "UPDATE", "DELETE")
_GRANT = re.compile(
    r"(?P<verb>GRANT|REVOKE) (?P<rights>.+?) ON (?:TABLE )?"
    r"(?P<database>\*|`(?:[^`]|``)*`)\.(?P<table>\*|`(?:[^`]|``)*`) (?:TO|FROM) "
)
_GRANTED_ROLES = re.compile(r"GRANT (?P<roles>`.*`) TO ")
_ROLE = re.compile(r"`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)?")
_COLUMNS = re.compile(r"\s*\([^)]*\)")
_AS_IT_IS_READ = "SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1"
"""How names are quoted in SHOW GRANTS is a setting: by ANSI_QUOTES as "name", without the other not at all."""
_FACTS = """
SELECT CURRENT_USER() AS role, CONNECTION_ID() AS session, @@global.read_only AS read_only,
       @@performance_schema AS watched, UNIX_TIMESTAMP(NOW(6)) AS clock
"""


def inspect(endpoint: Endpoint, address: Address, schema: str | None) -> Inspection:
    """The user's rights in the database `schema`, where the version table is; raises PyMySQL's errors."""
    with connected(endpoint, address, endpoint.timeouts.connect) as connection:
        asked = time.time()
        role, session, read_only, watched, clock = _rows(connection, _FACTS)[0]
        answered = time.time()
        database = schema or _rows(connection, "SELECT DATABASE()")[0][0]
        rights = _rights(connection, database, endpoint.version_table)
        return Inspection(
            server=server_name(connection),
            role=role,
            lacks=() if rights is None else tuple(_lacks(rights, role, database)),
            standby=bool(read_only),
            pooler=session != connection.thread_id(),  # type: ignore[no-untyped-call]
            encrypted=encrypted(connection),
            clock=ahead(float(clock), asked, answered),
            cluster=_setting(connection, "SHOW GLOBAL VARIABLES LIKE 'wsrep_on'") == "ON",
            blockers_named=bool(watched),
            rights_told=rights is not None,
        )


def held(grants: Iterable[str], database: str, table: str) -> frozenset[str]:
    """The rights on the table, of those that migrations need, that lines of SHOW GRANTS give.

    A database's name in a grant is a pattern (`_`, `%`, escaped by a backslash), a table's is not. A right on
    single columns counts as the whole: Alembic's table has one column. Partial revokes are subtracted.
    """
    found: set[str] = set()
    for match in filter(None, map(_GRANT.match, grants)):
        whole = match["table"] == "*"
        if not _means(match["database"], database, pattern=whole) or not _means(match["table"], table):
            continue
        rights = {right.strip() for right in _COLUMNS.sub("", match["rights"]).split(",")}
        rights = set(_NEEDED) if rights & {"ALL", "ALL PRIVILEGES"} else rights & set(_NEEDED)
        if not whole:
            rights -= set(_IN_THE_DATABASE)
        found = found | rights if match["verb"] == "GRANT" else found - rights
    return frozenset(found)


def understood(grants: Iterable[str]) -> bool:
    """Whether these lines tell of rights in a form that is read here; every user has at least USAGE."""
    return any(map(_GRANT.match, grants))


def _means(written: str, name: str, *, pattern: bool = False) -> bool:
    if written == "*":
        return True
    text = written[1:-1].replace("``", "`")
    if not pattern:
        return text == name
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    expression = "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, name, re.DOTALL) is not None


def _lacks(rights: frozenset[str], role: str, database: str) -> Iterator[Lack]:
    missing = tuple(right for right in _NEEDED if right not in rights)
    place, who = f"{identifier(database, mark='`')}.*", _quoted(role)
    if names := ", ".join(missing):
        yield Lack(f"may not {names} in database {database}", f"GRANT {names} ON {place} TO {who}", missing)


def _quoted(role: str) -> str:
    user, _, host = role.rpartition("@")
    return "@".join(identifier(part, mark="'") for part in (user, host))


def _rights(connection: pymysql.Connection[Any], database: str, table: str) -> frozenset[str] | None:
    """What the user may do by itself, or through any role that it may SET, as env.py may; None: not known."""
    _rows(connection, _AS_IT_IS_READ)
    lines = _grants(connection)
    if not understood(lines):
        return None
    found = held(lines, database, table)
    roles = [
        role for match in filter(None, map(_GRANTED_ROLES.match, lines)) for role in _ROLE.findall(match["roles"])
    ]
    for role in roles if set(_NEEDED) - found else ():
        with suppress(driver("pymysql", "mysql").MySQLError):
            _rows(connection, f"SET ROLE {role}")
            found |= held(_grants(connection), database, table)
    return found


def _grants(connection: pymysql.Connection[Any]) -> list[str]:
    # MariaDB lists what comes through the active role by itself, MySQL when the active roles are named.
    question = "SHOW GRANTS"
    if not server_name(connection).startswith("MariaDB"):
        with suppress(driver("pymysql", "mysql").MySQLError):
            (roles,) = _rows(connection, "SELECT CURRENT_ROLE()")[0]
            question += f" FOR CURRENT_USER() USING {roles}" if roles not in (None, "NONE") else ""
    return [line for (line, *_) in _rows(connection, question)]


def _setting(connection: pymysql.Connection[Any], question: str) -> str | None:
    rows = _rows(connection, question)
    return rows[0][1] if rows else None


def _rows(connection: pymysql.Connection[Any], statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
