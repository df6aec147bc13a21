"""How to reach one target: its URL and what is needed beside it. A value; it connects to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.core.network import DEFAULT_SECONDS
from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target
from orchestrator.core.urls import LIBPQ_DRIVERS, parse, with_search_path


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds; None waits for ever.

    `run_lock_wait` is how long to queue for another run; `table_lock` is how long a revision's DDL may wait
    for the application's locks before it gives up: two different things with two different names. `network` is
    after how long a cut network is noticed, on both ends of a connection. `table_lock_retries` is a number: how
    often a revision that gave up waiting for such a lock, or met a deadlock, is tried again.
    """

    connect: float = 5.0
    network: float = DEFAULT_SECONDS
    run_lock_wait: float = 0.0
    table_lock: float | None = 10.0
    table_lock_retries: int = 3
    statement: float | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One target, where it is, which project's revisions it follows, and what its env.py is given.

    `require_tls` says that nothing may change it over a connection that leaves this machine in clear. `schema` is
    that of a tenant which shares its database; with `search_path` env.py's sessions look names up there.
    """

    target: Target
    url: Secret
    project: str
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    require_tls: bool = False
    variables: tuple[tuple[str, Secret], ...] = ()
    x_arguments: tuple[str, ...] = ()
    schema: str | None = None
    search_path: bool = False

    @property
    def family(self) -> str:
        """The family of databases that the URL belongs to; empty for none that is supported."""
        address = parse(self.url.reveal())
        return (address.family if address is not None else None) or ""

    @property
    def given_url(self) -> Secret:
        """The URL that env.py is given; the driver's own way to a search_path is the worker's affair."""
        url = self.url.reveal()
        address = parse(url) if self.search_path else None
        if address is None or self.schema is None or address.driver not in LIBPQ_DRIVERS:
            return self.url
        return Secret(with_search_path(url, self.schema))
