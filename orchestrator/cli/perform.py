"""What the commands that change databases have in common: the plan is shown, consented to, and performed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.cli.options import Consent
from orchestrator.cli.session import Session, Shown, now, run

if TYPE_CHECKING:
    from orchestrator.core.plan import Plan
    from orchestrator.core.reports import RunReport
    from orchestrator.core.run import Run
    from orchestrator.operations.prepared import Actor, Prepared
    from orchestrator.views.text.fleet import Fleet


def perform(
    session: Session,
    prepare: Callable[[], Prepared],
    consent: Consent,
    *,
    dry_run: bool,
    wait: float | None = None,
) -> None:
    """Prepare a plan and show it; ask what the command line leaves open; perform it."""

    def work() -> Shown:
        from orchestrator.cli.consent import consented
        from orchestrator.operations import prepared as operation

        prepared = replace(prepare(), accepted=consent.differences)
        if dry_run:
            return Shown(prepared.report)
        if prepared.plan.steps:
            if not session.json:
                session.show(replace(prepared.report, verdicts=()))
            prepared = consented(session, prepared, yes=consent.yes)
        with acting(session, wait, prepared.plan) as actor:
            # Where nobody was asked it was made just now; each target is looked at again under its lock anyway.
            report = operation.perform(session.configuration, prepared, actor, look_again=prepared.asked)
            return done(report)

    run(session, work)


def done(report: RunReport) -> Shown:
    """The report of a run as what the command leaves behind."""
    return Shown(report, report.exit, report.told)


@contextmanager
def acting(
    session: Session, wait: float | None = None, plan: Plan | None = None, resumed: Run | None = None
) -> Iterator[Actor]:
    """Whoever types here, heard by the log and by signals; `plan` is what they are about to run."""
    from orchestrator.cli.ahead import taken
    from orchestrator.cli.log import RunLog
    from orchestrator.core.events import Event, EventKind
    from orchestrator.execution.stop import Stop
    from orchestrator.execution.workers import Workers
    from orchestrator.operations.prepared import Actor

    folder = session.configuration.root / ".orchestrator" / "logs"
    console = session.console(sys.stderr) if session.human_log else None
    fleet = _fleet(plan, resumed) if console is not None and plan is not None else None
    lines = sys.stdout if session.lines else None
    with Workers(taken()) as workers, RunLog(folder, console, fleet, lines) as log:

        def asked(count: int) -> None:
            message = "stopping after the revision in hand; once more cancels it" if count == 1 else "cancelling"
            log(Event(EventKind.STOPPING, now(), log.run, session.actor, body={"message": message}))

        yield Actor(session.actor, log, Stop(asked), now, wait, workers)


def _fleet(plan: Plan, resumed: Run | None) -> Fleet | None:
    """How a run of many targets is followed; None where each target has lines of its own."""
    from orchestrator.views.text.fleet import Fleet, expected

    fleet = Fleet(expected(plan, resumed))
    return fleet if fleet.large else None
