"""Whose a run is: an attempt that is turned away everywhere leaves no mark on a run that others still drive."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from orchestrator.core.events import EventKind
from orchestrator.core.sealed import utc
from orchestrator.errors import JournalError, LockedError
from orchestrator.execution.gates import refuse_closed
from orchestrator.execution.setting import Setting


class Claim:
    """Whether this attempt has taken its run up: a new one at once, another with the first target it locks."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._lock = Lock()
        self._wave: Mapping[str, Any] | None = None
        self._unrecorded: JournalError | None = None
        self._begun: set[str] = set()
        self._known = setting.resumed.last_sequence if setting.resumed is not None else 0
        self.taken = setting.resumed is None
        self.lost = False

    def announce(self, wave: Mapping[str, Any] | None) -> None:
        """What is to be recorded of a wave as soon as the first of its targets is locked; None for nothing."""
        self._wave, self._unrecorded = wave, None

    @property
    def announced(self) -> bool:
        """Whether what was to be recorded of the wave is."""
        return self._wave is None

    def begin(self, environment: str) -> None:
        """As `take`, for a target of the environment that is locked.

        Whoever had the lock may have had it for long: raises FailedError where the environment's window has
        closed, or a revision that it gets was vetoed, and JournalError where that cannot be read. An environment
        that has begun is not asked again.
        """
        with self._lock:
            if environment not in self._begun:
                refuse_closed(self._setting, environment)
                self._begun.add(environment)
        self.take()

    def check(self) -> None:
        """Raises LockedError where another attempt took the run up meanwhile, or ended it; and JournalError.

        From then on this one has no say in the run: it records nothing more. Of one that waits to take the run up
        only what is run beside the targets is asked so; a target tells it by itself what became of it.
        """
        latest = self._setting.journal.taken_up(self._setting.run_id)
        self.lost = self.lost or (latest is not None and (latest.sequence or 0) > self._known)
        if self.lost and latest is not None:
            how = "taken up again" if latest.kind is EventKind.RUN_RESUMED else "ended"
            what = f"it was {how} by {latest.actor}, {utc(latest.at)}; this attempt goes no further"
            raise LockedError(what, where=f"run {latest.run}", mend=f"orchestrate show {latest.run}")

    def take(self) -> None:
        """Record, once, that the run is taken up again, and that its wave began; raises what `check` raises.

        Where that could not be recorded the wave's other targets are not begun either, and it is not told again.
        """
        with self._lock:
            if self._unrecorded is not None:
                raise self._unrecorded
            if self.taken:
                self.check()
            try:
                self._record()
            except JournalError as error:
                self._unrecorded = error
                raise

    def _record(self) -> None:
        if not self.taken:
            told: dict[str, Any] = {"fingerprint": self._setting.plan.fingerprint}
            if self._setting.waivers:
                told["waivers"] = [waiver.values for waiver in self._setting.waivers]
            (resumed,) = self._setting.tell_all([self._setting.event(EventKind.RUN_RESUMED, **told)])
            self._known = resumed.sequence or 0
            self.taken = True
        if self._wave is not None:
            self._setting.tell(EventKind.WAVE_STARTED, **self._wave)
            self._wave = None
