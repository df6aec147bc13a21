"""What a closer look at one database tells beyond its heads: facts for a diagnosis. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address

_RECORDING = {"SELECT", "INSERT", "UPDATE"}
"""The rights on the version table that recording a line of revisions takes; DELETE is for merges and for base."""
_BEGINNING = {"CREATE", "INSERT"}
"""What recording takes where the version table is yet to be made."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What the role may not do, and what would let it; `rights` are the SQL rights it lacks, where it is that."""

    what: str
    mend: str
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """One database as the role of its URL finds it.

    `encrypted` is None where nothing travels over a network. `clock` is by how many seconds the server's clock is
    ahead of this machine's, 0 where the round trip explains the difference. `owners` are the roles that own tables
    which this one may therefore not alter. `limits` are settings that end a session's work, as (name, value).
    `cluster` says that locks hold on one node only, `blockers_named` that who blocks a table can be told.
    `read_only` is how sessions begin, which env.py may change in its own. `rights_told` is False where the answer
    about rights was not understood: then there are no lacks, and nobody knows.
    """

    server: str
    role: str | None = None
    lacks: tuple[Lack, ...] = ()
    owners: tuple[str, ...] = ()
    standby: bool = False
    read_only: bool = False
    pooler: bool = False
    encrypted: bool | None = None
    clock: float = 0.0
    limits: tuple[tuple[str, str], ...] = ()
    cluster: bool = False
    blockers_named: bool = True
    rights_told: bool = True

    def barriers(self, environment: str, *, versioned: bool) -> tuple[Lack, ...]:
        """What keeps every revision from being recorded here, as sentences; `versioned`: there is a version table.

        A right that only some revisions need is no barrier: the database refuses those. Nor is a session that
        begins read-only: env.py may make its own writable. With a barrier all that is missing is told.
        """
        unwritable = self.unwritable(environment)
        found = [unwritable] if unwritable else []
        needed = _RECORDING if versioned else _BEGINNING
        if any(not lack.rights or needed & set(lack.rights) for lack in self.lacks):
            found += [replace(lack, what=f"{self.role or 'this user'} {lack.what}") for lack in self.lacks]
        return tuple(found)

    def unwritable(self, environment: str) -> Lack | None:
        """That nobody may change anything here."""
        if not self.standby:
            return None
        what = "this server is a standby or set read-only: it can be read and not migrated"
        return Lack(what, f"give {environment} the URL of the primary server")

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of the server's version, the most significant first."""
        _, _, number = self.server.partition(" ")
        return tuple(int(part) for part in number.split(".") if part.isdecimal())


def ahead(clock: float, asked: float, answered: float) -> float:
    """By how many seconds a server's clock is ahead of ours, which asked and was answered at these moments."""
    return min(clock - asked, 0.0) + max(clock - answered, 0.0)


@lru_cache(maxsize=64)
def is_near(host: str) -> bool:
    """Whether what is sent to this address, name or socket stays on this machine."""
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
