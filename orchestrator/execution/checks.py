"""Asks whether an environment stands its checks: SQL on each of its targets, read-only, and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from orchestrator.core.checks import Answered, Check, fault_of
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.errors import FailedError, Problem, UnavailableError
from orchestrator.execution.calls import Call, Caller
from orchestrator.execution.failures import CANCELLED

_AT_ONCE = 16
"""Targets that are asked at once; each answer is one short query."""


def ask_all(
    checks: Sequence[Check], endpoints: Mapping[Target, Endpoint], caller: Caller, environment: str, mend: str
) -> tuple[Answered, ...]:
    """The answer of each check, in order; none is left out because an earlier one failed.

    Raises FailedError where a person cancelled it.
    """
    calls = (Call("verify", check.command, check.timeout, environment, mend) for check in checks)
    asked = (_asked(check, endpoints, caller, call) for check, call in zip(checks, calls, strict=True))
    return tuple(asked)


def _asked(check: Check, endpoints: Mapping[Target, Endpoint], caller: Caller, call: Call) -> Answered:
    if caller.stop.cancelled:
        raise FailedError("verify was cancelled", where=call.of, mend=call.mend, code=CANCELLED)
    if check.sql is not None:
        return Answered(check, _on_each(check, endpoints, check.sql))
    try:
        caller.run(call)
    except FailedError as error:
        if error.code == CANCELLED:
            raise
        return Answered(check, (Problem(error.what, error.where),))
    return Answered(check)


def _on_each(check: Check, endpoints: Mapping[Target, Endpoint], sql: str) -> tuple[Problem, ...]:
    """What is wrong with the answers of the targets, each that has not said yes."""
    from orchestrator.databases.rows import ask  # a driver is loaded for it

    def one(endpoint: Endpoint) -> Problem | None:
        where = str(endpoint.target)
        try:
            fault = fault_of(ask(endpoint, sql, check.timeout).rows)
        except UnavailableError as error:
            return Problem(error.what, where, error.mend)
        return Problem(fault, where) if fault is not None else None

    with ThreadPoolExecutor(max(1, min(_AT_ONCE, len(endpoints)))) as pool:
        return tuple(problem for problem in pool.map(one, endpoints.values()) if problem is not None)
