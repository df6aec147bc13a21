"""Whose a run is: an attempt that is turned away everywhere leaves no mark on a run that others still drive."""

from __future__ import annotations

from threading import Lock

from orchestrator.core.events import EventKind
from orchestrator.execution.setting import Setting


class Claim:
    """This attempt's hold on its run: a new run has it at once, a resumed one with the first target it locks."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._lock = Lock()
        self.taken = setting.resumed is None

    def take(self) -> None:
        """Record, once, that the run is taken up again; raises JournalError."""
        with self._lock:
            if not self.taken:
                self._setting.tell(EventKind.RUN_RESUMED, fingerprint=self._setting.plan.fingerprint)
                self.taken = True
