"""`orchestrate journal verify`, `export` and `rebuild`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from orchestrator.cli.options import Common, ConfigOption, TargetsArgument
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now

app = typer.Typer(
    help="""The journal itself: prove that nothing in it was changed, hand it out, begin it anew where it was lost.

\b
Examples:
  orchestrate journal verify
  orchestrate journal export > journal.jsonl
""",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ExpectOption = Annotated[
    str | None,
    typer.Option(
        "--expect", metavar="HEAD", help="A head kept elsewhere, as each run reports it; its first 12 digits do."
    ),
]


def verify(
    *,
    expect: ExpectOption = None,
    common: Common,
) -> None:
    """Check that nothing in the journal was changed, removed or put in between.

    A tail that was cut off cannot be seen from inside: give the head that a run reported.

    Example:
      orchestrate journal verify
      orchestrate journal verify --expect 1f0c9a7be2d4
    """
    session = Session("journal verify", common)

    def work() -> Shown:
        from orchestrator.operations import journal as operation

        return Shown(operation.verify(session.configuration, expect))

    run(session, work)


def export(
    run_id: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only this run's events.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the whole journal to stdout, one JSON object a line, with the digests that chain it.

    Example:
      orchestrate journal export > journal.jsonl
      orchestrate journal export --run 20261122-133501-ab3f
    """
    session = Session("journal export", Common(config))

    def work() -> Shown:
        from orchestrator.operations import journal as operation

        for row in operation.export(session.configuration, run_id):
            sys.stdout.write(json.dumps(row, default=repr) + "\n")
        sys.stdout.flush()
        raise typer.Exit

    run(session, work)


def rebuild(
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What happened to it; recorded with your name.")],
    *,
    targets: TargetsArgument = None,
    expect: ExpectOption = None,
    common: Common,
) -> None:
    """Begin the journal anew where it was lost or is broken, with what the databases have as its baseline.

    What is sound of the old one is taken over; all of it is kept under another name. No database is changed.
    A sound journal is refused.

    Example:
      orchestrate journal rebuild --reason "the disk of the build server was lost"
    """
    session = Session("journal rebuild", common)

    def work() -> Shown:
        from orchestrator.core.selection import Selection
        from orchestrator.operations import journal as operation

        wish = operation.Wish(reason, expect, Selection(tuple(targets or ())))
        return Shown(operation.rebuild(session.configuration, wish, session.actor, now))

    run(session, work)


COMMANDS: Mapping[str, Callable[..., None]] = {"verify": verify, "export": export, "rebuild": rebuild}
"""By the name under `orchestrate journal`."""
