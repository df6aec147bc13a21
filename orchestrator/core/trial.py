"""What a trial showed: env.py run up to the point where it configures Alembic, with nothing changed anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connection that was asked for: whether it led to the target, and where it led. Never holds a password."""

    reached: bool
    where: str


@dataclass(frozen=True, slots=True)
class Clues:
    """The names that env.py and the application asked for, in the order in which they first did.

    `options` of another section are written `SECTION/NAME`.
    """

    variables: tuple[str, ...] = ()
    x_arguments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialFailure:
    """Why env.py did not get as far as configuring Alembic. `where` is a place in the project, `file:line`.

    `code` is the worker's word (`env_failed`, `wrong_database`, `no_alembic`, …), `writes` for an env.py that
    changes the database before it configures, `timeout`, or `died`.
    """

    code: str
    message: str
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of env.py without any migration.

    The version table and what follows are known only where env.py `configured` Alembic: with a marker in place of
    a database it does not come so far. `place` is the schema that the version table is in, or would be made in.
    """

    connections: tuple[Attempt, ...] = ()
    configured: bool = False
    version_table: str | None = None
    version_table_schema: str | None = None
    place: str | None = None
    in_transaction: bool = False
    transactional_ddl: bool | None = None
    read: Clues = field(default_factory=Clues)
    ran_on: Mapping[str, str] = field(default_factory=dict)
    failure: TrialFailure | None = None
    output: tuple[str, ...] = ()
    """The lines that env.py printed."""

    @property
    def reached(self) -> bool:
        """Whether the connection that env.py asked for last led to the target."""
        return bool(self.connections) and self.connections[-1].reached
