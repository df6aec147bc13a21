"""The gates that are asked anew while a run is at work: a window may close meanwhile, a revision be vetoed.

What has begun is finished. The run stops before what comes next, and can be resumed.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.gates.veto import lifting, told, vetoed
from orchestrator.core.gates.window import waiting
from orchestrator.core.plan import TargetPlan
from orchestrator.core.windows import local, opens_at, why_closed
from orchestrator.errors import FailedError
from orchestrator.execution.setting import Setting

VETOED = "vetoed"


def refuse_closed(setting: Setting, environment: str) -> None:
    """Raises FailedError where a gate to the environment has closed since the run began; and JournalError."""
    _refuse_outside(setting, environment)
    plans = (plan for plan in setting.plan.targets if plan.target.environment == environment)
    refuse_vetoed(setting, plans, environment)


def refuse_vetoed(setting: Setting, plans: Iterable[TargetPlan], where: object) -> None:
    """Raises FailedError where a revision that these targets still get was vetoed since the run began.

    A veto that stood then let the plan pass, or a person did. Raises JournalError.
    """
    if not setting.plan.kind.releases:
        return
    vetoes = {name: one for name, one in setting.journal.vetoes().items() if one not in setting.vetoes}
    met = dict.fromkeys(name for plan in plans for name in vetoed(plan, setting.resumed, vetoes))
    if met:
        what = f"{'; '.join(told(vetoes[name]) for name in met)}; nothing further was begun"
        mend = f"once it is harmless: {'; '.join(map(lifting, met))}; then: orchestrate resume {setting.run_id}"
        raise FailedError(what, where=str(where), mend=mend, code=VETOED)


def _refuse_outside(setting: Setting, environment: str) -> None:
    """Raises FailedError where the environment's window has closed, and nobody waived it."""
    window, now = setting.windows.get(environment), setting.now()
    if window is None or (why := why_closed(window, now)) is None:
        return
    what = f"the window has closed since the run began, {local(window, now)}: {why}; it was not begun"
    mend = waiting({environment: window}, opens_at(window, now), f"orchestrate resume {setting.run_id}")
    raise FailedError(what, where=environment, mend=mend, code="window_closed")
