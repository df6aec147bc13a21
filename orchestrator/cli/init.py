"""`orchestrate init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import FormatOption
from orchestrator.cli.session import Session, Shown, run


def init(
    alembic: Annotated[Path, typer.Option(metavar="FILE", help="The project's Alembic configuration.")] = Path(
        "alembic.ini"
    ),
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "environments.yaml"
    ),
    format: FormatOption = None,  # noqa: A002 - the option's name
) -> None:
    """Write a first environments.yaml beside an alembic.ini.

    Examples:
      orchestrate init
      orchestrate init --alembic backend/alembic.ini
    """
    session = Session("init", None, format, None)

    def work() -> Shown:
        from orchestrator.core.reports import Done
        from orchestrator.operations import init as operation

        written = operation.init(alembic, output)
        fields = {"file": str(output), "environments": list(written)}
        return Shown(Done(f"wrote {output}; its URLs are yours to fill in", "orchestrate status", fields))

    run(session, work)
