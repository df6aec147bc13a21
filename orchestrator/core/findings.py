"""What a doctor found, as values: one thing each, how much it weighs, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import Exit, OrchestrateError, Problem


class Level(StrEnum):
    """How much a finding weighs, the heaviest first."""

    PROBLEM = "problem"
    """Nothing can be promoted here before it is mended."""
    WARNING = "warning"
    """It works, and may fail or hurt at a bad moment."""
    NOTE = "note"
    """Good to know."""
    OK = "ok"
    """As it should be."""


class Topic(StrEnum):
    """What a finding is about, in the order in which it is looked at."""

    CONFIG = "config"
    SCRIPTS = "scripts"
    INTERPRETER = "interpreter"
    INJECTION = "injection"
    TRANSACTIONS = "transactions"
    SERVER = "server"
    HEADS = "heads"
    VERSION_TABLE = "version_table"
    PRIVILEGES = "privileges"
    POOLER = "pooler"
    READ_ONLY = "read_only"
    TLS = "tls"
    TRANSACTIONAL_DDL = "transactional_ddl"
    LIMITS = "limits"
    LOCKS = "locks"
    CLOCK = "clock"


_UNAVAILABLE = {Topic.SERVER, Topic.PRIVILEGES, Topic.POOLER, Topic.READ_ONLY}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a sentence about it, and what to type or change where there is something."""

    topic: Topic
    level: Level
    message: str
    mend: str | None = None

    @property
    def exit(self) -> Exit:
        """The exit code that it asks for."""
        if self.level is not Level.PROBLEM:
            return Exit.DONE
        if self.topic is Topic.TLS:
            return Exit.REFUSED
        return Exit.UNAVAILABLE if self.topic in _UNAVAILABLE else Exit.USAGE


def ok(topic: Topic, message: str) -> Finding:
    """Something that is as it should be."""
    return Finding(topic, Level.OK, message)


def problem(topic: Topic, message: str, mend: str | None = None) -> Finding:
    """Something that stands in the way."""
    return Finding(topic, Level.PROBLEM, message, mend)


def faults(topic: Topic, error: OrchestrateError) -> tuple[Finding, ...]:
    """Every problem that an error carries, as findings."""
    found = error.problems or (Problem(error.what, error.where, error.mend),)
    return tuple(problem(topic, str(one), one.mend) for one in found)
