"""The verb `lint`, and what the gate of that name is told: what the rules, and squawk, find in revisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from orchestrator.core.divergence import stand
from orchestrator.core.lint import LintFinding, LintReport, Severity
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.plan import Plan
from orchestrator.core.selection import NOTHING_TYPED
from orchestrator.core.targets import Target
from orchestrator.errors import UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.durations import families
from orchestrator.operations.preview import sql_of
from orchestrator.operations.selected import asked
from orchestrator.operations.squawked import FAMILY, SqlOf, squawked
from orchestrator.operations.survey import Clock, Survey, remembered, survey
from orchestrator.project.configuration import Configuration
from orchestrator.project.environments_file.wording import near
from orchestrator.project.revision_scripts.lint import lint as rules
from orchestrator.project.revision_scripts.lint.change import Revision
from orchestrator.project.revision_scripts.lint.reading import read

_Groups = Mapping[Target, tuple[tuple[str, ...], ...]]
"""For each target the revisions that it gets together, in order; what one of them makes is new to the others."""


def lint(configuration: Configuration, names: Sequence[str], databases: Sequence[str], now: Clock) -> LintReport:
    """What is found in the revisions so named, or in all that is pending anywhere, of these databases or of all.

    Reads only. Raises UsageError for a name that there is not, and what the survey and the look at the SQL raise.
    """
    narrowed = _narrowed(asked(configuration, NOTHING_TYPED), databases)
    with Journal(configuration.journal) as journal:
        seen = survey(narrowed, None, now, remembered(journal, narrowed.pipeline.names))
        return _linted(seen, names, now().date(), partial(sql_of, journal, seen))


def _linted(seen: Survey, names: Sequence[str], today: date, sql: SqlOf) -> LintReport:
    groups = pending = _pending(seen)
    only = frozenset(revision for each in pending.values() for group in each for revision in group)
    if names:
        meant = _meant(seen, names)
        groups = {target: _with_pending(revisions, pending.get(target, ())) for target, revisions in meant.items()}
        only = frozenset(revision for revisions in meant.values() for revision in revisions)
    findings, revisions, unlinted = _found(seen, groups, today, only, sql=sql)
    unknown = () if names else tuple(_unknown(seen))
    return LintReport(findings, revisions, (*unknown, *unlinted), _least(seen.world.pipeline))


def findings_of(
    seen: Survey, plan: Plan, at: datetime, *, sql: SqlOf
) -> tuple[tuple[LintFinding, ...], tuple[str, ...]]:
    """What is found in a plan's revisions, and what squawk was not shown; raises what `sql` does."""
    groups = {one.target: (tuple(step.revision for step in one.steps),) for one in plan.targets if one.steps}
    only = frozenset(step.revision for one in plan.targets for step in one.steps)
    findings, _, unlinted = _found(seen, groups, at.date(), only, sql=sql)
    return findings, unlinted


def _narrowed(whole: Configuration, databases: Sequence[str]) -> Configuration:
    known = tuple(dict.fromkeys(target.database for target in whole.pipeline.targets))
    for name in databases:
        if name not in known:
            raise UsageError(f"there is no database {name!r}", where="--database", mend=near(name, known))
    return whole.narrowed([one for one in whole.pipeline.targets if not databases or one.database in databases])


def _meant(seen: Survey, names: Sequence[str]) -> dict[Target, frozenset[str]]:
    """The revisions that names mean, for every target whose project has them."""
    meant: dict[Target, frozenset[str]] = {}
    faults: list[UsageError] = []
    for target, graph in seen.world.graphs.items():
        try:
            found = frozenset(revision for name in names for revision in graph.resolve(name))
        except UsageError as error:
            faults.append(error)
        else:
            meant[target] = found
    if not meant and faults:
        raise faults[0]
    return meant


def _with_pending(meant: frozenset[str], pending: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """What is pending on a target, which may make what others are about; what is meant and there stands alone."""
    new = frozenset(revision for group in pending for revision in group)
    return (*pending, *((revision,) for revision in sorted(meant - new)))


def _pending(seen: Survey) -> _Groups:
    world = seen.world
    standings = ((target, stand(world.graphs[target], found)) for target, found in world.observations.items())
    return {target: (standing.missing,) for target, standing in standings if standing.missing}


def _unknown(seen: Survey) -> Iterator[str]:
    """The targets of which it is not known what is pending."""
    for target, found in seen.world.observations.items():
        state = stand(seen.world.graphs[target], found).state
        if not state.placed:
            yield f"{target}: what is pending there is not known: {str(state).replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class _Together:
    """Revisions that a database of a family gets together; one target stands for all that get the same."""

    target: Target
    project: str
    family: str
    revisions: tuple[str, ...]


def _found(
    seen: Survey, groups: _Groups, today: date, only: frozenset[str], *, sql: SqlOf
) -> tuple[tuple[LintFinding, ...], tuple[str, ...], tuple[str, ...]]:
    """The findings in `only` these revisions, each once; those revisions in order; what squawk was not shown."""
    known: dict[tuple[str, str], Revision] = {}
    found: list[LintFinding] = []
    places = _places(seen, groups)
    for one in _together(seen, groups):
        told = rules.lint([_read(seen, one, revision, known) for revision in one.revisions], one.family, today)
        found += (replace(finding, places=places[one.project, one.family]) for finding in told)
    shown = {target: [r for group in each for r in group if r in only] for target, each in groups.items()}
    complaints, unlinted = squawked(seen, shown, known, today, sql=sql)
    squawking = frozenset(place for (_, family), each in places.items() if family == FAMILY for place in each)
    found += (replace(one, places=squawking) for one in complaints)
    once: dict[tuple[str, ...], LintFinding] = {}
    for finding in (one for one in found if one.revision in only):
        key = finding.rule, finding.revision, finding.where, finding.what
        known_at = once[key].places if key in once else frozenset()
        once[key] = replace(once.get(key, finding), places=known_at | finding.places)
    place = {revision: number for number, (_, revision) in enumerate(known)}
    ordered = sorted(once.values(), key=lambda one: place[one.revision])
    return tuple(ordered), tuple(revision for revision in place if revision in only), unlinted


def _places(seen: Survey, groups: _Groups) -> dict[tuple[str, str], frozenset[Target]]:
    """The databases of each project and family."""
    known = families(seen)
    found: dict[tuple[str, str], set[Target]] = {}
    for place in {target.untenanted for target in groups}:
        found.setdefault((seen.configuration.project_of(place).name, known[place]), set()).add(place)
    return {key: frozenset(each) for key, each in found.items()}


def _together(seen: Survey, groups: _Groups) -> Iterable[_Together]:
    once: dict[tuple[str, str, tuple[str, ...]], _Together] = {}
    known = families(seen)
    for target, each in groups.items():
        project, family = seen.configuration.project_of(target).name, known[target.untenanted]
        for revisions in each:
            once.setdefault((project, family, revisions), _Together(target, project, family, revisions))
    return sorted(once.values(), key=lambda one: -len(one.revisions))


def _read(seen: Survey, one: _Together, revision: str, known: dict[tuple[str, str], Revision]) -> Revision:
    key = one.project, revision
    if key not in known:
        here = seen.configuration.projects[one.project].config.parent
        known[key] = read(here, seen.world.graphs[one.target].scripts[revision], rules.NAMES)
    return known[key]


def _least(pipeline: Pipeline) -> Severity:
    """From where on some environment keeps findings out; ERROR where none says."""
    demanded = [one.gates.lint for one in pipeline.environments if one.gates.lint is not None]
    return min(demanded, key=lambda severity: severity.rank, default=Severity.ERROR)
