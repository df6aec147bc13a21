"""Programs of environments.yaml that are run beside the revisions: what they print goes to the run's log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

from orchestrator.core.checks import named
from orchestrator.core.events import EventKind
from orchestrator.core.secrets import Redactor
from orchestrator.errors import FailedError
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.setting import Setting
from orchestrator.execution.stop import Stop
from orchestrator.execution.waiting import waited_for
from orchestrator.project.programs import Program

_LONGEST_LINE = 8192
"""Bytes of a line that are kept; a secret that a cut would tear apart could not be masked."""


@dataclass(frozen=True, slots=True)
class Call:
    """A program with its arguments, by its `name` in environments.yaml, and what it is run `of`.

    It must end within so many `seconds`. `mend` is what to type where it fails.
    """

    name: str
    argv: Sequence[str]
    seconds: float
    of: str
    mend: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who runs programs: in the directory `root`, with `variables` beside those of this process.

    `heard` is told each line that one prints, `waiting` for how many seconds one has run. A second request to stop
    ends it, and so does the end of this process: until then the descriptors `lifelines` stay open.
    """

    root: Path
    redactor: Redactor
    stop: Stop
    heard: Callable[[Call, str], None]
    variables: Mapping[str, str] = field(default_factory=dict)
    lifelines: tuple[int, ...] = ()
    waiting: Callable[[Call, float], None] = lambda _call, _seconds: None

    def run(self, call: Call) -> None:
        """Run it to its end; FailedError where it does not end with 0 in its time, with its last words."""
        told = partial(self.waiting, call)
        with _Running(self, call) as running, self.stop.watching(running), waited_for(told):
            try:
                code = running.to_its_end(call.seconds)
            except TimeoutError:
                raise running.failed(f"did not end within {call.seconds:g} seconds") from None
            if code != 0:
                how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
                raise running.failed(how)


def caller_of(setting: Setting, environment: str, **variables: str) -> Caller:
    """Whoever runs the programs of one environment in a run; these say so in variables of their own."""

    def heard(call: Call, line: str) -> None:
        told: dict[str, Any] = {"line": line, call.name: call.of}
        setting.tell(EventKind.OUTPUT, **told)

    def waiting(call: Call, seconds: float) -> None:
        what = f"{call.name} ({named(call.argv)})"
        setting.tell(EventKind.WAITING, environment=environment, waiting_for=what, seconds=round(seconds))

    given = program_variables(setting.run_id, environment, str(setting.plan.kind))
    lifelines = setting.journal.lifelines
    return Caller(setting.root, setting.redactor, setting.stop, heard, {**given, **variables}, lifelines, waiting)


def program_variables(run: str, environment: str, command: str) -> dict[str, str]:
    """What a program finds in its environment beside everything else: for which run and environment it is run."""
    return {"ORCHESTRATE_RUN": run, "ORCHESTRATE_ENVIRONMENT": environment, "ORCHESTRATE_COMMAND": command}


class _Running:
    """One run of it, in a process group of its own: a Ctrl-C at the terminal is for the run to follow up."""

    def __init__(self, caller: Caller, call: Call) -> None:
        self._caller = caller
        self._call = call
        self._last = ""
        self._cancelled = False
        variables = {**os.environ, **caller.variables}
        try:
            self._program = Program(
                call.argv, caller.root, variables=variables, errors=True, lifelines=caller.lifelines
            )
        except OSError as error:
            raise self.failed(f"cannot be run: {error.strerror}") from None

    def to_its_end(self, seconds: float) -> int:
        """Tell each line that it prints; its exit code. Raises TimeoutError."""
        for line in _lines(self._program.output(seconds)):
            self._last = line.strip() or self._last
            self._caller.heard(self._call, line)
        return self._program.end()

    def cancel(self) -> None:
        """A person asked a second time."""
        self._cancelled = True
        self._program.kill()

    def failed(self, how: str) -> FailedError:
        """That it did not pass, with its last words."""
        told = f"; its last words: {self._caller.redactor.text(self._last)}" if self._last else ""
        name, of, mend = self._call.name, self._call.of, self._call.mend
        if self._cancelled:
            return FailedError(f"{name} was cancelled", where=of, mend=mend, code=CANCELLED)
        return FailedError(f"{name} ({named(self._call.argv)}) {how}{told}", where=of, mend=mend)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)


def _lines(output: Iterable[bytes]) -> Iterator[str]:
    """The lines of what comes in pieces; of one that is too long only that it was there."""
    left, too_long = b"", False
    for chunk in output:
        *whole, left = (left + chunk).split(b"\n")
        for line in whole:
            yield _text(line, left_out=too_long)
            too_long = False
        if len(left) > _LONGEST_LINE:
            left, too_long = b"", True
    if left or too_long:
        yield _text(left, left_out=too_long)


def _text(line: bytes, *, left_out: bool) -> str:
    if left_out or len(line) > _LONGEST_LINE:
        return f"(a line of more than {_LONGEST_LINE} bytes is left out)"
    return line.decode("utf-8", "replace").rstrip("\r")
