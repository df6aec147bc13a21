"""The options that several commands share, each defined once, and what was consented to by them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The environments file (default: environments.yaml; ORCHESTRATE_CONFIG).",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", "-f", metavar="FORMAT", help="text for people, json for programs (ORCHESTRATE_FORMAT)."
    ),
]
LogFormatOption = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        metavar="FORMAT",
        help="Log lines on stderr: auto, human or json (ORCHESTRATE_LOG_FORMAT).",
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="REV", help="Go no further than this revision: an id, label@head, heads."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; protected environments need --confirm.")]
ConfirmOption = Annotated[
    list[str] | None,
    typer.Option("--confirm", metavar="ENV", help="Confirm a protected environment by its name; may be repeated."),
]
WaitOption = Annotated[
    float | None,
    typer.Option(
        "--wait", metavar="SECONDS", min=0, help="Queue this long for another run's lock, then give up (exit 8)."
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and what the gates say; change nothing.")
]
ExitCodeOption = Annotated[
    bool,
    typer.Option(
        "--exit-code", help="Exit 3 for pending changes, 4 for divergence, 7 in doubt, 9 for unreachable; else 0."
    ),
]
EnvironmentsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="ENV", help="Only these environments (default: all).")
]


@dataclass(frozen=True, slots=True)
class Consent:
    """What was consented to on the command line: the plan, protected environments, an adoption's differences."""

    yes: bool = False
    confirm: list[str] | None = None
    differences: bool = False

    @property
    def confirmed(self) -> frozenset[str]:
        """The environments named."""
        return frozenset(self.confirm or ())
