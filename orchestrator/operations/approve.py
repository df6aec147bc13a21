"""The verb `approve`: a person's consent to a sealed plan, recorded; or taken back. No database is looked at."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.age import age
from orchestrator.core.gates.approval import Count, count
from orchestrator.core.gates.decisions import Approval
from orchestrator.core.gates.evidence import Evidence
from orchestrator.core.gates.opening import ending
from orchestrator.core.gates.policy import ApprovalPolicy
from orchestrator.core.gates.protected import unconfirmed
from orchestrator.core.gates.verdict import Answer, Circumstances
from orchestrator.core.gates.window import all_open, demanded
from orchestrator.core.reports import Done
from orchestrator.core.run import Run
from orchestrator.core.sealed import Sealed, same_person, utc
from orchestrator.core.staleness import changed
from orchestrator.core.world import Refusal, refuse
from orchestrator.errors import Problem, RefusedError, StalePlanError, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import location
from orchestrator.operations.evidence import APPROVING, approvals_of, unfamiliar
from orchestrator.operations.sealing import Author, basis
from orchestrator.operations.survey import graphs_of
from orchestrator.project.configuration import Configuration

_ELSEWHERE = "was it made elsewhere? approve it there, or on the same commit with the same --config and variables"


def approve(configuration: Configuration, sealed: Sealed, person: Author, at: datetime) -> Done:
    """Record that the person consents to this very plan; says how many approvals stand then.

    Raises RefusedError with everything against it: what `apply` would refuse for and can be told without a
    database, its author, somebody whom no environment names; RefusedError for one that was applied. Raises what
    reading the scripts raises, and JournalError where it cannot be recorded.
    """
    against = tuple(_against(configuration, sealed, person, at))
    elsewhere = any(kind is StalePlanError for kind, _ in against)
    refuse(against, "{n} things are against approving it", _ELSEWHERE if elsewhere else None)
    with Journal(configuration.journal, writing=True) as journal:
        place = _place(journal, configuration)
        if (run := journal.sealed(sealed.seal, sealed.created_at)) is not None:
            what = f"{_began(run)} this plan already"
            raise RefusedError(what, where=sealed.file, mend=f"orchestrate show {run.id}")
        journal.record([_event(EventKind.PLAN_APPROVED, sealed, person, at)])
        standing = approvals_of(journal.of_kinds(*APPROVING))
    counts = _counts(configuration, sealed, standing, at)
    done = _done(f"{person.name} approves the plan of {sealed.author}, in {place}", sealed, counts, standing)
    known = Circumstances(configuration.pipeline, now=at, sealed=sealed, evidence=Evidence(approvals=standing))
    opens = all_open(dict(demanded(sealed.plan, known)), at)
    if opens is not None and (ended := ending(sealed.plan, known, opens)):
        done = replace(done, sentence=f"{done.sentence}\n{ended}")
    if any(one.missing for one in counts):
        return done
    confirms = [f"--confirm {name}" for name in unconfirmed(sealed.plan, known)]
    return replace(done, mend=" ".join([done.mend, *confirms]))


def withdraw(configuration: Configuration, sealed: Sealed, person: Author, at: datetime) -> Done:
    """Record that the person's approval of this plan stands no more.

    Raises UsageError where there is none; RefusedError where a run began with it, which it holds up no more;
    JournalError where it cannot be recorded.
    """
    with Journal(configuration.journal, writing=True) as journal:
        place = _place(journal, configuration)
        if (run := journal.sealed(sealed.seal, sealed.created_at)) is not None:
            raise _too_late(run, sealed)
        given = [one for one in approvals_of(journal.of_kinds(*APPROVING)) if one.seal == sealed.seal]
        mine = [one.by for one in given if same_person(one.by, person.name)]
        if not mine:
            names = ", ".join(one.by for one in given)
            have = f"approvals stand of {names}" if given else f"nobody approved it in {place}"
            raise UsageError(f"no approval of {person.name} stands; {have}", where="--as")
        events = [_event(EventKind.APPROVAL_WITHDRAWN, sealed, Author(name, person.actor), at) for name in mine]
        journal.record(events)
        standing = approvals_of(journal.of_kinds(*APPROVING))
    counts = _counts(configuration, sealed, standing, at)
    sentence = f"{person.name} approves the plan of {sealed.author} no more, in {place}"
    return _done(sentence, sealed, counts, standing)


def _place(journal: Journal, configuration: Configuration) -> str:
    return unfamiliar(journal, configuration) or location(configuration.journal)


def _began(run: Run) -> str:
    return f"run {run.id} of {run.actor}, {utc(run.started_at)}, began"


def _too_late(run: Run, sealed: Sealed) -> RefusedError:
    """That the run began with the approval, and what keeps it from going on, or takes it back."""
    unfinished = (plan for plan in run.plan.targets if not run.finished(plan.target))
    left = [step.revision for plan in unfinished for step in plan.steps]
    state = "can still be taken up again" if left else "has nothing left to apply"
    keeping = f"to keep that out: orchestrate veto {left[-1]} --reason '…'" if left else None
    what = f"{_began(run)} with that approval and {state}; withdrawn now, it changes nothing"
    return RefusedError(what, where=sealed.file, mend=keeping or f"orchestrate rollback {run.id} --dry-run")


def _policies(configuration: Configuration, sealed: Sealed) -> dict[str, ApprovalPolicy]:
    """What the environments that the plan changes demand, by their names; of those that are gone nothing."""
    changing = [one for one in configuration.pipeline.environments if one.name in sealed.plan.environments]
    return {one.name: one.gates.approval for one in changing if one.gates.approval is not None}


def _counts(
    configuration: Configuration, sealed: Sealed, standing: tuple[Approval, ...], at: datetime
) -> list[Count]:
    policies = _policies(configuration, sealed)
    return [count(name, policy, sealed, standing, at) for name, policy in policies.items()]


def _against(configuration: Configuration, sealed: Sealed, person: Author, at: datetime) -> Iterator[Refusal]:
    """Everything because of which this person does not approve this plan now."""
    pipeline = configuration.pipeline
    databases = {*(target.untenanted for target in pipeline.targets), *configuration.tenancies()}
    there = [target for target, _ in sealed.plan.seen if target.untenanted in databases]
    yield from changed(sealed, basis(configuration, graphs_of(configuration, there), sealed))
    if {*sealed.plan.environments} <= {*pipeline.names}:
        told = age(sealed.plan, Circumstances(pipeline, now=at, sealed=sealed))
        if told is not None and told.answer is not Answer.PASS:
            yield RefusedError, Problem(told.reason, sealed.file, told.mend)
    if (what := _not_by(sealed, person, _policies(configuration, sealed))) is not None:
        yield RefusedError, what


def _not_by(sealed: Sealed, person: Author, policies: Mapping[str, ApprovalPolicy]) -> Problem | None:
    """That it is not this person who may approve the plan, and who may."""
    named = [name for policy in policies.values() for name in policy.of]
    others = dict.fromkeys(name for name in named if not sealed.by_author(name))
    mend = f"{' or '.join(others) or 'somebody else'}: orchestrate approve {shlex.quote(sealed.file)} --as …"
    if sealed.by_author(person.name):
        what = f"{person.name} made this plan, and the author of a plan does not approve it"
        return Problem(what, sealed.file, mend)
    anybody = not policies or any(not policy.of for policy in policies.values())
    if anybody or any(same_person(person.name, name) for name in named):
        return None
    what = f"{person.name} is not one of those who may approve it: {', '.join(dict.fromkeys(named))}"
    return Problem(what, sealed.file, mend)


def _event(kind: EventKind, sealed: Sealed, person: Author, at: datetime) -> Event:
    body = {"seal": sealed.seal, "fingerprint": sealed.plan.fingerprint, "by": person.name}
    return Event(kind, at, NO_RUN, person.actor, body=body)


def _done(sentence: str, sealed: Sealed, counts: list[Count], standing: tuple[Approval, ...]) -> Done:
    told = (
        [sentence, *map(str, counts)] if counts else [sentence, "no environment that it changes demands approval"]
    )
    lacking = next((one for one in counts if one.missing), None)
    fields = {
        "seal": sealed.seal,
        "fingerprint": sealed.plan.fingerprint,
        "author": sealed.author,
        "approvals": [one.by for one in standing if one.seal == sealed.seal],
        "missing": {one.environment: one.missing for one in counts},
    }
    return Done("\n".join(told), lacking.mend if lacking else sealed.applying, fields)
