"""The verb `status`: where every target stands, and every environment against the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.divergence import Divergence, State, applied, compare, stand
from orchestrator.core.edited import Edited
from orchestrator.core.events import EventKind
from orchestrator.core.failure import Failure
from orchestrator.core.observations import Reading
from orchestrator.core.pipeline import Pipeline
from orchestrator.core.run import Outcome, Run
from orchestrator.core.sealed import USUAL_FILE
from orchestrator.core.selection import Selection, choose
from orchestrator.core.status import Pair, StatusReport, TargetStatus, Unverified, Vetoed, Waiting
from orchestrator.core.targets import Target
from orchestrator.core.world import World, refusal, twins
from orchestrator.errors import Exit, JournalError, UnavailableError
from orchestrator.journal.journal import Journal
from orchestrator.operations.checked import failed_checks
from orchestrator.operations.edited import edited_since
from orchestrator.operations.selected import asked
from orchestrator.operations.survey import Clock, Remembered, Survey, remembered, survey
from orchestrator.operations.unfinished import unfinished
from orchestrator.project.configuration import Configuration

if TYPE_CHECKING:
    from orchestrator.core.doubt import Doubt

_TELLING = (EventKind.STEP_FAILED, EventKind.TARGET_FINISHED)


def status(
    configuration: Configuration, selection: Selection, now: Clock, recorder: str | None = None
) -> StatusReport:
    """Look at the targets selected. Reads only; raises UsageError, and as `survey` does.

    A journal that cannot be read is told in the report: where the databases stand does not depend on it. With a
    `recorder`, as user@host, it is recorded where those stand that some gate wants soaked: JournalError too, then.
    """
    whole = asked(configuration, selection)
    chosen = whole.narrowed(choose(selection, whole.pipeline, whole.labels_of))
    seen, told = _looked(chosen, now)
    world = seen.world
    same = {two: one for one, two in twins(world.observations.values())}
    targets = tuple(
        _target(seen, target, same.get(target), told.failed.get(target)) for target in world.pipeline.targets
    )
    if selection.behind:
        targets = tuple(one for one in targets if one.state is not State.AT_HEAD or one.failure)
    rows = {one.target for one in targets}
    return StatusReport(
        targets=targets,
        pairs=tuple(pair for pair in _pairs(world, whole.pipeline) if pair.downstream in rows),
        messages=_messages(world),
        heads={name: _heads(chosen, world, name) for name in configuration.projects},
        journal=told.unread,
        selection=selection,
        unfinished=unfinished(seen, frozenset(whole.pipeline.targets)),
        edited=told.edited,
        unverified=told.unverified,
        sealed=frozenset(one.name for one in whole.pipeline.environments if one.gates.approval is not None),
        waiting=told.waiting,
        vetoes=told.vetoes,
        recorded=None if recorder is None or told.unread else _recorded(configuration, seen, recorder),
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the journal tells beside the latest runs; nothing, and why, where it cannot be read."""

    failed: Mapping[Target, str] = field(default_factory=dict)
    edited: tuple[Edited, ...] = ()
    unverified: tuple[Unverified, ...] = ()
    vetoes: tuple[Vetoed, ...] = ()
    waiting: Waiting | None = None
    unread: Failure | None = None


def _looked(chosen: Configuration, now: Clock) -> tuple[Survey, _Told]:
    """The targets as they are, and what is recorded of them: the journal is opened once for both."""
    seen: Survey | None = None
    try:
        with Journal(chosen.journal) as journal:
            seen = survey(chosen, None, now, remembered(journal, chosen.pipeline.names))
            return seen, _told(journal, seen, now)
    except JournalError as error:
        return seen or survey(chosen, None, now, Remembered()), _Told(unread=Failure.of(error))


def _told(journal: Journal, seen: Survey, now: Clock) -> _Told:
    return _Told(
        failed=_failures(journal, {t: run for t, run in seen.last_runs.items() if t in seen.endpoints}),
        edited=edited_since(journal, seen),
        unverified=tuple(failed_checks(journal, seen.world)),
        vetoes=_vetoed(journal, seen.world),
        waiting=_waiting(journal, seen, now) if Path(USUAL_FILE).is_file() else None,
    )


def _waiting(journal: Journal, seen: Survey, now: Clock) -> Waiting | None:
    """The plan in the usual file, where no run began it and all that it saw was looked at."""
    from orchestrator.operations.sealing import waiting

    found = waiting(journal, seen, Path(USUAL_FILE), now())
    if found is None or found.run is not None:
        return None
    return found if all(target in seen.endpoints for target, _ in found.sealed.plan.seen) else None


def _recorded(configuration: Configuration, seen: Survey, recorder: str) -> int:
    """Record where targets were not known to stand; how many these are."""
    from orchestrator.operations import arrivals

    news = arrivals.unrecorded(configuration, seen.world.observations)
    arrivals.record(configuration, news, recorder)
    return len(news)


def _vetoed(journal: Journal, world: World) -> tuple[Vetoed, ...]:
    """The vetoes that stand, with the targets that have the revision."""
    vetoes = journal.vetoes()
    if not vetoes:
        return ()
    having = {target: applied(world.graphs[target], found) for target, found in world.observations.items()}
    return tuple(
        Vetoed(veto, tuple(target for target, has in having.items() if has and revision in has))
        for revision, veto in vetoes.items()
    )


