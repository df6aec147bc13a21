"""`orchestrate adopt`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import Common, Consent, DryRunOption, Waived
from orchestrator.cli.perform import perform
from orchestrator.cli.session import Session, now
from orchestrator.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.core.targets import Target
    from orchestrator.operations.adopt import Adoption
    from orchestrator.operations.prepared import Prepared


def adopt(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The database, as status writes it.")],
    revision: Annotated[
        str, typer.Argument(metavar="REVISION", help="What its schema is already: an id, label@head, heads.")
    ],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it is at that revision; recorded with your name.")
    ],
    *,
    compare_with: Annotated[
        str | None,
        typer.Option("--compare-with", metavar="TARGET", help="Compare the schema with this target's."),
    ] = None,
    scratch: Annotated[
        str | None,
        typer.Option(
            "--scratch",
            metavar="URL",
            envvar="ORCHESTRATE_SCRATCH",
            help="Compare with this empty database, after the revisions were run there.",
        ),
    ] = None,
    accept_differences: Annotated[
        bool,
        typer.Option("--accept-differences", help="Adopt it also where its schema differs, or was not compared."),
    ] = False,
    dry_run: DryRunOption = False,
    consent: Consent,
    common: Common,
) -> None:
    """Put a database with tables and no version row under control.

    The version table is made, with the row of REVISION in it; no revision is run. First the schema is compared
    with that of a target which is at this very revision, or else of an empty database after the same revisions.

    Examples:
      orchestrate adopt prod 36ad0b9f85c2 --reason "made by hand before there were revisions" --dry-run
      orchestrate adopt prod heads --reason "made by create_all" --compare-with staging --confirm prod
    """
    session = Session("adopt", common)

    def prepare() -> Prepared:
        from orchestrator.operations.adopt import known
        from orchestrator.operations.adopt import prepare as prepare_adoption

        if compare_with and scratch:
            raise UsageError(
                "compare with one of the two: --compare-with or --scratch", mend="leave out the other"
            )
        configuration, targets = known(session.configuration, target, compare_with)
        adoption = _adoption(session, targets, revision, reason, scratch=scratch)
        prepared = prepare_adoption(configuration, adoption, now, consent.confirmed)
        return replace(prepared, accepted=accept_differences)

    perform(session, prepare, consent, Waived(), dry_run=dry_run)


def _adoption(
    session: Session, targets: list[Target], revision: str, reason: str, *, scratch: str | None
) -> Adoption:
    from orchestrator.core.secrets import Secret
    from orchestrator.core.urls import anchored
    from orchestrator.operations.adopt import Adoption
    from orchestrator.project.environments_file.url_rules import secrets_of

    if scratch:
        session.configuration.redactor().add(*secrets_of(scratch))
    return Adoption(
        targets[0],
        revision,
        reason,
        targets[1] if len(targets) > 1 else None,
        Secret(anchored(scratch, PurePosixPath(Path.cwd()))) if scratch else None,
    )
