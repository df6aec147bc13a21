"""The verb `approve`: a person's consent to a sealed plan, recorded; or taken back. No database is looked at."""

from __future__ import annotations

import shlex
from datetime import datetime

from orchestrator.core.events import NO_RUN, Event, EventKind
from orchestrator.core.gates.approval import Count, count
from orchestrator.core.gates.evidence import Approval
from orchestrator.core.gates.policy import ApprovalPolicy
from orchestrator.core.reports import Done
from orchestrator.core.run import Run
from orchestrator.core.sealed import Sealed, same_person, utc
from orchestrator.errors import RefusedError, UsageError
from orchestrator.journal.journal import Journal
from orchestrator.journal.store import location
from orchestrator.operations.evidence import approvals_of, unfamiliar
from orchestrator.operations.sealing import Author
from orchestrator.project import plan_file
from orchestrator.project.configuration import Configuration

_KINDS = EventKind.PLAN_APPROVED, EventKind.APPROVAL_WITHDRAWN


def approve(configuration: Configuration, sealed: Sealed, person: Author, at: datetime) -> Done:
    """Record that the person consents to this very plan; says how many approvals stand then.

    Raises RefusedError for its author, for somebody whom no environment names, and for a plan that has expired or
    was applied; JournalError where it cannot be recorded.
    """
    _same_place(configuration, sealed)
    policies = _policies(configuration, sealed)
    _refuse(sealed, person, policies, at)
    with Journal(configuration.journal, writing=True) as journal:
        place = _place(journal, configuration)
        if (run := journal.sealed(sealed.seal, sealed.created_at)) is not None:
            what = f"{_began(run)} this plan already"
            raise RefusedError(what, where=sealed.file, mend=f"orchestrate show {run.id}")
        journal.record([_event(EventKind.PLAN_APPROVED, sealed, person, at)])
        standing = approvals_of(journal.of_kinds(*_KINDS))
    counts = [count(name, policy, sealed, standing, at) for name, policy in policies.items()]
    return _done(f"{person.name} approves the plan of {sealed.author}, in {place}", sealed, counts, standing)


def withdraw(configuration: Configuration, sealed: Sealed, person: Author, at: datetime) -> Done:
    """Record that the person's approval of this plan stands no more.

    Raises UsageError where there is none; RefusedError where a run began with it, which it holds up no more;
    JournalError where it cannot be recorded.
    """
    with Journal(configuration.journal, writing=True) as journal:
        place = _place(journal, configuration)
        if (run := journal.sealed(sealed.seal, sealed.created_at)) is not None:
            raise _too_late(run, sealed)
        given = [one for one in approvals_of(journal.of_kinds(*_KINDS)) if one.seal == sealed.seal]
        mine = [one.by for one in given if same_person(one.by, person.name)]
        if not mine:
            names = ", ".join(one.by for one in given)
            have = f"approvals stand of {names}" if given else f"nobody approved it in {place}"
            raise UsageError(f"no approval of {person.name} stands; {have}", where="--as")
        events = [_event(EventKind.APPROVAL_WITHDRAWN, sealed, Author(name, person.actor), at) for name in mine]
        journal.record(events)
        standing = approvals_of(journal.of_kinds(*_KINDS))
    policies = _policies(configuration, sealed)
    counts = [count(name, policy, sealed, standing, at) for name, policy in policies.items()]
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


def _same_place(configuration: Configuration, sealed: Sealed) -> None:
    """Raise RefusedError where this is not the environments.yaml of the plan: nor may its journal be, then."""
    if not plan_file.digests(configuration, ()).items() <= sealed.files.items():
        what = f"{configuration.path} is not, to the byte, what the plan was made with"
        mend = f"approve it where it was made, or with --config FILE; where that changed: {sealed.again}"
        raise RefusedError(what, where=sealed.file, mend=mend)


def _policies(configuration: Configuration, sealed: Sealed) -> dict[str, ApprovalPolicy]:
    """What the environments that the plan changes demand, by their names."""
    demanded = {name: configuration.environment(name).gates.approval for name in sealed.plan.environments}
    return {name: policy for name, policy in demanded.items() if policy is not None}


def _refuse(sealed: Sealed, person: Author, policies: dict[str, ApprovalPolicy], at: datetime) -> None:
    named = [name for policy in policies.values() for name in policy.of]
    others = dict.fromkeys(name for name in named if not sealed.by_author(name))
    mend = f"{' or '.join(others) or 'somebody else'}: orchestrate approve {shlex.quote(sealed.file)} --as …"
    if sealed.by_author(person.name):
        what = f"{person.name} made this plan, and the author of a plan does not approve it"
        raise RefusedError(what, where=sealed.file, mend=mend)
    if (ahead := sealed.ahead(at)) is not None:
        raise RefusedError(ahead, where=sealed.file, mend=sealed.again)
    if sealed.expires_at <= at:
        raise RefusedError(f"the plan expired {utc(sealed.expires_at)}", where=sealed.file, mend=sealed.again)
    anybody = not policies or any(not policy.of for policy in policies.values())
    if not anybody and not any(same_person(person.name, name) for name in named):
        what = f"{person.name} is not one of those who may approve it: {', '.join(dict.fromkeys(named))}"
        raise RefusedError(what, where=sealed.file, mend=mend)


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
