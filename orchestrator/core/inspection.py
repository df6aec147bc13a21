"""What a closer look at one database tells beyond its heads: facts for a diagnosis. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Lack:
    """A right that the role does not have: what it may not do, and what would let it."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """One database as the role of its URL finds it.

    `encrypted` is None where nothing travels over a network. `clock` is by how many seconds the server's clock is
    ahead of this machine's, 0 where the round trip explains the difference. `owners` are the roles that own tables
    which this one may therefore not alter. `limits` are settings that end a session's work, as (name, value).
    `cluster` says that locks hold on one node only, `holders_named` that who holds a lock can be told.
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
    holders_named: bool = True

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of the server's version, the most significant first."""
        _, _, number = self.server.partition(" ")
        return tuple(int(part) for part in number.split(".") if part.isdecimal())


def ahead(clock: float, asked: float, answered: float) -> float:
    """By how many seconds a server's clock is ahead of ours, which asked and was answered at these moments."""
    return min(clock - asked, 0.0) + max(clock - answered, 0.0)


def is_near(host: str) -> bool:
    """Whether what is sent to this address, name or socket stays on this machine."""
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
