"""Every way this tool refuses or fails, in one tree, each with its exit code.

    OrchestrateError                exit 1   a bug: anything that is not one of the below
    ├── UsageError                       2   the command line, or a name in it
    │   ├── ConfigurationError           2   environments.yaml, alembic.ini, variables
    │   └── ScriptsError                 2   the revision scripts do not form a graph
    ├── DivergenceError                  4   a database is not where promotion could start
    ├── RefusedError                     5   a gate, a missing confirmation
    │   └── StalePlanError               5   the world is not what the plan was derived from
    ├── FailedError                      6   a revision failed; the state is known
    ├── InDoubtError                     7   a revision may be half applied; a person must look
    ├── LockedError                      8   somebody else drives or works in this target
    ├── UnavailableError                 9   unreachable, or not permitted
    ├── JournalError                    10   the journal cannot be read or written
    │   └── BrokenJournalError          10   it is there, and is not what was written
    └── WrongDatabaseError              11   env.py connected to another database

An error says what, where, and what to type next. It may carry several problems: they are collected and
reported together, never the first alone. Nothing here prints.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


def install(what: str) -> str:
    """What to do for `what`, a version of this tool or an extra: only who installed this one knows from where."""
    return f"install {what} as you installed this one"


def install_extra(extra: str) -> str:
    """The same for a driver that comes with an extra."""
    return f"{install(f'orchestrate with its extra {extra}')}; from a clone: pip install '.[{extra}]'"


class Exit(IntEnum):
    """What the process returns; programs rely on these numbers."""

    DONE = 0
    BUG = 1
    USAGE = 2
    PENDING = 3
    DIVERGENCE = 4
    REFUSED = 5
    FAILED = 6
    IN_DOUBT = 7
    LOCKED = 8
    UNAVAILABLE = 9
    JOURNAL = 10
    WRONG_DATABASE = 11
    INTERRUPTED = 130
    TERMINATED = 143


_MOST_SEVERE_FIRST = (
    Exit.BUG,
    Exit.WRONG_DATABASE,
    Exit.IN_DOUBT,
    Exit.JOURNAL,
    Exit.FAILED,
    Exit.LOCKED,
    Exit.UNAVAILABLE,
    Exit.DIVERGENCE,
    Exit.REFUSED,
    Exit.USAGE,
    Exit.TERMINATED,
    Exit.INTERRUPTED,
    Exit.PENDING,
    Exit.DONE,
)


def most_severe(codes: Iterable[Exit]) -> Exit:
    """The one code to return when several apply; DONE for none."""
    found = set(codes)
    return next((code for code in _MOST_SEVERE_FIRST if code in found), Exit.DONE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where it was found, what to type or change."""

    what: str
    where: str | None = None
    mend: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class OrchestrateError(Exception):
    """Base of all errors told to a person.

    `code` is the stable word for programs (JSON `error.code`), `exit` the process's exit code.
    """

    exit: ClassVar[Exit] = Exit.BUG
    code: str = "bug"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        mend: str | None = None,
        problems: Iterable[Problem] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend
        self.problems = tuple(problems)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    @classmethod
    def collect(cls, problems: Iterable[Problem], summary: str) -> OrchestrateError:
        """One error for all the problems: the problem itself if it is alone, else the summary with the list."""
        found = tuple(problems)
        if len(found) == 1:
            only = found[0]
            return cls(only.what, where=only.where, mend=only.mend)
        return cls(
            summary.format(n=len(found)), problems=found, mend=next((p.mend for p in found if p.mend), None)
        )


class UsageError(OrchestrateError):
    """The command line asks for something that does not exist or does not fit together."""

    exit = Exit.USAGE
    code = "usage"


class ConfigurationError(UsageError):
    """environments.yaml, alembic.ini or the environment's variables are not usable as they are."""

    code = "configuration"


class ScriptsError(UsageError):
    """The revision scripts do not form a graph: a cycle, a missing parent, an id twice."""

    code = "scripts"


class DivergenceError(OrchestrateError):
    """A database holds revisions that its upstream or the scripts lack, or cannot be placed on the graph."""

    exit = Exit.DIVERGENCE
    code = "divergence"


class RefusedError(OrchestrateError):
    """A gate did not open, or a confirmation is missing; nothing was changed."""

    exit = Exit.REFUSED
    code = "refused"


class StalePlanError(RefusedError):
    """The databases or the scripts are no longer what the plan was derived from; nothing was changed."""

    code = "stale_plan"


class FailedError(OrchestrateError):
    """A revision failed and the state of every target is known; the run can be resumed."""

    exit = Exit.FAILED
    code = "failed"


class InDoubtError(OrchestrateError):
    """A revision was started and may be half applied; only a person can settle it."""

    exit = Exit.IN_DOUBT
    code = "in_doubt"


class LockedError(OrchestrateError):
    """Another run drives this target, or a server still works for a run that died."""

    exit = Exit.LOCKED
    code = "locked"


class UnavailableError(OrchestrateError):
    """A database does not answer, or does not let this role in."""

    exit = Exit.UNAVAILABLE
    code = "unavailable"


class JournalError(OrchestrateError):
    """The journal cannot be read or written, or is not what it was."""

    exit = Exit.JOURNAL
    code = "journal"


class BrokenJournalError(JournalError):
    """The journal is there and is not what was written: changed, cut, damaged. Only this may be rebuilt."""


class WrongDatabaseError(OrchestrateError):
    """env.py connected to a database other than the target; no statement was run in it."""

    exit = Exit.WRONG_DATABASE
    code = "wrong_database"
