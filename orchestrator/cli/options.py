"""The options that several commands share, each defined once, and what was consented to by them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.core.selection import Selection
from orchestrator.errors import UsageError

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
        "--format",
        "-f",
        metavar="FORMAT",
        help="text for people; json, or jsonl with each event as it happens, for programs (ORCHESTRATE_FORMAT).",
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
SkipUnfitOption = Annotated[
    bool,
    typer.Option("--skip-unfit", help="Leave out targets that cannot take part, each with its reason, and go on."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and what the gates say; change nothing.")
]
DetailsOption = Annotated[
    bool, typer.Option("--details", help="A line for every target, also where there are many.")
]
ExitCodeOption = Annotated[
    bool,
    typer.Option(
        "--exit-code", help="Exit 3 for pending changes, 4 for divergence, 7 in doubt, 9 for unreachable; else 0."
    ),
]
TargetsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET", help="Only these environments or targets: prod, prod/billing, prod@acme (default: all)."
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="PATTERN",
        help="Only targets or tenants that fit: acme, 'prod/*', 'eu_*'; may be repeated.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Without the targets or tenants that fit; may be repeated."),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME=VALUE", help="Only targets with this label; all of several must hold."),
]
BehindOption = Annotated[bool, typer.Option("--behind", help="Without targets that have every revision already.")]


def selection(
    names: list[str] | None = None,
    *,
    only: list[str] | None,
    exclude: list[str] | None,
    label: list[str] | None,
    behind: bool,
) -> Selection:
    """The selection that was typed; raises UsageError for a label without a value."""
    labels = tuple(map(_label, label or ()))
    return Selection(tuple(names or ()), tuple(only or ()), tuple(exclude or ()), labels, behind)


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"{text!r} is not NAME=VALUE", where="--label", mend="for example: --label region=eu")
    return name, value


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
