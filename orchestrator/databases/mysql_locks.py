"""Run lock and work lock in MySQL and MariaDB: GET_LOCK with no waiting, which lasts as long as its session.

The locks are this server's alone: a Galera cluster or a MySQL group does not share them.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any

from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.holders import Guard, Holder, marked, mysql_name, proof_name, readable, token
from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    import pymysql

_LONGEST_WAIT = 31_536_000
"""Seconds a session may idle: the server's maximum; its usual 28800 would drop the lock of a long revision."""
_KEEPALIVE = (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 10_000))
# TIME counts since the session's last statement: since it took the lock, or since the running one began.
_SESSION = """
SELECT USER, HOST, UTC_TIMESTAMP() - INTERVAL TIME SECOND FROM information_schema.PROCESSLIST WHERE ID = %s
"""
_NAME = """
SELECT ATTR_VALUE FROM performance_schema.session_account_connect_attrs
WHERE PROCESSLIST_ID = %s AND ATTR_NAME = 'program_name'
"""


class UserLocks:
    """The two locks of one target, on a connection of their own.

    A third, whose name is this session's alone, is held beside the run lock: no other run can hold it elsewhere.
    """

    def __init__(self, connection: pymysql.Connection[Any], endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        (database,) = self._ask("SELECT DATABASE()")
        if database is None:
            raise ConfigurationError(
                "the URL names no database",
                where=str(endpoint.target),
                mend=f"add /database to the url of {endpoint.target.environment}",
            )
        self._database: str = database
        self._run_name = mysql_name("run", database, endpoint)
        self._work_name = mysql_name("work", database, endpoint)
        self._proof_name = proof_name()

    @property
    def guard(self) -> Guard:
        """The proof's name and the database: names are the server's, so a refusal proves the server alone."""
        named = {"database": self._database, "token": token(self._endpoint)}
        return Guard("mysql", {"proof_name": self._proof_name, **named})

    def prepare(self) -> None:
        """Keep the session, and have a cut network noticed soon."""
        self._ask("SET SESSION wait_timeout = %s", _LONGEST_WAIT)
        channel = self._socket
        if channel is not None and channel.family in (socket.AF_INET, socket.AF_INET6):
            for option, value in _KEEPALIVE:
                if hasattr(socket, option):
                    channel.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)

    def try_run(self) -> bool:
        """Take the run lock if it is free, and the proof."""
        return self._taken(self._run_name) and self._taken(self._proof_name)

    def prove(self) -> None:
        """Take the proof."""
        self._taken(self._proof_name)

    def run_holder(self) -> Holder | None:
        """Who has the run lock; its run is known only where performance_schema is on and the user is ours."""
        return self._holder(self._run_name, ours=True)

    def work_holder(self) -> Holder | None:
        """Which of the server's connections still works, for whom, and since when its statement runs."""
        return self._holder(self._work_name, ours=False)

    def alive(self) -> bool:
        """A lock's session is silent: only when its socket has something to say is the server asked.

        A statement each second would also make the holder look as if it had just come.
        """
        try:
            channel = self._socket
            if channel is None or readable(channel.fileno()):
                self._connection.ping(reconnect=False)
        except Exception:  # noqa: BLE001  whatever it is, the lock cannot be relied on
            return False
        return bool(self._connection.open)

    def close(self) -> None:
        """Unlock before closing: the server frees a closed session's locks a moment later."""
        with suppress(Exception):
            self._ask("SELECT RELEASE_LOCK(%s), RELEASE_LOCK(%s)", self._proof_name, self._run_name)
        with suppress(Exception):
            self._connection.close()

    @property
    def _socket(self) -> socket.socket | None:
        # PyMySQL has no public way to its socket.
        return getattr(self._connection, "_sock", None)

    def _taken(self, name: str) -> bool:
        return self._ask("SELECT GET_LOCK(%s, 0)", name) == (1,)

    def _holder(self, name: str, *, ours: bool) -> Holder | None:
        (session,) = self._ask("SELECT IS_USED_LOCK(%s)", name)
        if session is None:
            return None
        row = self._ask(_SESSION, session)
        if not row:
            return Holder(None, "a user whose sessions are not shown to ours", None if ours else session, None)
        user, host, since = row
        client = f"{user}@{host.rpartition(':')[0] or host}"
        run, who, process = marked(self._name_of(session)) if ours else (None, None, session)
        return Holder(run, who or client, process, since.replace(tzinfo=UTC))

    def _name_of(self, session: int) -> str | None:
        with suppress(Exception):
            return next(iter(self._ask(_NAME, session)), None)
        return None

    def _ask(self, statement: str, *parameters: object) -> tuple[Any, ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row or ()
