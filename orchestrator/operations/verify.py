"""The verb `verify`: an environment's checks asked by hand, and how they ended recorded. Changes no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator.core.checks import Standing, Verification
from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.observations import Reading
from orchestrator.core.outstanding import unchecked
from orchestrator.databases.probe import probe_all
from orchestrator.errors import Problem, UnavailableError, UsageError
from orchestrator.execution.calls import Caller, program_variables
from orchestrator.execution.checks import ask_all
from orchestrator.execution.stop import Stop
from orchestrator.journal.journal import Journal
from orchestrator.operations import arrivals, tenants
from orchestrator.operations.survey import Clock
from orchestrator.project.configuration import Configuration

_OPEN = (Reading.VERSIONED, Reading.EMPTY, Reading.UNVERSIONED)
"""How far a probe must come: of anything else a program might say that it passes."""


def verify(
    configuration: Configuration, name: str, now: Clock, *, actor: str, heard: Callable[[str], None]
) -> Verification:
    """Ask every check of the environment, on all of its targets; `heard` is told what its programs print.

    Raises UsageError for an unknown environment and for one without checks, what asking for its tenants raises,
    UnavailableError with every target that cannot be read, and JournalError where the answer cannot be recorded.
    """
    checks = configuration.environment(name).around.verify
    if not checks:
        what = f"{name} has no verify: there is nothing to ask"
        mend = f"add verify: to {name} in {configuration.path.name}"
        raise UsageError(what, where=str(configuration.path), mend=mend)
    endpoints = tenants.expanded(configuration, (name,)).endpoints((name,))
    seen = probe_all(endpoints.values(), now)
    closed = [found for found in seen.values() if found.reading not in _OPEN]
    if problems := [Problem(one.detail or "cannot be read", str(one.target), one.mend) for one in closed]:
        raise UnavailableError.collect(problems, "{n} targets cannot be asked")
    # Where it stands is seen before it is asked: what moves it meanwhile was not asked.
    standing = Standing.of(seen.values())
    redactor = configuration.redactor()
    variables = program_variables(NO_RUN, name, "verify")
    caller = Caller(configuration.root, redactor, Stop(), lambda _call, line: heard(line), variables)
    again = f"orchestrate verify {name}"
    found = Verification(name, ask_all(checks, endpoints, caller, name, again), len(endpoints), again)
    body = redactor.value({**found.body, **standing.body})
    with Journal(configuration.journal, writing=True) as journal:
        journal.record([Event(EventKind.ENVIRONMENT_VERIFIED, now(), NO_RUN, actor, body=body)])
        runs = {run.id: run for target, run in journal.last_runs().items() if target in endpoints}
    arrivals.record(configuration, arrivals.unrecorded(configuration, seen), actor)
    environment = configuration.pipeline.environment(name)
    left = [run for run in runs.values() if unchecked(run, environment)]
    latest = max(left, key=lambda run: run.started_at, default=None)
    return replace(found, unfinished=latest.id if latest else None)
