"""What a driver's own connection is like on the way: how soon a cut is noticed, and whether anybody can listen.

The socket is the driver's and is only told and asked; where a driver hides it, its own settings stay.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

from . import proof

_HIDDEN_IN = ("_sock", "_usock", "_transport", "_writer", "_socket")
"""Where PyMySQL, pg8000, asyncpg, aiomysql and mysql-connector keep the socket, or what leads to it."""
_CLIENT = {
    "postgresql": "SELECT host(pg_catalog.inet_client_addr())",
    "mysql": "SELECT SUBSTRING_INDEX(USER(), '@', -1)",
}
_SESSION = """
SELECT set_config(name, wanted.value, false) FROM (VALUES {wanted}) AS wanted (name, value)
JOIN pg_catalog.pg_settings USING (name)
WHERE source IN ('default', 'configuration file') AND pg_backend_pid() = {session}
"""
"""Not where somebody set it for this role, database or session; not through a pooler, on another's session."""


def notice_cuts(connection: Any, family: str, network: dict[str, Any]) -> None:
    """Have both ends end this connection soon after the network is cut, where nobody asked for anything else."""
    with _channel(connection) as channel:
        if channel is not None and channel.family != socket.AF_UNIX:
            _watch(channel, network["socket"], libpq=_own(connection).__class__.__module__.startswith("psycopg"))
    session = _server_process(connection) if family == "postgresql" else None
    if session is not None:
        wanted = ", ".join(f"('{name}', '{value}')" for name, value in network["session"].items())
        proof.ask(connection, _SESSION.format(wanted=wanted, session=session))
        connection.commit()


def in_clear(connection: Any, family: str, told: Sequence[str] = ()) -> bool:
    """Whether what this connection carries leaves the machine and is not encrypted.

    `told` are the hosts or sockets that the driver was told to go to: they count where it hides its own. Where it
    was told none either, it counts where the server sees it come from.
    """
    with _channel(connection) as channel:
        near = None if channel is None else _stays_here(channel)
    if near is None:
        near = all(map(_is_near, told or [_last(row) for row in proof.ask(connection, _CLIENT[family])]))
        connection.rollback()
    if near:
        return False
    if family == "postgresql":
        rows = proof.ask(connection, "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()")
    else:
        rows = proof.ask(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    connection.rollback()
    return not any(_last(row) for row in rows)


def _watch(channel: socket.socket, options: dict[str, int], *, libpq: bool) -> None:
    if not libpq:  # libpq does so by itself, unless it was told not to
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with socket.socket(channel.family) as untouched:
        for option, value in ((getattr(socket, name, None), value) for name, value in options.items()):
            if option is None:
                continue
            if channel.getsockopt(socket.IPPROTO_TCP, option) == untouched.getsockopt(socket.IPPROTO_TCP, option):
                channel.setsockopt(socket.IPPROTO_TCP, option, value)


def _stays_here(channel: socket.socket) -> bool:
    return channel.family == socket.AF_UNIX or ip_address(channel.getpeername()[0].partition("%")[0]).is_loopback


def _is_near(place: Any) -> bool:
    """Whether a socket's path (None: PostgreSQL's word for one), a name or an address is on this machine."""
    if place is None or str(place).startswith(("/", "@")):
        return True
    try:
        found = [address[0] for *_, address in socket.getaddrinfo(str(place), None)]
    except OSError:
        return False
    return all(ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def _last(row: Any) -> Any:
    return list(row.values() if hasattr(row, "values") else row)[-1]


def _server_process(connection: Any) -> int | None:
    """The server's process as it introduced itself to the driver; a pooler introduces itself."""
    driver = _own(connection)
    with suppress(Exception):
        return int(driver.get_server_pid() if hasattr(driver, "get_server_pid") else driver.info.backend_pid)
    return None


@contextmanager
def _channel(connection: Any) -> Iterator[socket.socket | None]:
    """The connection's socket under a descriptor of our own; None where the driver hides it."""
    number = _descriptor(_own(connection))
    if number is None:
        yield None
        return
    with socket.socket(fileno=os.dup(number)) as channel:
        yield channel


def _descriptor(driver: Any) -> int | None:
    for place in (driver, *(getattr(driver, name, None) for name in _HIDDEN_IN)):
        with suppress(Exception):
            found = place.get_extra_info("socket") if hasattr(place, "get_extra_info") else place
            return int(getattr(found, "sock", found).fileno())
    return None


def _own(connection: Any) -> Any:
    """The driver's own connection, from beneath what SQLAlchemy makes of an asynchronous one."""
    return getattr(connection, "driver_connection", None) or getattr(connection, "_connection", None) or connection
