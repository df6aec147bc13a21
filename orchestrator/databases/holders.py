"""Who holds a lock, what proves it, and how locks are named. Values and functions; no connection.

The worker is another process and may run on another Python, so it computes the same names from the same parts:
changing a name here changes it there.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import secrets
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.databases.endpoint import Endpoint

if TYPE_CHECKING:
    from orchestrator.databases.sight import Sight

_MARK = re.compile(r"orchestrate (?P<run>\S+) (?P<who>\S+) (?P<pid>\d+)")
LONGEST_MARK = 63
"""Bytes of an application_name that PostgreSQL keeps (NAMEDATALEN - 1)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `pid` is the client's process for a run lock, the server's session for a work lock.

    What the database does not tell is None; `who` is `user@host`. `session` is the server's number of the session
    that has the lock, `running` whether that session is in a statement, `statement` the text of the latest.
    """

    run: str | None
    who: str
    pid: int | None
    since: datetime | None
    session: int | None = None
    running: bool | None = None
    statement: str | None = None

    def __str__(self) -> str:
        by = f"run {self.run} by {self.who}" if self.run else self.who
        process = f" (process {self.pid})" if self.pid is not None else ""
        since = f" since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"{by}{process}{since}"


@dataclass(frozen=True, slots=True)
class Blocker:
    """A session that has a lock for which the worker's session waits; what the server does not tell is None.

    `since` is the begin of its transaction. `certain` is False where it merely has a transaction open, and the
    server does not tell whose lock it is.
    """

    session: int | None
    role: str | None = None
    application: str | None = None
    since: datetime | None = None
    certain: bool = True

    def __str__(self) -> str:
        if self.session is None:
            return "a session that the server does not name to this role"
        known = [f"app {self.application!r}"] if self.application else []
        known += [f"role {self.role}"] if self.role else []
        known += [f"since {self.since.astimezone(UTC):%H:%M:%S} UTC"] if self.since else []
        told = f" ({', '.join(known)})" if known else ""
        return f"{'' if self.certain else 'perhaps '}session {self.session}{told}"


@dataclass(frozen=True, slots=True)
class Guard:
    """What the worker needs to prove on env.py's own connection that it is the meant database, and to lock it."""

    family: str
    proof: Mapping[str, str | int | None] = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """The guard as the worker is told it, ready for JSON."""
        return {"family": self.family, **self.proof}


class LockSession(Protocol):
    """The session whose life the run lock has; which lock that is, each family knows."""

    @property
    def guard(self) -> Guard:
        """What the worker is told."""

    def try_run(self) -> bool:
        """Take the run lock if it is free, without waiting, and with it what proves which database this is."""

    def prove(self) -> None:
        """Take only what proves which database this is: no run is turned away by it, and no file is made."""

    def run_holder(self) -> Holder | None:
        """Who has the run lock; None where it is free."""

    def work_holder(self) -> Holder | None:
        """Whose session has the work lock; None where it is free."""

    def blockers(self) -> tuple[Blocker, ...]:
        """Who has the lock that the session with the work lock waits for; empty where it waits for none."""

    def sight(self) -> Sight | None:
        """The version table as this session sees it; None where a look must not disturb it, or needs another."""

    def alive(self) -> bool:
        """Whether the lock is still held, as cheaply as it can be told."""

    def close(self) -> None:
        """Give up what is held; does not raise."""


def token(endpoint: Endpoint) -> str:
    """Digest of the version table and its schema: two of them in one database do not lock each other out."""
    return hashlib.sha256(f"{endpoint.version_table_schema or ''}\0{endpoint.version_table}".encode()).hexdigest()


def postgresql_key(kind: str, endpoint: Endpoint) -> int:
    """The advisory lock's bigint for `kind`, `run` or `work`; PostgreSQL keeps these apart by database itself."""
    digest = hashlib.sha256(f"orchestrate\0{kind}\0{token(endpoint)}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def mysql_name(kind: str, database: str, endpoint: Endpoint) -> str:
    """The user lock's name for `kind`; names are the server's, so the database is in it, within 64 characters."""
    digest = hashlib.sha256(f"{database}\0{token(endpoint)}".encode()).hexdigest()
    return f"orchestrate_{kind}_{digest[:40]}"


def proof_key() -> int:
    """A bigint that no other lock session has: a run lock's key says nothing of the database it is held in."""
    return secrets.randbits(64) - 2**63


def proof_name() -> str:
    """The same as a user lock's name, within 64 characters."""
    return f"orchestrate_proof_{secrets.token_hex(20)}"


def here() -> str:
    """This process's `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def mark(run_id: str) -> str:
    """What a lock's session calls itself, so that others can name its holder; cut so that the process id stays."""
    process = f" {os.getpid()}"
    name = f"orchestrate {run_id} {here()}".encode("ascii", "replace").decode()
    return name[: LONGEST_MARK - len(process)] + process


def marked(name: str | None) -> tuple[str | None, str | None, int | None]:
    """Run, `user@host` and process from a session's name; None each where it is not a `mark`."""
    match = _MARK.fullmatch(name or "")
    return (match["run"], match["who"], int(match["pid"])) if match else (None, None, None)


def readable(descriptor: int) -> bool:
    """Whether the socket has something to say; a session that holds a lock is silent until it is lost."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