def _failures(journal: Journal, last_runs: Mapping[Target, Run]) -> dict[Target, str]:
    """Why the latest run on a target failed there, in the words that it recorded last."""
    runs = ((target, run) for target, run in last_runs.items() if not run.finished(target))
    failed = {target: run.id for target, run in runs if run.outcome is Outcome.FAILED}
    if not failed:
        return {}
    events = (event for run in set(failed.values()) for event in journal.events(run))
    told = (event for event in events if event.kind in _TELLING and "reason" in event.body)
    reasons = {(event.target, event.run): str(event.body["reason"]) for event in told}
    return {target: reasons[target, run] for target, run in failed.items() if (target, run) in reasons}


def _target(seen: Survey, target: Target, twin: Target | None, failed: str | None) -> TargetStatus:
    world = seen.world
    observation, standing = world.observations[target], stand(world.graphs[target], world.observations[target])
    state, failure, doubt = standing.state, None, None
    if target in seen.doubts:
        state, doubt = State.IN_DOUBT, _looked_at(seen, target)
        leftover = seen.leftovers.get(target)
        mend = leftover.mend if leftover else doubt.mend
        failure = Failure("in_doubt", doubt.what, mend, Exit.IN_DOUBT)
    elif (error := refusal(observation, standing)) is not None:
        code = "version_table_hidden" if observation.reading is Reading.HIDDEN else str(state)
        failure = Failure(code, error.what, error.mend, error.exit)
    elif twin is not None:
        what = f"this is the same database as {twin}, seen through another URL"
        failure = Failure("same_database", what, "give each environment a database of its own", Exit.USAGE)
    return TargetStatus(
        target=target,
        state=state,
        heads=observation.heads,
        missing=standing.missing,
        failure=failure,
        holder=seen.holders.get(target),
        last_run=(last_run := seen.last_runs.get(target)),
        elsewhere=last_run is not None and last_run.elsewhere(target, observation.identity),
        last_failure=failed,
        doubt=doubt,
        lost=seen.lost.get(target),
        encrypted=observation.encrypted,
        leftover=seen.leftovers.get(target),
        transactional=observation.transactional if observation.reading.readable else None,
    )


def _looked_at(seen: Survey, target: Target) -> Doubt:
    """The step in doubt with what is there now; as the journal has it where the database went away meanwhile."""
    from orchestrator.execution.doubt import seen_now

    try:
        return seen_now(seen.endpoints[target], seen.last_runs[target], seen.doubts[target].revision)
    except UnavailableError:
        return seen.doubts[target]


def _pairs(world: World, whole: Pipeline) -> Iterator[Pair]:
    """Each target against the one of the same tenant upstream, else against the upstream database as a whole.

    What all targets of a database have is known only where all of them were looked at: `whole` has them.
    """
    seen = _Seen(world)
    for upstream, downstream in Pipeline(tuple(e for e in world.pipeline.environments if e.targets)).neighbours():
        peers = set(upstream.targets)
        of_all = seen.of_all(upstream.targets)
        unseen = {target.database for target in whole.environment(upstream.name).targets if target not in peers}
        for target in downstream.targets:
            peer = replace(target, environment=upstream.name)
            if peer in peers:
                yield Pair(peer, target, seen.compared(seen.has(peer), target))
            elif peer.database in of_all and peer.database not in unseen:
                yield Pair(peer.untenanted, target, seen.compared(of_all[peer.database], target))


class _Seen:
    """What targets have, and how that compares; each distinct case once, since tenants mostly stand alike."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._has: dict[tuple[object, ...], frozenset[str] | None] = {}
        self._compared: dict[tuple[object, ...], Divergence] = {}

    def has(self, target: Target) -> frozenset[str] | None:
        """The revisions that a target has; None where that cannot be told."""
        graph, found = self._world.graphs[target], self._world.observations[target]
        case = id(graph), found.reading, found.heads
        if case not in self._has:
            self._has[case] = applied(graph, found)
        return self._has[case]

    def of_all(self, targets: Iterable[Target]) -> dict[str, frozenset[str] | None]:
        """For each database what all of its targets have; None where that cannot be told of one of them."""
        found: dict[str, set[frozenset[str] | None]] = {}
        for target in targets:
            found.setdefault(target.database, set()).add(self.has(target))
        return {database: _common(each) for database, each in found.items()}

    def compared(self, upstream: frozenset[str] | None, target: Target) -> Divergence:
        """How a target stands to what its upstream has."""
        graph, has = self._world.graphs[target], self.has(target)
        case = id(graph), upstream, has
        if case not in self._compared:
            self._compared[case] = compare(graph, upstream, has)
        return self._compared[case]


def _common(each: set[frozenset[str] | None]) -> frozenset[str] | None:
    known = [has for has in each if has is not None]
    return frozenset.intersection(*known) if len(known) == len(each) else None


def _messages(world: World) -> dict[str, str]:
    graphs = {id(graph): graph for graph in world.graphs.values()}
    return {r: script.message for graph in graphs.values() for r, script in graph.scripts.items()}


def _heads(configuration: Configuration, world: World, project: str) -> tuple[str, ...]:
    graphs = (graph for target, graph in world.graphs.items() if configuration.project_of(target).name == project)
    return next((graph.whole.heads for graph in graphs), ())
