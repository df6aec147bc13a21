"""The verb `resolve`: a person settles a step in doubt, with a word that is recorded.

Either nothing of it is left, and it may be run again; or they completed it by hand, and it is written into the
version table. What the tool can see against a word is shown, and the word needs consent then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestrator.core.divergence import applied, stand
from orchestrator.core.doubt import Completion, Doubt
from orchestrator.core.events import Event, EventKind
from orchestrator.core.observations import Observation
from orchestrator.core.plan import Action, Step
from orchestrator.core.revisions import Graph
from orchestrator.core.run import Facts, Run, reconcile
from orchestrator.core.step_record import Verdict
from orchestrator.core.targets import Target
from orchestrator.core.world import refusal
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.locks import Holder, OnWait, acquire, wait_for_work
from orchestrator.databases.probe import probe
from orchestrator.errors import StalePlanError, UsageError
from orchestrator.execution import by_hand
from orchestrator.execution.doubt import seen_now
from orchestrator.journal.journal import Journal
from orchestrator.operations.acting import Actor, setting_of
from orchestrator.operations.survey import Clock, Survey, read_graph, survey
from orchestrator.project.configuration import Configuration

_EXAMPLE = '--reason "dropped table orders_tmp"'


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of the step that a run left in doubt on a target, and why.

    `moved` says that the target is the same database though it has another identity: it was moved since.
    """

    run_id: str
    target: Target
    reason: str
    moved: bool = False


def not_applied(
    configuration: Configuration, word: Word, actor: Actor, consent: Callable[[tuple[Doubt, ...]], None]
) -> tuple[Doubt, ...]:
    """Record that a person looked at a step in doubt and that nothing of it is left; returns what was in doubt.

    `consent` is given that before, with what differs now from when the step began, and raises RefusedError where
    it is not given; the target is held meanwhile. Raises UsageError where no step of the run is in doubt on the
    target, a later run touched it, or the version table shows the step as done after all; StalePlanError where the
    URL leads elsewhere; LockedError while anybody drives the target or a server still works in it, for longer than
    the actor waits; DivergenceError or UnavailableError where the target's revisions cannot be told.
    """
    _check(configuration, word)
    target, graph = word.target, read_graph(configuration.project_of(word.target))
    endpoint = configuration.endpoints([target.environment])[target]
    wait = endpoint.timeouts.run_lock_wait if actor.wait is None else actor.wait
    with Journal(configuration.journal, writing=True) as journal:
        # Before anything is locked, since that makes a SQLite file where there is none.
        _refuse_elsewhere(journal.run(word.run_id), word, probe(endpoint, actor.now))
        with acquire(endpoint, word.run_id, wait, _waiting(word, actor, "run lock")) as lock:
            wait_for_work(lock, wait, _waiting(word, actor, "work lock"))
            found = _undone(journal, word, endpoint, _seen(word, journal, graph, probe(endpoint, actor.now)))
            consent(found)
            journal.record([_resolved(word, actor, doubt) for doubt in found])
    return found


def _seen(word: Word, journal: Journal, graph: Graph, observation: Observation) -> frozenset[str]:
    """What the target has; raises StalePlanError where it is not the one that the run planned for."""
    _refuse_elsewhere(journal.run(word.run_id), word, observation)
    return _has(graph, observation)


def _undone(journal: Journal, word: Word, endpoint: Endpoint, has: frozenset[str]) -> tuple[Doubt, ...]:
    """What is in doubt, with what the schema shows of it now."""
    run, doubtful = _doubtful(journal, word, Verdict.NOT_APPLIED)
    _refuse_done(word, doubtful, has)
    return tuple(seen_now(endpoint, run, step.revision) for step in doubtful)


def _resolved(word: Word, actor: Actor, doubt: Doubt) -> Event:
    body = {"reason": word.reason, "verdict": str(Verdict.NOT_APPLIED), "changes": list(doubt.changes)}
    return Event(EventKind.STEP_RESOLVED, actor.now(), word.run_id, actor.name, word.target, doubt.revision, body)


def _waiting(word: Word, actor: Actor, lock: str) -> OnWait:
    def tell(holder: Holder | None, left: float) -> None:
        body = {"lock": lock, "holder": str(holder or "somebody"), "seconds_left": round(left)}
        kind = EventKind.LOCK_WAITING
        actor.listener(Event(kind, actor.now(), word.run_id, actor.name, word.target, body=body))

    return tell


def prepare(configuration: Configuration, word: Word, now: Clock) -> Completion:
    """What the version table would become if all work of the step in doubt is in the database; changes nothing.

    Raises as `not_applied`, StalePlanError where the facts do not fit the run's plan, and what the survey raises.
    """
    _check(configuration, word)
    with Journal(configuration.journal) as journal:
        run, doubtful = _doubtful(journal, word, Verdict.APPLIED)
    return _completion(word, run, doubtful, survey(configuration, [word.target.environment], now))


