"""What stands around every report, whichever it is, and so is known before any is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.failure import Failure
from orchestrator.errors import Exit


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around every report in JSON: which command, when, and with which result."""

    command: str
    started_at: datetime
    finished_at: datetime
    exit: Exit
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The end of the journal: how many events it has, and the digest of the last, on which all others hang."""

    events: int
    digest: str
