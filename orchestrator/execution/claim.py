"""Whose a run is: an attempt that is turned away everywhere leaves no mark on a run that others still drive."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from orchestrator.core.events import EventKind
from orchestrator.errors import JournalError
from orchestrator.execution.setting import Setting


class Claim:
    """This attempt's hold on its run: a new run has it at once, a resumed one with the first target it locks."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._lock = Lock()
        self._wave: Mapping[str, Any] | None = None
        self._unrecorded: JournalError | None = None
        self.taken = setting.resumed is None

    def announce(self, wave: Mapping[str, Any] | None) -> None:
        """What is to be recorded of a wave as soon as the first of its targets is locked; None for nothing."""
        self._wave, self._unrecorded = wave, None

    @property
    def announced(self) -> bool:
        """Whether what was to be recorded of the wave is."""
        return self._wave is None

    def take(self) -> None:
        """Record, once, that the run is taken up again, and that its wave began; raises JournalError.

        Where that could not be recorded the wave's other targets are not begun either, and it is not told again.
        """
        with self._lock:
            if self._unrecorded is not None:
                raise self._unrecorded
            try:
                self._record()
            except JournalError as error:
                self._unrecorded = error
                raise

    def _record(self) -> None:
        if not self.taken:
            self._setting.tell(EventKind.RUN_RESUMED, fingerprint=self._setting.plan.fingerprint)
            self.taken = True
        if self._wave is not None:
            self._setting.tell(EventKind.WAVE_STARTED, **self._wave)
            self._wave = None
