"""The options that several commands share, each defined once, and those that go together as one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.core.selection import Selection
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.core.gates.decisions import Waiver

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
        help="text for people; markdown to post; json, or jsonl with each event as it happens, for programs"
        " (ORCHESTRATE_FORMAT).",
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
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="Its id, as orchestrate runs lists it, or the file of its sealed plan."),
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
JunitOption = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Write how it came out as JUnit's XML too."),
]
SkipUnfitOption = Annotated[
    bool,
    typer.Option("--skip-unfit", help="Leave out targets that cannot take part, each with its reason, and go on."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and what the gates say; change nothing.")
]
SqlOption = Annotated[
    bool,
    typer.Option(
        "--sql",
        help="Show what each revision executes: as it was executed upstream, else rendered without a database.",
    ),
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
RecordOption = Annotated[
    bool,
    typer.Option("--record", help="Record in the journal where targets stand that a gate wants soaked."),
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

WaiveOption = Annotated[
    list[str] | None,
    typer.Option(
        "--waive",
        metavar="GATE",
        help="Let the plan pass this gate, where the environment allows it; with --reason.",
    ),
]
WaiverReasonOption = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why a gate is waived; recorded with your name.")
]

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who you are (default: the user of the system).")
]


@dataclass(frozen=True, slots=True)
class Common:
    """What every command is given: its configuration, and how it tells what it did."""

    config: ConfigOption = None
    format: FormatOption = None
    log_format: LogFormatOption = None


@dataclass(frozen=True, slots=True)
class Selected:
    """Which targets were chosen by what they are, beside those named."""

    only: OnlyOption = None
    exclude: ExcludeOption = None
    label: LabelOption = None
    behind: BehindOption = False

    def selection(self, names: list[str] | None = None) -> Selection:
        """The selection that was typed; raises UsageError for a label without a value."""
        labels = tuple(map(_label, self.label or ()))
        return Selection(
            tuple(names or ()), tuple(self.only or ()), tuple(self.exclude or ()), labels, self.behind
        )


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"{text!r} is not NAME=VALUE", where="--label", mend="for example: --label region=eu")
    return name, value


@dataclass(frozen=True, slots=True)
class Consent:
    """What was consented to on the command line: the plan, and protected environments."""

    yes: YesOption = False
    confirm: ConfirmOption = None

    @property
    def confirmed(self) -> frozenset[str]:
        """The environments named."""
        return frozenset(self.confirm or ())


@dataclass(frozen=True, slots=True)
class Waived:
    """The gates that the plan may pass all the same, with the reason."""

    waive: WaiveOption = None
    reason: WaiverReasonOption = None

    def waivers(self, by: str, at: datetime) -> tuple[Waiver, ...]:
        """What that person waives now; UsageError for what is no gate or never waived, and without a reason."""
        from orchestrator.core.gates.decisions import Waiver

        for gate in self.waive or ():
            _check_waivable(gate)
        reason = " ".join((self.reason or "").split())
        if self.waive and not reason.strip(" .…"):
            mend = "--reason 'the fix for the outage cannot wait'"
            raise UsageError("a waiver needs a reason that says something", where="--waive", mend=f"add {mend}")
        if reason and not self.waive:
            what = "it is the reason for a waiver, and nothing is waived"
            raise UsageError(what, where="--reason", mend="add --waive GATE, or leave it out")
        return tuple(Waiver(gate, reason, by, at) for gate in dict.fromkeys(self.waive or ()))


def _check_waivable(gate: str) -> None:
    from orchestrator.core.gates.policy import WAIVABLE

    if gate not in WAIVABLE:
        what = f"{gate!r} is no gate that can be waived"
        raise UsageError(what, where="--waive", mend=f"one of: {', '.join(WAIVABLE)}")
