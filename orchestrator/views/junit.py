"""How a run came out as JUnit's XML, which pipelines draw: a suite for each target, a case for each revision; and
an environment's checks, a case for each.

What failed is a `failure`, what is in doubt or could not be begun an `error`, what was not begun `skipped`. A gate
that is shut is a failure in the suite `gates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from orchestrator.core.checks import Verification
from orchestrator.core.envelope import Envelope
from orchestrator.core.failure import Failure
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.plain import harmless
from orchestrator.core.reports import RunReport, StepResult, TargetResult
from orchestrator.errors import Exit

if TYPE_CHECKING:
    from orchestrator.core.reports import Report

_ENDS = {"failed": "failure", "in_doubt": "error", "not_started": "skipped"}
_NO_XML = dict.fromkeys((0xFFFE, 0xFFFF), 0xFFFD)


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    end: str | None = None
    """`failure`, `error` or `skipped`; None where it went well."""
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Suite:
    name: str
    cases: tuple[_Case, ...]


def junit(report: Report | None, envelope: Envelope, clean: Callable[[str], str] = str) -> str:
    """The document; of a command that came to no report its failure alone. `clean` masks secrets and completes
    commands.
    """
    suites = list(_suites(report))
    if envelope.failure is not None and not any(case.end for suite in suites for case in suite.cases):
        suites.append(_Suite("run", (_Case(envelope.command, _kind(envelope.failure), _told(envelope.failure)),)))
    seconds = (envelope.finished_at - envelope.started_at).total_seconds()
    name = quoteattr(f"orchestrate {envelope.command}")
    cases = [case for suite in suites for case in suite.cases]
    lines = [f'<testsuites name={name} {_counts(cases)} time="{seconds:.3f}">']
    lines += [line for suite in suites for line in _suite(suite, clean)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines, "</testsuites>\n"])


def _suites(report: Report | None) -> Iterator[_Suite]:
    if isinstance(report, Verification):
        answers = ((str(one.check), one.reason) for one in report.answers)
        cases = (_Case(check, "failure" if reason else None, reason or "") for check, reason in answers)
        yield _Suite(report.environment, tuple(cases))
    elif isinstance(report, RunReport):
        yield from _of_run(report)


def _of_run(report: RunReport) -> Iterator[_Suite]:
    if report.verdicts:
        yield _Suite("gates", tuple(map(_gate, report.verdicts)))
    yield from (_Suite(str(target.target), tuple(_cases(target))) for target in report.targets)
    if report.run_id and report.failure is not None:
        yield _Suite("run", (_Case(report.run_id, _kind(report.failure), _told(report.failure)),))


def _gate(verdict: Verdict) -> _Case:
    shut = verdict.answer in (Answer.WAIT, Answer.REFUSE)
    said = f"{verdict.reason}\n{verdict.mend or ''}".strip()
    return _Case(verdict.gate, "failure" if shut else None, said if shut else "")


def _cases(target: TargetResult) -> Iterator[_Case]:
    told = target.failure
    for step in target.steps:
        end = _ENDS.get(step.outcome)
        found = told if end in ("failure", "error") else None
        told = None if found else told
        said = _told(found) if found else end.replace("skipped", "not started") if end else ""
        yield _Case(_name(step), end, said, step.seconds or 0.0)
    if told is not None:
        yield _Case(str(target.result).replace("_", " "), _kind(told), _told(told))
    elif not target.steps:
        yield _Case(str(target.result).replace("_", " "))


def _name(step: StepResult) -> str:
    return f"{step.revision} {' '.join(step.message.split())}".rstrip()


def _kind(failure: Failure) -> str:
    return "failure" if failure.exit in (Exit.FAILED, Exit.REFUSED) else "error"


def _told(failure: Failure) -> str:
    problems = (f"\n{problem}" + (f"\n→ {problem.mend}" if problem.mend else "") for problem in failure.problems)
    mend = f"\n→ {failure.mend}" if failure.mend and not failure.problems else ""
    return failure.message + "".join(problems) + mend


def _suite(suite: _Suite, clean: Callable[[str], str]) -> Iterator[str]:
    name, seconds = _attribute(suite.name, clean), sum(case.seconds for case in suite.cases)
    yield f'  <testsuite name={name} {_counts(suite.cases)} time="{seconds:.3f}">'
    for case in suite.cases:
        begun = f'    <testcase classname={name} name={_attribute(case.name, clean)} time="{case.seconds:.3f}"'
        if case.end is None:
            yield f"{begun}/>"
            continue
        first = _attribute(case.message.partition("\n")[0], clean)
        yield f"{begun}><{case.end} message={first}>{escape(_xml(clean(case.message)))}</{case.end}></testcase>"
    yield "  </testsuite>"


def _counts(cases: Iterable[_Case]) -> str:
    ends = [case.end for case in cases]
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    told = " ".join(f'{key}="{ends.count(end)}"' for key, end in counted.items())
    return f'tests="{len(ends)}" {told}'


def _attribute(said: str, clean: Callable[[str], str]) -> str:
    return quoteattr(_xml(clean(said)))


def _xml(said: str) -> str:
    """The text without what no XML may hold."""
    return harmless(said).translate(_NO_XML)
