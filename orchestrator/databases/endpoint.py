"""How to reach one target: its URL and what is needed beside it. A value; it connects to nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.core.secrets import Secret
from orchestrator.core.targets import Target


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds; None waits for ever.

    `run_lock_wait` is how long to queue for another run; `table_lock` is how long a revision's DDL may wait
    for the application's locks before it gives up: two different things with two different names.
    """

    connect: float = 5.0
    run_lock_wait: float = 0.0
    table_lock: float | None = 10.0
    statement: float | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One target, where it is, which project's revisions it follows, and what its env.py is given."""

    target: Target
    url: Secret
    project: str
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    variables: tuple[tuple[str, Secret], ...] = ()
    x_arguments: tuple[str, ...] = ()
