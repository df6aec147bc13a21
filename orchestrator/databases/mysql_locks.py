"""Run lock and work lock in MySQL and MariaDB: GET_LOCK with no waiting, which lasts as long as its session.

The locks are this server's alone: a Galera cluster or a MySQL group does not share them.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Any

from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.holders import (
    LONGEST_MARK,
    Blocker,
    Guard,
    Holder,
    mark,
    marked,
    mysql_name,
    proof_name,
    readable,
    token,
)
from orchestrator.databases.mysql_blockers import blockers
from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    import pymysql

_LONGEST_WAIT = 31_536_000
"""Seconds a session may idle: the server's maximum; its usual 28800 would drop the lock of a long revision."""
# TIME counts since the session's last statement: since it took the lock, or since the running one began.
_SESSION = """
SELECT USER, HOST, UTC_TIMESTAMP() - INTERVAL TIME SECOND, COMMAND <> 'Sleep', INFO
FROM information_schema.PROCESSLIST WHERE ID = %s
"""
_BITS = range(7)


class UserLocks:
    """The two locks of one target, on a connection of their own.

    A third, whose name is this session's alone, is held beside the run lock: no other run can hold it elsewhere.
    """

    def __init__(self, connection: pymysql.Connection[Any], endpoint: Endpoint, run_id: str | None) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._mark = mark(run_id) if run_id else ""
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
        """Keep the session."""
        self._ask("SET SESSION wait_timeout = %s", _LONGEST_WAIT)

    def try_run(self) -> bool:
        """Take the run lock if it is free, and the proof; then leave the mark for whoever asks."""
        taken = self._taken(self._run_name) and self._taken(self._proof_name)
        if taken:
            (session,) = self._ask("SELECT CONNECTION_ID()")
            taking = (f"GET_LOCK('{name}', 0)" for name in _mark_names(session, self._mark))
            self._ask(f"SELECT {' + '.join(taking)}")
        return taken

    def prove(self) -> None:
        """Take the proof."""
        self._taken(self._proof_name)

    def run_holder(self) -> Holder | None:
        """Who has the run lock: whoever left its mark, else the user of the session."""
        return self._holder(self._run_name, ours=True)

    def work_holder(self) -> Holder | None:
        """Which of the server's connections still works, for whom, and since when its statement runs."""
        return self._holder(self._work_name, ours=False)

    def blockers(self) -> tuple[Blocker, ...]:
        """Who stands in the way of the session that has the work lock."""
        (session,) = self._ask("SELECT IS_USED_LOCK(%s)", self._work_name)
        return blockers(self._connection, session) if session is not None else ()

    def sight(self) -> None:
        """A table that is locked would end this session after its time, and the run lock with it."""

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
            self._ask("SELECT RELEASE_ALL_LOCKS()")
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
        run, who, process = marked(self._mark_of(session)) if ours else (None, None, session)
        row = self._ask(_SESSION, session)
        if not row:
            return Holder(run, who or "a user whose sessions are not shown to ours", process, None, session)
        user, host, since, running, text = row
        client = f"{user}@{host.rpartition(':')[0] or host}"
        return Holder(run, who or client, process, since.replace(tzinfo=UTC), session, bool(running), text)

    def _mark_of(self, session: int) -> str:
        """The mark that the session left, read bit by bit."""
        places = range(LONGEST_MARK)
        asked = ", ".join(
            f"IS_USED_LOCK('{_mark_name(session, place, bit)}') <=> {session:d}"
            for place in places
            for bit in _BITS
        )
        bits = self._ask(f"SELECT {asked}")
        codes = (sum(bits[place * len(_BITS) + bit] << bit for bit in _BITS) for place in places)
        return "".join(chr(code) for code in codes if code)

    def _ask(self, statement: str, *parameters: object) -> tuple[Any, ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row or ()


def _mark_name(session: int, place: int, bit: int) -> str:
    return f"orchestrate_mark_{session:d}_{place}_{bit}"


def _mark_names(session: int, text: str) -> list[str]:
    """The locks that stand for a text: one for each bit that is set.

    Whether a user lock is held may be asked by anybody, without any right. What else tells of a session, the
    connection's attributes, is lost where performance_schema is off, as it is by MariaDB's default.
    """
    return [
        _mark_name(session, place, bit)
        for place, code in enumerate(text.encode("ascii"))
        for bit in _BITS
        if code >> bit & 1
    ]
