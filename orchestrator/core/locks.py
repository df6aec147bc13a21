"""Who holds what in which target, as values, and what to type next. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.failure import Failure
from orchestrator.core.run import Run
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from orchestrator.errors import Exit, most_severe

_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d[\w.]*|(\$\w*\$).*?\1", re.DOTALL)
_DOUBLY_QUOTED = re.compile(r'"(?:[^"]|"")*"', re.DOTALL)
_OPENED = re.compile(r"""['"]|\$\w*\$""")
_SHOWN = 160
"""Characters of a statement that are shown."""


@dataclass(frozen=True, slots=True)
class Held:
    """One lock as it is held. What is not known is None.

    `pid` is the process that drives the run, or on SQLite works; `session` the server's session that has the lock.
    `here` says whether that process is one of this machine, `alive` whether it is there. `running` and `statement`
    are those of the session that works. `recorded` is the run as this machine's journal has it.
    """

    who: str
    run: str | None = None
    pid: int | None = None
    session: int | None = None
    since: datetime | None = None
    here: bool | None = None
    alive: bool | None = None
    running: bool | None = None
    statement: str | None = None
    recorded: Run | None = None
    ending: str | None = None
    """What ends the session, or on SQLite the process."""


@dataclass(frozen=True, slots=True)
class TargetLocks:
    """The two locks of one target; `failure` is why they could not be asked for."""

    target: Target
    run_lock: Held | None = None
    work_lock: Held | None = None
    failure: Failure | None = None

    @property
    def held(self) -> bool:
        """Whether anybody has one of them."""
        return self.run_lock is not None or self.work_lock is not None

    @property
    def in_hand(self) -> str | None:
        """The revision that the journal has as started here by the run that holds a lock."""
        runs = [held.recorded for held in (self.run_lock, self.work_lock) if held and held.recorded]
        started = (
            step.revision
            for run in runs
            for step in run.steps_of(self.target)
            if run.record(self.target, step.revision).state is StepState.STARTED
        )
        return next(started, None)

    @property
    def mend(self) -> str | None:
        """What to type next; None where nothing is held."""
        if self.failure is not None:
            return self.failure.mend
        if self.run_lock is not None:
            return _of_a_driver(self.run_lock)
        return _of_a_leftover(self.work_lock) if self.work_lock is not None else None


@dataclass(frozen=True, slots=True)
class LocksReport:
    """Who holds the locks of every target asked for. `journal` is why the journal could not be read."""

    targets: tuple[TargetLocks, ...]
    journal: Failure | None = None

    @property
    def exit_when_asked(self) -> Exit:
        """The exit code under `--exit-code`: LOCKED where anything is held."""
        codes: Iterable[Exit] = (Exit.LOCKED for target in self.targets if target.held)
        failures = (target.failure.exit for target in self.targets if target.failure)
        return most_severe([*codes, *failures])


@dataclass(frozen=True, slots=True)
class Leftover:
    """A server's session, on SQLite a process, that still works for a run which nobody drives any more."""

    run: str
    session: int | None = None
    pid: int | None = None

    @property
    def who(self) -> str:
        """Which it is, by its number."""
        return f"session {self.session}" if self.session is not None else f"process {self.pid}"

    @property
    def mend(self) -> str:
        """What waits for its end and then judges what became of the revision."""
        return f"orchestrate resume {self.run} --wait 60"


def _of_a_driver(held: Held) -> str:
    if held.alive is False:
        end = f": {held.ending}" if held.ending else ""
        return f"there is no process {held.pid} here any more; if no container hides it, end its session{end}"
    show = f"orchestrate show {held.run}; " if held.recorded else ""
    if held.pid is None:
        return f"{show}wait for it, or ask {held.who}"
    there = "" if held.here else f" on {held.who.rpartition('@')[2]}"
    return f"{show}wait for it, or stop it after the revision in hand{there}: kill {held.pid}"


def _of_a_leftover(held: Held) -> str:
    resume = Leftover(held.recorded.id).mend if held.recorded else "the same command with --wait 60"
    end = f"; or end it first: {held.ending}" if held.ending else ""
    return f"no run drives it, but its work goes on; wait for that with: {resume}{end}"


def shortened(statement: str) -> str:
    """The statement on a line, short, with a sign for each literal: it may be a password, or anybody's data.

    Where a literal ends is not certain once there is a backslash or a quote without its pair: all from there on is
    left out. What stands between double quotes is a name to some databases and a text to others: it is masked.
    """
    whole = " ".join(statement.split())
    masked = _DOUBLY_QUOTED.sub('"?"', _LITERAL.sub("?", whole)) if "\\" not in whole else whole
    rest = _OPENED.search(masked.replace('"?"', "___"))
    text = f"{masked[: rest.start()]}…" if rest else masked
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
