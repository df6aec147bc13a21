"""That a run is seen at work where none of its targets is: in a program beside them, in a check, in a pause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from orchestrator.core.plan import TargetPlan
from orchestrator.core.reports import Result, TargetResult
from orchestrator.core.run import first_left
from orchestrator.core.targets import Target
from orchestrator.databases.locks import acquire
from orchestrator.errors import OrchestrateError
from orchestrator.execution.setting import Setting
from orchestrator.execution.target_lock import TargetLock

_DONE = (Result.APPLIED, Result.NOTHING_TO_DO)


@contextmanager
def at_work(setting: Setting, *parts: Collection[TargetPlan]) -> Iterator[None]:
    """Hold the run lock of the first target of each part that is not finished; of the first where all are.

    Whoever begins the same finds it there and is told who works. It is given back before a target is begun, whose
    own lock it is. Raises LockedError where another run has it, Stopped as TargetLock, UnavailableError.
    """
    with ExitStack() as locks:
        for target in _first(setting, parts, ()):
            locks.enter_context(TargetLock(setting, target))
        yield


@contextmanager
def seen_at_work(
    setting: Setting, plans: Collection[TargetPlan], results: Iterable[TargetResult]
) -> Iterator[None]:
    """The same after these results, where the lock can be had at once; what is inside is done without it too."""
    with ExitStack() as locks:
        with suppress(OrchestrateError):
            for target in _first(setting, (plans,), results):
                locks.enter_context(acquire(setting.endpoints[target], setting.run_id))
        yield


def _first(
    setting: Setting, parts: Iterable[Collection[TargetPlan]], results: Iterable[TargetResult]
) -> Iterable[Target]:
    resumed = setting.resumed
    done = {result.target for result in results if result.result in _DONE}
    done |= {t for t in setting.plan.by_target if resumed is not None and resumed.finished(t)}
    found = (first_left([plan for plan in part if plan.target in setting.endpoints], done) for part in parts)
    return dict.fromkeys(target for target in found if target is not None)
