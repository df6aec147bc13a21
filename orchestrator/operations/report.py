"""The verb `report`: one run for somebody who was not there, from the journal and the revision scripts alone.

No database is asked: what it says of a run today, it says of it in a year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from orchestrator.core import recount
from orchestrator.core.account import Account, TargetAccount
from orchestrator.core.envelope import JournalHead
from orchestrator.core.events import Event, EventKind
from orchestrator.core.gates.decisions import Approval
from orchestrator.core.picture import Picture, Place, picture
from orchestrator.core.plan import PlanKind
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Run
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target
from orchestrator.errors import ConfigurationError, JournalError, ScriptsError, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.operations.evidence import APPROVING, approvals_of
from orchestrator.operations.runs import named
from orchestrator.operations.survey import Clock, read_graph
from orchestrator.project.configuration import Configuration

_KEPT = 12
"""Revisions of a plan up to which none of them is folded in the picture."""
_TELLING = (EventKind.TARGET_FINISHED, EventKind.HEADS_SEEN)


def report(configuration: Configuration, name: str, now: Clock) -> Account:
    """The account of the run of that name, as `named` has it. The journal's whole chain is checked first.

    Raises BrokenJournalError where it is not what was written, JournalError where it is what this version does not
    write, UsageError for a baseline; what `named` raises.
    """
    try:
        return _account(configuration, name, now)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"what is recorded of run {name} cannot be read: {type(error).__name__}: {error}"
        mend = f"orchestrate show {name}   # was it recorded by a newer orchestrate?"
        raise JournalError(what, mend=mend) from error


def _account(configuration: Configuration, name: str, now: Clock) -> Account:
    with Journal(configuration.journal) as journal:
        run = named(journal, name)
        if run.plan.kind is PlanKind.BASELINE:
            what = f"{run.id} is no run but a baseline of the journal"
            raise UsageError(what, where="RUN", mend=f"orchestrate show {run.id}")
        head = JournalHead(*journal.verify())
        events = journal.events(run.id)
        approvals = _approvals(journal, events[0])
        heads, rollbacks = _recorded(journal, run), journal.rollbacks_of(run)
    graphs, unread = _graphs(configuration)
    targets = recount.targets_of(run, events)
    return Account(
        run=run,
        attempts=recount.attempts_of(events),
        gates=recount.gates_of(events),
        approvals=approvals,
        seal=events[0].body.get("seal"),
        sealed=events[0].body.get("sealed"),
        confirmed=tuple(events[0].body.get("confirmed", ())),
        version=events[0].body.get("version"),
        scripts=tuple(recount.scripts_of(run, targets, _scripts(graphs))),
        targets=targets,
        course=recount.course_of(events),
        head=head,
        at=now(),
        rollbacks=rollbacks,
        unread=unread,
        pictures=tuple(_pictures(configuration, graphs, run, {**heads, **_left_at(targets)})),
    )


def _approvals(journal: Journal, begun: Event) -> tuple[Approval, ...]:
    """Those of the run's sealed plan that stood when it began."""
    earlier = (e for e in journal.of_kinds(*APPROVING) if (e.sequence or 0) < (begun.sequence or 0))
    return tuple(one for one in approvals_of(earlier) if one.seal == begun.body.get("seal"))


def _recorded(journal: Journal, run: Run) -> dict[Target, tuple[str, ...]]:
    """What the journal had last of every target when the run ended, beside what the run itself saw."""
    heads: dict[Target, tuple[str, ...]] = {}
    for event in journal.of_kinds(*_TELLING):
        if (event.sequence or 0) > run.last_sequence:
            break
        if event.target is not None:
            heads[event.target] = tuple(event.body.get("heads", ()))
        elif event.kind is EventKind.HEADS_SEEN:
            heads |= {Target.parse(name): tuple(found) for name, found in event.body["heads"].items()}
    return {**heads, **dict(run.plan.seen)}


def _left_at(targets: Sequence[TargetAccount]) -> dict[Target, tuple[str, ...]]:
    return {one.target: one.end for one in targets}


def _graphs(configuration: Configuration) -> tuple[dict[str, Graph], str | None]:
    """Each project's graph as it is now; what cannot be read is left out, and why is told."""
    graphs, why = {}, []
    for name, project in configuration.projects.items():
        try:
            graphs[name] = read_graph(project)
        except (ConfigurationError, ScriptsError) as error:
            why.append(str(error))
    return graphs, "\n".join(why) or None


def _scripts(graphs: Mapping[str, Graph]) -> dict[str, list[Script]]:
    found: dict[str, list[Script]] = {}
    for graph in graphs.values():
        for revision, script in graph.scripts.items():
            found.setdefault(revision, []).append(script)
    return found


def _pictures(
    configuration: Configuration, graphs: Mapping[str, Graph], run: Run, heads: Mapping[Target, tuple[str, ...]]
) -> Iterator[Picture]:
    """Each project that the run is about, with its environments before and after, and the others as recorded."""
    planned = dict.fromkeys(step.revision for plan in run.plan.targets for step in plan.steps)
    about = {_project(configuration, plan.target) for plan in run.plan.targets}
    places = list(_places(configuration, run, heads))
    for name, graph in graphs.items():
        if name in about:
            here = [place for place in places if _project(configuration, place.target) == name]
            kept = [revision for revision in planned if revision in graph] if len(planned) <= _KEPT else ()
            yield picture(name, graph, here, kept)


def _places(configuration: Configuration, run: Run, heads: Mapping[Target, tuple[str, ...]]) -> Iterator[Place]:
    """In the order of the pipeline; of environments that it has no more, in that of the journal."""
    order = {name: number for number, name in enumerate(configuration.pipeline.names)}
    for target in sorted(heads, key=lambda one: order.get(one.environment, len(order))):
        plan = run.plan.by_target.get(target)
        if plan is not None and plan.start != heads[target]:
            yield Place(target, plan.start, left=True)
        yield Place(target, heads[target])


def _project(configuration: Configuration, target: Target) -> str | None:
    """The project of a target; the only one there is for a target that the file has no more."""
    try:
        return configuration.project_of(target).name
    except KeyError:
        return next(iter(configuration.projects)) if len(configuration.projects) == 1 else None
