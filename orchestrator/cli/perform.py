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
    from orchestrator.core.reports import RunReport
    from orchestrator.operations.prepared import Actor, Prepared


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
        return performed(session, wait, lambda actor: operation.perform(session.configuration, prepared, actor))

    run(session, work)


def performed(session: Session, wait: float | None, act: Callable[[Actor], RunReport]) -> Shown:
    """Let `act` do its work with whoever types here as its actor; the report as what the command leaves behind."""
    with acting(session, wait) as actor:
        report = act(actor)
    return Shown(report, report.exit, report.told)


@contextmanager
def acting(session: Session, wait: float | None = None) -> Iterator[Actor]:
    """Whoever types here, heard by the log and by signals."""
    from orchestrator.cli.log import RunLog
    from orchestrator.core.events import Event, EventKind
    from orchestrator.execution.stop import Stop
    from orchestrator.operations.prepared import Actor

    folder = session.configuration.root / ".orchestrator" / "logs"
    with RunLog(folder, session.console(sys.stderr) if session.human_log else None) as log:

        def asked(count: int) -> None:
            message = "stopping after the revision in hand; once more cancels it" if count == 1 else "cancelling"
            log(Event(EventKind.STOPPING, now(), log.run, session.actor, body={"message": message}))

        yield Actor(session.actor, log, Stop(asked), now, wait)
