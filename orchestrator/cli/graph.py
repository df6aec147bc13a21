"""`orchestrate graph`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import Common
from orchestrator.cli.running import Shown, run
from orchestrator.cli.session import Session, now


def graph(
    *,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write the picture there as SVG as well.")
    ] = None,
    common: Common,
) -> None:
    """The revision graph, newest first, with every environment at the revision that it has. Reads only.

    Long stretches where nothing branches and nobody stands are folded. Of an environment with several targets it
    says how many are there.

    Examples:
      orchestrate graph
      orchestrate graph --svg pipeline.svg
    """
    session = Session("graph", common)

    def work() -> Shown:
        from orchestrator.operations.graph import graph as operation

        report = operation(session.configuration, now)
        if svg is not None:
            from orchestrator.project.files import write
            from orchestrator.views.svg import svg as drawn

            for picture in report.pictures:
                several = f".{picture.project}{svg.suffix}" if len(report.pictures) > 1 else svg.suffix
                write(svg.with_suffix(several), drawn(picture, session.redact), "--svg")
        return Shown(report)

    run(session, work)
