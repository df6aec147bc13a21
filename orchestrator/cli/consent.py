"""Asking a person, where there is one to ask."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import typer

from orchestrator.cli.options import Consent
from orchestrator.cli.session import Session
from orchestrator.core.doubt import Doubt
from orchestrator.core.gates.decide import closed
from orchestrator.core.gates.protected import NAME as PROTECTED
from orchestrator.core.gates.protected import unconfirmed
from orchestrator.core.gates.schema import NAME as SCHEMA
from orchestrator.core.run import Run
from orchestrator.errors import RefusedError
from orchestrator.execution.leftovers import left_behind
from orchestrator.operations.prepared import Prepared
from orchestrator.views.text import doubt as view
from orchestrator.views.text.words import applied


def consented(session: Session, prepared: Prepared, *, yes: bool) -> Prepared:
    """The prepared plan with the confirmations a person gave; raises RefusedError where they say no.

    A protected environment is confirmed by typing its name. Without a terminal nothing is asked: what is missing
    is refused with the option that gives it.
    """
    shut = {verdict.gate for verdict in closed(prepared.verdicts)}
    asking = _asking(session)
    if shut - {PROTECTED, SCHEMA} or (shut and not asking) or (SCHEMA in shut and yes):
        return prepared  # refused anyway; performing tells every reason
    if SCHEMA in shut:
        _agree("Adopt it as it is?", prepared)
        prepared = replace(prepared, accepted=True, asked=True)
    if PROTECTED in shut:
        return _confirmed(prepared)
    if yes or prepared.confirmed or SCHEMA in shut:
        return prepared
    if not asking:
        count, done = prepared.plan.steps, applied(prepared.plan.kind.action)
        what = f"{count} revision{'s' if count > 1 else ''} would be {done}, and there is no terminal to ask on"
        raise RefusedError(what, mend="add --yes, or --dry-run to see the plan")
    _agree("Run this?", prepared)
    return replace(prepared, asked=True)


def _agree(question: str, prepared: Prepared) -> None:
    if not typer.confirm(question):
        raise RefusedError("not consented; nothing was changed", mend=prepared.again)


def _confirmed(prepared: Prepared) -> Prepared:
    typed = [_typed(name) for name in unconfirmed(prepared.plan, prepared.circumstances)]
    return replace(prepared, confirmed=prepared.confirmed.union(typed), asked=True)


def _typed(name: str) -> str:
    typed = typer.prompt(f"{name} is protected. Type its name to change it", default="", show_default=False)
    if typed.strip() != name:
        raise RefusedError(
            f"{name} was not confirmed; nothing was changed",
            mend=f"type {name} at the prompt, or add --confirm {name}",
        )
    return name


def _asking(session: Session) -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and session.people


def consent_to_write(session: Session, environment: str, confirmed: frozenset[str], *, yes: bool) -> None:
    """Consent to write what was shown into a version table; raises RefusedError where it is not given."""
    if session.configuration.environment(environment).protected:
        _confirm_protected(session, environment, confirmed)
    elif environment not in confirmed and not yes:
        if not _asking(session):
            what = "a version table would change, and there is no terminal to ask on"
            raise RefusedError(what, mend="add --yes")
        if not typer.confirm("Write this?"):
            raise RefusedError("not consented; nothing was changed")


def consent_to_run_again(session: Session, doubts: Sequence[Doubt], consent: Consent) -> None:
    """Consent to call steps not applied, also where the schema shows some of them; RefusedError without it."""
    target = doubts[0].target
    if (differing := [doubt for doubt in doubts if doubt.changes]) and not consent.yes:
        if not _asking(session):
            raise _contradicted(differing)
        session.console(sys.stdout).print(view.differing(differing))
        if not typer.confirm("Is none of that of the revision?"):
            raise RefusedError("not consented; nothing was recorded", where=str(target))
    if session.configuration.environment(target.environment).protected:
        _confirm_protected(session, target.environment, consent.confirmed)


def _contradicted(doubts: Sequence[Doubt]) -> RefusedError:
    found = "; ".join(
        f"since revision {doubt.revision} was begun: {left_behind(doubt.changes)}" for doubt in doubts
    )
    ways = (
        f"undo what is the revision's of what orchestrate status {doubts[0].target} shows; then type this again",
        "none of it is the revision's: add --yes",
        f"all of the revision is there: {doubts[0].resolving('applied')}",
    )
    what = f"that nothing of it is left does not fit what is there. {found}"
    return RefusedError(what, where=str(doubts[0].target), mend="\n".join(ways))


def _confirm_protected(session: Session, environment: str, confirmed: frozenset[str]) -> None:
    if environment in confirmed:
        return
    if not _asking(session):
        raise RefusedError(f"{environment} is protected and not confirmed", mend=f"add --confirm {environment}")
    _typed(environment)


def consent_to_resume(session: Session, unfinished: Run, confirmed: frozenset[str]) -> frozenset[str]:
    """The environments confirmed for taking a run up again: those of the command line, and those typed now."""
    pipeline = session.configuration.pipeline
    if unfinished.complete or not _asking(session):
        return confirmed
    for name in unfinished.plan.environments:
        if name in pipeline.names and pipeline.environment(name).protected and name not in confirmed:
            confirmed |= {_typed(name)}
    return confirmed
