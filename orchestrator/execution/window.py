"""Whether an environment may still be begun: a run takes its time, and a window that was open may have closed."""

from __future__ import annotations

from orchestrator.core.gates.window import waiting
from orchestrator.core.windows import local, opens_at, why_closed
from orchestrator.errors import FailedError
from orchestrator.execution.setting import Setting


def refuse_closed(setting: Setting, environment: str) -> None:
    """Raises FailedError where the environment's window has closed since the run began and nobody waived it."""
    window, now = setting.windows.get(environment), setting.now()
    if window is None or (why := why_closed(window, now)) is None:
        return
    what = f"the window has closed since the run began, {local(window, now)}: {why}; it was not begun"
    mend = waiting({environment: window}, opens_at(window, now), f"orchestrate resume {setting.run_id}")
    raise FailedError(what, where=environment, mend=mend, code="window_closed")
