"""That no other run begins where this one works beside its targets: in a program, in a check, in a pause.

That two attempts are never at one run is the journal's to see to (`Journal.hold`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress

from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import GOOD, TargetResult
from orchestrator.core.run import first_left
from orchestrator.core.targets import Target
from orchestrator.databases.locks import acquire
from orchestrator.errors import OrchestrateError
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import TargetLock


@contextmanager
def at_work(setting: Setting, plans: Collection[TargetPlan]) -> Iterator[None]:
    """Hold the run lock of the first of these targets that is not finished; of the first where all are.

    Another run that begins there is told who works. It is given back before a target is begun, whose own lock it
    is. Raises LockedError where another run has it, Stopped as TargetLock, UnavailableError.
    """
    target = _first(setting, plans, ())
    with TargetLock(setting, target) if target is not None else nullcontext():
        yield


@contextmanager
def seen_at_work(
    setting: Setting, plans: Collection[TargetPlan], results: Iterable[TargetResult]
) -> Iterator[None]:
    """The same after these results, where the lock can be had at once; what is inside is done without it too."""
    with ExitStack() as lock:
        if (target := _first(setting, plans, results)) is not None:
            with suppress(OrchestrateError):
                lock.enter_context(acquire(setting.endpoints[target], setting.run_id))
        yield


def _first(setting: Setting, plans: Collection[TargetPlan], results: Iterable[TargetResult]) -> Target | None:
    done = {result.target for result in results if result.result in GOOD}
    if (resumed := setting.resumed) is not None:
        done |= {plan.target for plan in plans if resumed.finished(plan.target)}
    return first_left([plan for plan in plans if plan.target in setting.endpoints], done)
