"""What a look at a database came to: what was seen there, or why nothing was. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core.observations import Reading

if TYPE_CHECKING:
    from orchestrator.core.inspection import Lack


@dataclass(frozen=True, slots=True)
class Sight:
    """What a probe saw in a database: an observation without its target and its time."""

    reading: Reading
    heads: tuple[str, ...] = ()
    server: str = ""
    identity: str | None = None
    instance: str | None = None
    schema: str | None = None
    detail: str | None = None
    mend: str | None = None
    encrypted: bool | None = None
    barriers: tuple[Lack, ...] | None = None
    absent: bool = False
    version_table: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a database could not be read: how far it came, the cause in plain words, what to do. Holds no secret.

    `passing` says that the server is there and may let us in an instant later, `absent` that it answered and has
    no such database or schema.
    """

    reading: Reading
    detail: str
    mend: str | None = None
    passing: bool = False
    absent: bool = False