def applied_by_hand(configuration: Configuration, word: Word, shown: Completion, actor: Actor) -> Completion:
    """Write what was shown into the version table, and record who said so.

    Raises as `prepare`, and what `execution.by_hand.write` raises.
    """
    target = word.target
    with Journal(configuration.journal, writing=True) as journal:
        run, doubtful = _doubtful(journal, word, Verdict.APPLIED)
        seen = survey(configuration, [target.environment], actor.now)
        completion = _completion(word, run, doubtful, seen)
        if completion != shown:
            again = f"orchestrate resolve {run.id} {target} --applied --reason '…'"
            raise StalePlanError("the target changed since that was shown", where=str(target), mend=again)
        setting = setting_of(configuration, run.plan, seen, actor, journal=journal, resumed=run)
        by_hand.write(setting, target, completion.steps, completion.start, reason=word.reason)
    return replace(completion, written=True)


def _completion(word: Word, run: Run, doubtful: tuple[Step, ...], seen: Survey) -> Completion:
    target, graph = word.target, seen.world.graphs[word.target]
    observation, plan = seen.world.observations[target], run.plan.by_target[target]
    _refuse_elsewhere(run, word, observation)
    has = _has(graph, observation)
    _refuse_done(word, doubtful, has)
    left = reconcile(plan, run, Facts(has, observation.transactional), graph)
    if left.conflict is not None:
        raise StalePlanError(left.conflict, where=str(target), mend=run.plan.again)
    if left.remaining[: len(doubtful)] != doubtful:
        what = f"revision {left.remaining[0].revision} comes before it, and is not applied"
        mend = f"undo what is left, then: orchestrate resolve {run.id} {target} --not-applied --reason '…'"
        raise UsageError(what, where=str(target), mend=mend)
    if missing := [step.revision for step in doubtful if step.revision not in graph]:
        what = f"the script of revision {', '.join(missing)} is gone, so its row cannot be written"
        raise StalePlanError(what, where=str(target), mend="check out the scripts that contain it")
    end = has
    for step in doubtful:
        end = step.after(end, graph)
    # Nothing of the script is run, so one that was mended since the plan was made is no obstacle.
    steps = tuple(replace(step, digest=graph.scripts[step.revision].digest) for step in doubtful)
    return Completion(run.id, target, steps, observation.heads, graph.top(end))


def _check(configuration: Configuration, word: Word) -> None:
    """Raise UsageError for a run or a target that there is not, and for a reason that says nothing."""
    with Journal(configuration.journal) as journal:
        journal.run(word.run_id)
    if not word.reason.strip(" .…"):
        raise UsageError("the reason says nothing: write what you found and did", where="--reason", mend=_EXAMPLE)
    known = {environment.name: environment.targets for environment in configuration.pipeline.environments}
    if word.target not in known.get(word.target.environment, ()):
        raise UsageError(f"there is no target {word.target}", mend="orchestrate status")


def _has(graph: Graph, observation: Observation) -> frozenset[str]:
    """What the target has; raises where that cannot be told, since then nothing is known of the step either."""
    if (error := refusal(observation, stand(graph, observation))) is not None:
        raise error
    return applied(graph, observation) or frozenset()


def _refuse_elsewhere(run: Run, word: Word, observation: Observation) -> None:
    if not word.moved and run.elsewhere(word.target, observation.identity):
        what = f"the URL leads to another database than when run {run.id} began"
        mend = "mend the url; if the database itself was moved (failover, restored backup): add --moved"
        raise StalePlanError(what, where=str(word.target), mend=mend)


def _refuse_done(word: Word, doubtful: tuple[Step, ...], has: frozenset[str]) -> None:
    if done := [step for step in doubtful if step.done(has)]:
        has_it = "has no longer" if done[0].action is Action.DOWNGRADE else "has"
        what = f"{word.target} {has_it} revision {', '.join(step.revision for step in done)} after all"
        raise UsageError(what, mend=f"orchestrate resume {word.run_id}   # records it")


def _doubtful(journal: Journal, word: Word, verdict: Verdict) -> tuple[Run, tuple[Step, ...]]:
    """The run and the steps of it that the word is about: those open or in doubt on the target.

    A step that was said not to be applied may be said to be, until it is begun again. Raises UsageError where
    there is none, or the run has no say.
    """
    run_id, target = word.run_id, word.target
    run, latest = journal.run(run_id), journal.last_runs().get(target)
    records = [(step, run.record(target, step.revision)) for step in run.steps_of(target)]
    found = tuple(step for step, record in records if record.doubtful)
    if not found and verdict is Verdict.APPLIED:
        found = tuple(step for step, record in records if record.replaceable)
    if not found:
        raise _settled(run, word)
    if latest is not None and latest.id != run_id:
        what = f"run {latest.id} came to {target} after run {run_id}; what is in doubt there is that run's"
        raise UsageError(what, mend=f"orchestrate show {latest.id}")
    return run, found


def _settled(run: Run, word: Word) -> UsageError:
    """That nothing is in doubt, and who said so of what was."""
    records = ((step, run.record(word.target, step.revision)) for step in run.steps_of(word.target))
    said = [f"of {step.revision} {record.resolution}" for step, record in records if record.resolution]
    what = f"no revision is in doubt on {word.target} in run {run.id}"
    return UsageError("; ".join([what, *said]), mend=f"orchestrate show {run.id}")
