"""A connection to MySQL or MariaDB as PyMySQL makes it, from a URL that may be written for another driver."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestrator.core.inspection import is_near
from orchestrator.core.network import socket_options
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import APPLICATION, driver

if TYPE_CHECKING:
    import pymysql

_SSL_WORDS = {"ca", "capath", "cert", "key", "cipher", "check_hostname"}
_PASSED = {"unix_socket", "ssl_verify_cert", "ssl_verify_identity", "ssl_key_password", "ssl_disabled"}
_DEFAULTS = {"read_default_file", "read_default_group"}
_TRUE = ("true", "1", "yes", "on")


def connect(endpoint: Endpoint, address: Address, name: str, patience: float) -> pymysql.Connection[Any]:
    """A connection that calls itself `name` and waits `patience` seconds for each answer; raises as PyMySQL."""
    query = dict(address.query)
    # MySQL's users and passwords are bytes of UTF-8; PyMySQL alone would send Latin-1 or fail.
    arguments: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "user": address.user or query.get("user"),
        "password": (address.password or query.get("password") or "").encode(),
        "database": address.database,
        **{key: value for key, value in query.items() if key in _PASSED | _DEFAULTS},
        **{
            key: query[key].lower() in _TRUE
            for key in query
            if key.startswith("ssl_verify") or key == "ssl_disabled"
        },
        **_tls(query),
        **_charset(query),
    }
    connection: pymysql.Connection[Any] = _connection_class()(
        connect_timeout=endpoint.timeouts.connect,
        read_timeout=patience,
        write_timeout=endpoint.timeouts.connect,
        autocommit=True,
        program_name=name,
        **{key: value for key, value in arguments.items() if value not in (None, "", b"")},
    )
    _notice_a_cut(connection, endpoint.timeouts.network)
    return connection


def _notice_a_cut(connection: pymysql.Connection[Any], network: float) -> None:
    channel = _socket(connection)
    if channel.family in (socket.AF_INET, socket.AF_INET6):
        for name, value in socket_options(network).items():
            if hasattr(socket, name):
                channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def encrypted(connection: pymysql.Connection[Any]) -> bool | None:
    """Whether it is; None where nothing of it leaves this machine."""
    channel = _socket(connection)
    if isinstance(channel, ssl.SSLSocket):
        return True
    return None if channel.family == socket.AF_UNIX or is_near(channel.getpeername()[0]) else False


def _socket(connection: pymysql.Connection[Any]) -> socket.socket:
    found: socket.socket = connection._sock  # type: ignore[attr-defined]  # there is no public way to it
    return found


@functools.cache
def _connection_class() -> Any:
    base: Any = driver("pymysql.connections", "mysql").Connection
    unverified: list[object] = []

    class Connection(base):  # type: ignore[misc]
        # PyMySQL reads the system's certificates for each connection, also where it verifies none: 35 ms of 45.
        def _create_ssl_ctx(self, settings: dict[str, Any]) -> object:
            if settings:
                return super()._create_ssl_ctx(settings)
            if not unverified:
                unverified.append(super()._create_ssl_ctx(settings))
            return unverified[0]

    return Connection


def _charset(query: dict[str, str]) -> dict[str, str]:
    # PyMySQL would stumble over a name that it does not know, as other drivers have some.
    name = query.get("charset", "")
    known = driver("pymysql.charset", "mysql").charset_by_name(name) is not None
    return {"charset": name} if known else {}


def _tls(query: dict[str, str]) -> dict[str, Any]:
    # As SQLAlchemy's dialect gathers them; `ssl_mode` is mysqlclient's and the server's own word.
    found: dict[str, Any] = {word: query[f"ssl_{word}"] for word in _SSL_WORDS if f"ssl_{word}" in query}
    if "check_hostname" in found:
        found["check_hostname"] = found["check_hostname"].lower() in _TRUE
    match query.get("ssl_mode", "").upper():
        case "DISABLED":
            return {"ssl_disabled": True}
        case "REQUIRED":
            found.setdefault("verify_mode", "none")
            found.setdefault("check_hostname", False)
        case "VERIFY_CA":
            found.update(verify_mode="required", check_hostname=False)
        case "VERIFY_IDENTITY":
            found.update(verify_mode="required", check_hostname=True)
    return {"ssl": found} if found else {}


@contextmanager
def connected(endpoint: Endpoint, address: Address, patience: float) -> Iterator[pymysql.Connection[Any]]:
    """A connection that waits `patience` seconds for an answer; raises PyMySQL's errors."""
    connection = connect(endpoint, address, APPLICATION, patience)
    try:
        yield connection
    finally:
        connection.close()
