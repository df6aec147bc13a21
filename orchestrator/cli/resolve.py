"""`orchestrate resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import Common, Consent, WaitOption
from orchestrator.cli.perform import acting
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.core.doubt import Doubt
    from orchestrator.operations.resolve import Word
    from orchestrator.project.configuration import Configuration


def resolve(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run that left a revision in doubt.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Where it is in doubt, as status writes it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What you found and did; recorded with your name.")],
    *,
    applied: Annotated[
        bool, typer.Option("--applied", help="All of its work is in the database: you completed it by hand.")
    ] = False,
    not_applied: Annotated[
        bool, typer.Option("--not-applied", help="Nothing of it is left in the database: you undid it by hand.")
    ] = False,
    moved: Annotated[
        bool, typer.Option("--moved", help="The same database in another place: after a failover or a restore.")
    ] = False,
    consent: Consent,
    wait: WaitOption = None,
    common: Common,
) -> None:
    """Say what became of a revision in doubt.

    With --not-applied resume runs it again. With --applied it is written into the version table, as Alembic would,
    and nothing of it is run. Look at the database first: your word is believed and recorded. What still differs
    from before the revision is shown, and asked about.

    Examples:
      orchestrate resolve 20261122-133501-ab3f test --not-applied --reason "dropped table orders_tmp"
      orchestrate resolve 20261122-133501-ab3f prod --applied --reason "made the index by hand" --confirm prod
    """
    session = Session("resolve", common)

    def work() -> Shown:
        from orchestrator.operations.resolve import Word
        from orchestrator.operations.selected import one_target

        if applied == not_applied:
            what = "say what you found: --applied (completed by hand) or --not-applied (undone by hand)"
            raise UsageError(what, mend="orchestrate resolve --help")
        for name in consent.confirmed:
            session.configuration.environment(name)
        configuration, meant = one_target(session.configuration, target)
        word = Word(run_id, meant, reason, moved)
        settle = _completed if applied else _undone
        return settle(session, configuration, word, consent, wait=wait)

    run(session, work)


def _undone(
    session: Session, configuration: Configuration, word: Word, consent: Consent, *, wait: float | None
) -> Shown:
    from orchestrator.cli.consent import consent_to_run_again
    from orchestrator.core.reports import Done
    from orchestrator.operations import resolve as operation

    def ask(doubts: tuple[Doubt, ...]) -> None:
        consent_to_run_again(session, doubts, consent)

    with acting(session, wait) as actor:
        doubts = operation.not_applied(configuration, word, actor, ask)
    revision = ", ".join(doubt.revision for doubt in doubts)
    sentence = f"recorded: nothing of {revision} is left on {word.target}"
    changes = [change for doubt in doubts for change in doubt.changes]
    fields = {"run_id": word.run_id, "resolved": revision, "verdict": "not_applied", "changes": changes}
    return Shown(Done(sentence, f"orchestrate resume {word.run_id}", fields))


def _completed(
    session: Session, configuration: Configuration, word: Word, consent: Consent, *, wait: float | None
) -> Shown:
    from orchestrator.cli.consent import consent_to_write
    from orchestrator.operations import resolve as operation

    completion = operation.prepare(configuration, word, now)
    if session.people:
        session.show(completion)
    consent_to_write(session, word.target.environment, consent.confirmed, yes=consent.yes)
    with acting(session, wait) as actor:
        return Shown(operation.applied_by_hand(configuration, word, completion, actor))
