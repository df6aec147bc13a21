"""Laws of recovery: runs cut off at any point, on databases that undo a failed revision and that do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core import plan_json as plans
from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Plan, Step
from orchestrator.core.planner import rollout
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Facts, Run, doubtful_step, fold, reconcile
from orchestrator.core.step_record import StepState
from orchestrator.core.targets import Target
from tests.laws.databases import NOW, heads, world
from tests.laws.graphs import graphs

DEV = Target("dev")


@dataclass
class Database:
    """What is really there: revisions, and what a revision that was cut off left."""

    applied: set[str]
    transactional: bool
    schema_tells: bool
    dirt: set[str]
    """The revisions of which something is half there."""
    rows_alone: bool = False
    """What is half there are rows, which the schema does not show; only a revision that commits in between can."""

    def facts(self) -> Facts:
        """What a probe finds, with the schema compared where that is done."""
        untouched = (self.rows_alone or not self.dirt) if self.schema_tells else None
        return Facts(frozenset(self.applied), self.transactional, untouched)


class Crash(Exception):  # noqa: N818 - not an error of the program under test
    """The process is gone."""


class Simulation:
    """One target through its plan, with the process ended at the `crash`-th point (None: never)."""

    def __init__(self, database: Database, events: list[Event], crash: int | None, leaves_dirt: bool) -> None:
        self.database, self.events, self.leaves_dirt = database, events, leaves_dirt
        self._points = crash

    def point(self) -> None:
        """Here the process may end."""
        if self._points is not None:
            if self._points == 0:
                raise Crash
            self._points -= 1

    def tell(self, kind: EventKind, step: Step | None = None, **body: Any) -> None:
        target, revision = (DEV, step.revision) if step else (None, None)
        self.events.append(Event(kind, NOW, "run", "me", target, revision, body))

    def step(self, step: Step) -> None:
        """Intent, act, outcome, with an end possible before, in and after each."""
        self.point()
        self.tell(EventKind.STEP_INTENT, step)
        undone = step.atomic and self.database.transactional
        if self.leaves_dirt and not undone:
            self.database.dirt.add(step.revision)
        self.point()  # in the middle of the revision
        self.database.dirt.discard(step.revision)
        self.database.applied.add(step.revision)
        self.point()  # committed, and nobody has heard of it
        self.tell(EventKind.STEP_APPLIED, step)
        self.point()

    def complete_by_hand(self, step: Step) -> None:
        """A person's word, its row, its outcome, with an end possible between them; nothing of the step is run."""
        try:
            self.point()
            self.tell(EventKind.STEP_RESOLVED, step, verdict="applied")
            self.point()
            self.database.applied.add(step.revision)
            self.point()
            self.tell(EventKind.STEP_APPLIED, step, by_hand=True)
        except Crash:
            pass

    def run(self, steps: tuple[Step, ...]) -> None:
        """All of the steps, or up to where the process ended."""
        try:
            for step in steps:
                self.step(step)
            self.tell(EventKind.RUN_FINISHED, outcome="succeeded")
        except Crash:
            pass


