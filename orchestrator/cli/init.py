"""`orchestrate init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import Common, FormatOption
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session


def init(
    alembic: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The project's Alembic configuration (default: the nearest from here)."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "environments.yaml"
    ),
    format: FormatOption = None,  # noqa: A002 - the option's name
) -> None:
    """Write a first environments.yaml that works with the project's env.py, which it runs without any database.

    Examples:
      orchestrate init
      orchestrate init --alembic backend/alembic.ini
    """
    session = Session("init", Common(format=format))

    def work() -> Shown:
        from orchestrator.core.reports import Done
        from orchestrator.operations import init as operation

        written = operation.init(alembic, output)
        fields = {
            "file": str(output),
            "environments": list(operation.ENVIRONMENTS),
            "config": str(written.config),
            "injection": written.way,
        }
        told = [f"wrote {output}; its URLs are yours to fill in", written.how]
        if written.others:
            told.append(f"it is for {written.config}; there are also: {', '.join(written.others)}")
        return Shown(Done("\n".join(told), f"orchestrate {'status' if written.way else 'doctor'}", fields))

    run(session, work)
