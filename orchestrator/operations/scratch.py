"""An empty database on which revisions are really run, to see what schema they make. Nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestrator.core.divergence import applied
from orchestrator.core.plan import Plan, PlanKind, Step, TargetPlan, Wave
from orchestrator.core.reports import RunReport
from orchestrator.core.run import Outcome
from orchestrator.core.secrets import Secret
from orchestrator.core.urls import parse
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.probe import probe
from orchestrator.errors import FailedError, RefusedError
from orchestrator.execution.executor import execute
from orchestrator.execution.setting import Setting
from orchestrator.execution.stop import Stop
from orchestrator.execution.workers import Workers
from orchestrator.journal.journal import Journal
from orchestrator.operations.survey import Clock, Survey
from orchestrator.project.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Look:
    """The environments file, and what was seen of its targets."""

    configuration: Configuration
    seen: Survey
    now: Clock


@contextmanager
def database(look: Look, plan: Plan, address: Secret | None) -> Iterator[Endpoint]:
    """How to reach a database that has just the revisions which `plan` wants; a file of our own goes afterwards.

    `address` is the URL of an empty database, or of one that has them since an earlier call; for None a SQLite
    file is made. Raises RefusedError for a database that is neither, or is a target's; FailedError where the
    revisions do not run.
    """
    with TemporaryDirectory(prefix="orchestrate-") as folder:
        url = address or Secret(f"sqlite:///{folder}/scratch.db")
        endpoint = replace(look.seen.endpoints[plan.targets[0].target], url=url)
        if address is not None:
            _refuse_a_target(look, endpoint)
        if waves := _waves(look, plan, endpoint):
            _run(look, replace(plan, kind=PlanKind.ROLLOUT, waves=waves), endpoint, Path(folder))
        yield endpoint


def _waves(look: Look, plan: Plan, endpoint: Endpoint) -> tuple[Wave, ...]:
    """What is still to run there: all of it, or nothing."""
    world = look.seen.world
    graph, own = world.graphs[endpoint.target], world.observations[endpoint.target]
    wanted, found = graph.ancestors(plan.wanted), probe(endpoint, look.now)
    if found.family not in ("", own.family):
        what = f"is of the kind {found.family}, and {endpoint.target} of {own.family}"
        raise RefusedError(what, where="--scratch", mend="give the URL of an empty database of the same kind")
    has = applied(graph, found)
    if has is None or (has and has != wanted):
        what = f"cannot be used: {found.detail}" if found.detail else "is not an empty database"
        raise RefusedError(what, where="--scratch", mend="give the URL of an empty database")
    if has:
        return ()
    scripts = [graph.scripts[revision] for revision in graph.order(wanted)]
    steps = tuple(Step(s.revision, s.digest, s.message, s.atomic) for s in scripts)
    return (Wave((TargetPlan(endpoint.target, (), plan.wanted, steps, found.identity),)),)


def _refuse_a_target(look: Look, endpoint: Endpoint) -> None:
    """Revisions are really run on it, so it must be told from every target, also from one that does not answer."""
    unknown = [str(one) for one in look.configuration.pipeline.targets if one not in look.seen.endpoints]
    if unknown:
        what = f"may be the database of {', '.join(unknown)}, whose url is not known here"
        raise RefusedError(
            what, where="--scratch", mend="set the variables that environments.yaml names, then again"
        )
    identity = probe(endpoint, look.now).identity
    for target, other in look.seen.endpoints.items():
        seen = look.seen.world.observations[target].identity
        if (seen is not None and seen == identity) or _place(other) == _place(endpoint):
            mend = f"give an empty database that is nobody's, or: --compare-with {target}"
            raise RefusedError(f"is the database of {target}", where="--scratch", mend=mend)


def _place(endpoint: Endpoint) -> object:
    address = parse(endpoint.url.reveal())
    return address and address.place


def _run(look: Look, plan: Plan, endpoint: Endpoint, folder: Path) -> None:
    target = endpoint.target
    with Journal(Secret(f"sqlite:///{folder}/journal.db"), writing=True) as journal, Workers() as workers:
        report = execute(
            Setting(
                run_id="scratch",
                actor="scratch",
                plan=plan,
                endpoints={target: endpoint},
                projects={target: look.configuration.project_of(target)},
                graphs={target: look.seen.world.graphs[target]},
                journal=journal,
                listener=lambda _event: None,
                redactor=look.configuration.redactor(),
                stop=Stop(),
                now=look.now,
                workers=workers,
            )
        )
    _good(report)


def _good(report: RunReport) -> None:
    if report.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    if report.outcome is not Outcome.SUCCEEDED:
        why = report.told.message if report.told else str(report.outcome)
        raise FailedError(why, where="--scratch", mend="leave out --scratch, or mend what failed there")
