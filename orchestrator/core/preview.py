"""What a revision will execute and how long it takes, as far as that is known before it runs: as values. Pure.

Nothing here promises anything: a script may do something else on every database, and take longer where there is
more in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Origin(StrEnum):
    """Where the SQL of a revision is known from."""

    EXECUTED = "executed"
    """A run executed it, in the environment that is named."""
    RENDERED = "rendered"
    """The script was run without a database, as `alembic upgrade --sql` would."""


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """One statement in its lines, with a sign for each literal, and how many `times` it was executed in a row.

    It is not `whole` where it was too long, or where it cannot be said what of it is a literal.
    """

    text: str
    times: int = 1
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a script would execute, or why that cannot be said; `more` statements are left out."""

    statements: tuple[SqlStatement, ...] = ()
    more: int = 0
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """What a run executed of a script, on which target, when; `more` statements were not recorded.

    `own` are names in it that the target's own database or schema has, and the one that it is shown for has not.
    """

    target: str
    environment: str
    run: str
    at: datetime
    statements: tuple[SqlStatement, ...]
    more: int = 0
    own: tuple[str, ...] = ()


def named_in(statements: Iterable[SqlStatement], names: Iterable[str | None]) -> tuple[str, ...]:
    """Those of the names that stand in the statements as words."""
    texts = [one.text for one in statements]
    words = {name: re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in names if name}
    return tuple(name for name, word in words.items() if any(map(word.search, texts)))


@dataclass(frozen=True, slots=True)
class RevisionSql:
    """What a revision executes on databases of a family; `why` is set, and `origin` None, where that is not known.

    `executed` is where, when and by which run, where it was. What a revision only asks is left out.
    """

    project: str
    family: str
    revision: str
    message: str
    statements: tuple[SqlStatement, ...] = ()
    more: int = 0
    origin: Origin | None = None
    executed: Executed | None = None
    why: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the statements are all of it, to the last sign but for the literals."""
        return self.origin is not None and not self.more and all(one.whole for one in self.statements)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a script took in an environment, in seconds: half of so many targets took no more than `typical`."""

    environment: str
    typical: float
    longest: float
    targets: int = 1


def median(seconds: Iterable[float]) -> float:
    """The middle one, or what lies midway between the two; `statistics` costs a release fifty modules."""
    ordered = sorted(seconds)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


Measurements = Mapping[tuple[str, str], Measured]
"""What each script took, by the environment's name and the script's digest."""