@dataclass
class Case:
    graph: Graph
    plan: Plan
    database: Database
    events: list[Event]

    @property
    def run(self) -> Run:
        found = fold(self.events)
        assert found is not None
        return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A plan that was begun and, at a random point, cut off; and the database as it was left."""
    plain = draw(graphs(8))
    atomic = draw(st.booleans())
    graph = plain if atomic else _not_atomic(plain)
    at = draw(heads(graph))
    plan = rollout(world(graph, {DEV: at}), "dev")
    database = Database(
        set(graph.ancestors(at)),
        draw(st.booleans()),
        draw(st.booleans()),
        set(),
        not atomic and draw(st.booleans()),
    )
    events = [Event(EventKind.RUN_STARTED, NOW, "run", "me", body={"plan": plans.to_json(plan), "command": "x"})]
    crash = draw(st.integers(0, 4 * plan.steps + 1))
    Simulation(database, events, crash, draw(st.booleans())).run(plan.targets[0].steps)
    return Case(graph, plan, database, events)


def _not_atomic(graph: Graph) -> Graph:
    return Graph(replace(script, atomic=False) for script in graph.scripts.values())


@given(cases())
def test_what_is_left_after_a_crash_at_any_point_is_exactly_the_rest(case: Case) -> None:
    """Whatever was recorded, done and left together are the plan; nothing twice, nothing forgotten."""
    plan, run = case.plan.targets[0], case.run
    left = reconcile(plan, run, case.database.facts(), case.graph)
    assert left.conflict is None
    done = [step.revision for step in plan.steps if step.revision in case.database.applied]
    assert [*done, *(step.revision for step in left.remaining)] == [step.revision for step in plan.steps]
    recorded = [r for r in done if run.record(DEV, r).state is StepState.APPLIED]
    assert [*recorded, *left.recovered] == done


@given(cases())
def test_it_never_goes_on_where_something_is_half_applied(case: Case) -> None:
    """Whatever the database undoes and whatever a look at the schema tells, dirt means doubt."""
    left = reconcile(case.plan.targets[0], case.run, case.database.facts(), case.graph)
    if case.database.dirt:
        assert {left.doubt} == case.database.dirt


@given(cases())
def test_a_revision_that_is_undone_whole_is_no_doubt(case: Case) -> None:
    """Where the database undoes a cut-off revision, nobody is asked to look."""
    left = reconcile(case.plan.targets[0], case.run, case.database.facts(), case.graph)
    if case.database.transactional and all(step.atomic for step in case.plan.targets[0].steps):
        assert left.doubt is None


@given(cases())
def test_status_and_resume_agree_on_the_doubt(case: Case) -> None:
    """What keeps a plan from being made is what keeps the run from going on."""
    facts = case.database.facts()
    assert (
        doubtful_step(case.run, DEV, facts) == reconcile(case.plan.targets[0], case.run, facts, case.graph).doubt
    )


@given(cases())
def test_every_prefix_of_a_run_can_be_folded(case: Case) -> None:
    """However much of the journal there is, it tells a run, and no step goes back to not begun by itself."""
    before: set[str] = set()
    for length in range(1, len(case.events) + 1):
        run = fold(case.events[:length])
        assert run is not None
        begun = {revision for (_, revision), record in run.steps.items() if record.state is not StepState.PLANNED}
        assert before <= begun
        before = begun


@given(cases(), st.data())
def test_resuming_again_and_again_ends_where_the_plan_ends(case: Case, data: st.DataObject) -> None:
    """Cut off any number of times, the run ends with each step recorded as applied once and nothing half there."""
    plan = case.plan.targets[0]
    for attempt in range(12):
        left = reconcile(plan, case.run, case.database.facts(), case.graph)
        crash = data.draw(st.none() | st.integers(0, 6)) if attempt < 11 else None
        again = Simulation(case.database, case.events, crash, data.draw(st.booleans()))
        again.tell(EventKind.RUN_RESUMED)
        steps = {step.revision: step for step in plan.steps}
        for revision in left.recovered:
            again.tell(EventKind.STEP_RECOVERED, steps[revision])
        if left.doubt is not None:  # a person cleans up, or does the rest, and says so
            again.tell(EventKind.STEP_IN_DOUBT, steps[left.doubt])
            case.database.dirt.clear()
            if data.draw(st.booleans()):
                again.complete_by_hand(steps[left.doubt])
            else:
                again.tell(EventKind.STEP_RESOLVED, steps[left.doubt], verdict="not_applied")
        else:
            again.run(left.remaining)
        if case.run.complete:
            break
    applied = [e.revision for e in case.events if e.kind in (EventKind.STEP_APPLIED, EventKind.STEP_RECOVERED)]
    assert case.run.complete
    assert case.run.finished(DEV)
    assert sorted(map(str, applied)) == sorted(step.revision for step in plan.steps)
    assert case.graph.top(case.database.applied) == plan.end
    assert not case.database.dirt


@given(cases(), st.integers(0, 3))
def test_what_a_person_completed_is_never_run_again(case: Case, crash: int) -> None:
    """Wherever the writing of their word is cut off: from that word on the step is in doubt or done."""
    plan = case.plan.targets[0]
    found = reconcile(plan, case.run, case.database.facts(), case.graph)
    if found.doubt is None:
        return
    doubtful = next(step for step in plan.steps if step.revision == found.doubt)
    case.database.dirt.clear()
    Simulation(case.database, case.events, crash, leaves_dirt=False).complete_by_hand(doubtful)
    for facts in (case.database.facts(), replace(case.database.facts(), transactional=True, untouched=True)):
        left = reconcile(plan, case.run, facts, case.graph)
        said = any(event.kind is EventKind.STEP_RESOLVED for event in case.events)
        assert not said or left.doubt == doubtful.revision or doubtful not in left.remaining
        assert (crash == 3) is (case.run.record(DEV, doubtful.revision).state is StepState.APPLIED)


@given(cases(), st.data())
def test_a_database_that_is_at_no_point_of_the_plan_is_a_conflict(case: Case, data: st.DataObject) -> None:
    """Another database, or one that somebody else moved: nothing is run, whatever was recorded."""
    plan = case.plan.targets[0]
    has = set(case.graph.ancestors(plan.start))
    points = [frozenset(has)]
    for step in plan.steps:
        has.add(step.revision)
        points.append(frozenset(has))
    elsewhere = case.graph.ancestors(data.draw(heads(case.graph)))
    left = reconcile(plan, case.run, Facts(elsewhere, transactional=True), case.graph)
    assert (left.conflict is not None) is (elsewhere not in points)
    if left.conflict is not None:
        assert (left.remaining, left.recovered) == ((), ())
        assert left.doubt is None
