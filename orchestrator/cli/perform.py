"""What the commands that change databases have in common: the plan is shown, consented to, and performed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.cli.options import Consent, Waived
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now

if TYPE_CHECKING:
    from orchestrator.core.events import Listener
    from orchestrator.core.plan import Plan
    from orchestrator.core.reports import RunReport
    from orchestrator.core.run import Run
    from orchestrator.operations.acting import Actor
    from orchestrator.operations.prepared import Prepared
    from orchestrator.views.text.fleet import Fleet


def perform(
    session: Session,
    prepare: Callable[[], Prepared | RunReport],
    consent: Consent,
    waived: Waived,
    *,
    dry_run: bool,
    wait: float | None = None,
) -> None:
    """Prepare a plan and show it; ask what the command line leaves open; perform it.

    Where there turns out to be a run of it that ended well, that is all there is to tell.
    """

    def work() -> Shown:
        from orchestrator.cli.consent import consented
        from orchestrator.core.reports import RunReport
        from orchestrator.operations import performing
        from orchestrator.operations.giving_up import given_up

        waivers = waived.waivers(session.actor, now())
        found = prepare()
        if isinstance(found, RunReport):
            return done(found)
        prepared = replace(found, waivers=waivers)
        if dry_run:
            return Shown(prepared.report)
        if prepared.plan.steps:
            if session.people:
                plan = prepared.report
                passed = tuple(verdict for verdict in plan.verdicts if verdict.waiver is not None)
                session.show(replace(plan, verdicts=passed, applying=None))
            prepared = consented(session, prepared, yes=consent.yes)
        with acting(session, wait, prepared.plan) as actor:
            # Where nobody was asked it was made just now; each target is looked at again under its lock anyway.
            report = performing.perform(session.configuration, prepared, actor, look_again=prepared.asked)
            return done(given_up(session.configuration, report, actor, prepared.reason))

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
    from orchestrator.operations.acting import Actor

    folder = session.configuration.root / ".orchestrator" / "logs"
    console = session.console(sys.stderr) if session.human_log else None
    fleet = _fleet(plan, resumed) if console is not None and plan is not None else None
    lines = sys.stdout if session.lines else None
    with Workers(taken()) as workers, RunLog(folder, console, fleet, lines) as log, _told(session, plan) as told:

        def listener(event: Event) -> None:
            log(event)
            told(event)

        def asked(count: int) -> None:
            message = "stopping after the revision in hand; once more cancels it" if count == 1 else "cancelling"
            listener(Event(EventKind.STOPPING, now(), log.run, session.actor, body={"message": message}))

        yield Actor(session.actor, listener, Stop(asked), now, wait, workers)


@contextmanager
def _told(session: Session, plan: Plan | None) -> Iterator[Listener]:
    """The webhooks of environments.yaml."""
    if not (webhooks := session.configuration.webhooks()):
        yield lambda _: None
        return
    from orchestrator.operations.webhooks import Webhooks

    def warn(what: str) -> None:
        sys.stderr.write(session.redact(f"warning: {what}\n"))

    with Webhooks(webhooks, plan, session.configuration.redactor().value, warn) as told:
        yield told


def _fleet(plan: Plan, resumed: Run | None) -> Fleet | None:
    """How a run of many targets is followed; None where each target has lines of its own."""
    from orchestrator.views.text.fleet import Fleet, expected

    fleet = Fleet(expected(plan, resumed))
    return fleet if fleet.large else None
