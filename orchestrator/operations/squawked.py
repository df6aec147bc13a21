"""What squawk finds in the SQL that revisions execute on PostgreSQL, as findings like those of our own rules."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

from orchestrator.core.lint import LintFinding
from orchestrator.core.phrases import few
from orchestrator.core.preview import RevisionSql
from orchestrator.core.targets import Target
from orchestrator.operations.durations import families
from orchestrator.operations.survey import Survey
from orchestrator.project import squawk
from orchestrator.project.revision_scripts.lint.allowing import SQUAWK
from orchestrator.project.revision_scripts.lint.change import Kind, Revision
from orchestrator.project.revision_scripts.lint.lint import allowed

FAMILY = "postgresql"
"""The databases whose SQL squawk reads."""
_Wanted = Mapping[Target, Iterable[str]]
SqlOf = Callable[[_Wanted], Iterable[RevisionSql]]
"""Tells what revisions execute on targets: `preview.sql_of`, of a journal and what was looked at."""
_Read = Mapping[tuple[str, str], Revision]
"""The scripts as they were read, by project and revision."""


def squawked(
    seen: Survey, wanted: _Wanted, read: _Read, today: date, *, sql: SqlOf
) -> tuple[tuple[LintFinding, ...], tuple[str, ...]]:
    """The findings in what `sql` tells of the revisions, and what squawk was not shown. Raises what `sql` does."""
    of = families(seen)
    asked = {target: each for target, each in wanted.items() if of[target.untenanted] == FAMILY}
    if not asked:
        return (), ()
    if (program := squawk.program()) is None:
        return (), ("squawk did not look at what PostgreSQL gets: it is not installed (pip install squawk-cli)",)
    known = {(one.project, one.revision): one for one in sql(asked) if one.family == FAMILY}
    texts = {key: _text(one) for key, one in known.items() if one.statements}
    unlinted = tuple(not_shown(known.values()))
    try:
        shown = {" ".join(key): text for key, text in texts.items()}
        told = squawk.complaints(program, shown, seen.configuration.root)
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        return (), (*unlinted, f"squawk could not be asked: {error}")
    found = (_findings(read[key], told[" ".join(key)], today) for key in texts if key in read)
    return tuple(finding for each in found for finding in each), unlinted


def not_shown(known: Collection[RevisionSql]) -> Iterator[str]:
    """How many squawk was shown, with each reason why it was not shown the others."""
    reasons: dict[str, list[str]] = {}
    for one in known:
        if one.why is not None:
            reasons.setdefault(one.why, []).append(one.revision)
    shown = len(known) - sum(map(len, reasons.values()))
    for why, revisions in reasons.items():
        yield f"squawk looked at {shown} of {len(known)} revisions, and was not shown {few(revisions)}: {why}"


def _text(known: RevisionSql) -> str:
    return "".join(f"{statement.text.rstrip(';')};\n" for statement in known.statements)


def _findings(revision: Revision, complaints: Iterable[squawk.Complaint], today: date) -> Iterator[LintFinding]:
    """What our own rules say already of a script that they could read is not said twice."""
    whole = all(change.kind is not Kind.UNREAD for change in revision.changes)
    for one in complaints:
        if not (whole and one.rule in squawk.COVERED):
            what, _, why = one.message.partition(". ")
            told = what.rstrip("."), why or "squawk's rule says no more of it", one.advice
            finding = LintFinding(SQUAWK + one.rule, one.severity, revision.revision, revision.where, *told)
            yield allowed(finding, revision, today)
