"""The program that a wave must stand: it is run after the wave, and what it prints goes to the run's log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from orchestrator.core.events import EventKind
from orchestrator.errors import FailedError
from orchestrator.execution.failures import CANCELLED
from orchestrator.execution.setting import Setting
from orchestrator.project.programs import Program

_LONGEST_LINE = 8192
"""Bytes of a line that are kept; a secret that a cut would tear apart could not be masked."""


def verify(setting: Setting, program: Sequence[str], seconds: float, *, of: str) -> None:
    """Run the program in the directory of environments.yaml; `of` names the wave.

    Raises FailedError where it does not end with 0 within so many seconds, with its last words. A second request
    to stop ends it.
    """
    with _Run(setting, program, of) as run, setting.stop.watching(run):
        try:
            code = run.to_its_end(seconds)
        except TimeoutError:
            raise run.failed(f"did not end within {seconds:g} seconds") from None
        if code != 0:
            raise run.failed(f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}")


class _Run:
    """One run of it, in a process group of its own: a Ctrl-C at the terminal is for the run to follow up."""

    def __init__(self, setting: Setting, argv: Sequence[str], of: str) -> None:
        self._setting = setting
        self._argv = argv
        self._of = of
        self._last = ""
        self._cancelled = False
        try:
            self._program = Program(argv, setting.root, errors=True)
        except OSError as error:
            raise self.failed(f"cannot be run: {error.strerror}") from None

    def to_its_end(self, seconds: float) -> int:
        """Tell each line that it prints; its exit code. Raises TimeoutError."""
        for line in _lines(self._program.output(seconds)):
            self._last = line.strip() or self._last
            self._setting.tell(EventKind.OUTPUT, line=line, verify=self._of)
        return self._program.end()

    def cancel(self) -> None:
        """A person asked a second time."""
        self._cancelled = True
        self._program.kill()

    def failed(self, how: str) -> FailedError:
        """That it did not pass, with its last words."""
        told = f"; its last words: {self._setting.redactor.text(self._last)}" if self._last else ""
        what = f"verify ({self._argv[0]}) {how}{told}"
        mend = f"orchestrate resume {self._setting.run_id}   # asks it again"
        if self._cancelled:
            return FailedError("verify was cancelled", where=self._of, mend=mend, code=CANCELLED)
        return FailedError(what, where=self._of, mend=mend)

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
