"""The account of a run as a page: what an auditor asks first stands first. Draws nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from orchestrator.core.account import Account, ScriptAccount, TargetAccount
from orchestrator.core.gates.verdict import Answer, Verdict
from orchestrator.core.plan import Action
from orchestrator.core.preview import Executed
from orchestrator.core.run import Outcome
from orchestrator.core.taken_back import takings
from orchestrator.views.account_targets import environments, errors, targets, time, timings, unmeasured
from orchestrator.views.course import course
from orchestrator.views.page import Cell, Facts, Page, Section, Table, Tone
from orchestrator.views.text import words

_OUTCOMES = {Outcome.SUCCEEDED: Tone.GOOD, Outcome.NOTHING_TO_DO: Tone.GOOD, Outcome.INTERRUPTED: Tone.WARN}
_ANSWERS = {Answer.PASS: Tone.GOOD, Answer.WAIVED: Tone.WARN}


def page(account: Account) -> Page:
    """All of it, in sections."""
    run = account.run
    sections = [
        Section("What went wrong", tuple(errors(account))),
        Section("Who", (Facts(tuple(_who(account))), *_approvals(account))),
        Section("Which bytes", tuple(_bytes(account)), _unread(account)),
        Section("Gates", tuple(_gates(account)), _ungated(account)),
        Section("Environments", tuple(environments(account))),
        Section("How long each revision took", tuple(timings(account)), unmeasured(account)),
        Section("What each revision executed", tuple(_executed(account)), _masked(account)),
        Section("The revisions, and which environment has which", account.pictures, _drawn(account)),
        Section("What happened", (Table(("Time (UTC)", "By", "What"), tuple(course(account.course))),)),
        *targets(account),
        Section("The journal", (Facts(tuple(_journal(account))),)),
    ]
    back = any(takings(account.rollbacks))
    outcome = f"{words.ended(run)}{', and taken back since' if back else ''}"
    return Page(
        title=f"Run {run.id}",
        outcome=Cell(outcome, Tone.WARN if back or not run.outcome else _OUTCOMES.get(run.outcome, Tone.BAD)),
        lead=_lead(account),
        sections=tuple(section for section in sections if section.parts or section.note),
        foot=f"Written at {time(account.at)} UTC from the journal and the scripts; no database was asked.",
    )


def _code(text: str) -> Cell:
    return Cell(text, Tone.CODE)


def _lead(account: Account) -> str:
    run = account.run
    return f"{run.command}: {words.amount(run.plan)}, begun {time(run.started_at)} UTC by {run.actor}"


def _who(account: Account) -> Iterator[tuple[str, Cell]]:
    run, first = account.run, account.attempts[0]
    yield "Command", _code(f"orchestrate apply, of a plan for: {run.command}" if account.seal else run.command)
    yield "Begun", Cell(f"{time(first.at)} UTC by {first.actor}")
    for again in account.attempts[1:]:
        yield "Taken up again", Cell(f"{time(again.at)} UTC by {again.actor}")
    if run.finished_at is not None:
        took = words.lasting((run.finished_at - run.started_at).total_seconds())
        yield "Ended", Cell(f"{time(run.finished_at)} UTC, after {took}: {words.ended(run)}")
    else:
        yield "Ended", Cell(f"not; last heard of {time(run.last_event_at)} UTC", Tone.WARN)
    yield from (("Taken back", Cell(told, Tone.WARN)) for told in takings(account.rollbacks))
    if account.confirmed:
        yield "Confirmed by name", Cell(", ".join(account.confirmed))
    if run.reason:
        yield "Reason given", Cell(run.reason)
    if account.sealed is not None:
        made = f"{account.sealed.get('author')} ({account.sealed.get('actor')})"
        yield "Plan made by", Cell(f"{made}, {_day(account.sealed.get('created_at'))} UTC")


def _day(text: object) -> str:
    return str(text).replace("T", " ")[:19]


def _approvals(account: Account) -> Iterator[Table]:
    rows = tuple(
        (Cell(one.by), Cell(time(one.at), Tone.TIME), Cell(one.actor), _code(one.seal))
        for one in account.approvals
    )
    if rows:
        yield Table(("Approved by", "Time (UTC)", "Typed by", "Seal"), rows)


def _bytes(account: Account) -> Iterator[Facts | Table]:
    plan, sealed = account.run.plan, account.sealed or {}
    facts = [("Fingerprint of the plan", _code(plan.fingerprint))]
    facts += [("Seal of its file", _code(account.seal))] if account.seal else []
    facts += [(path, _code(digest)) for path, digest in sealed.get("files", {}).items()]
    facts += [("orchestrate", Cell(account.version))] if account.version else []
    if ran_on := ", ".join(_versions(account.targets)):
        facts.append(("The revisions ran on", Cell(ran_on)))
    yield Facts(tuple(facts))
    rows = tuple(tuple(_script(one, account)) for one in account.scripts)
    if rows:
        yield Table(("Revision", "Message", "SHA-256 as planned", "The script today"), rows)


def _versions(targets: Iterable[TargetAccount]) -> Iterator[str]:
    """Each program with its version; with the number of targets where they differ."""
    found: dict[str, Counter[str]] = {}
    for one in targets:
        for name, version in one.ran_on.items():
            found.setdefault(name, Counter())[version] += 1
    for name, versions in found.items():
        told = [f"{version} ({count:,})" for version, count in versions.items()]
        yield f"{name.replace('_', ' ')} {', '.join(told if len(told) > 1 else versions)}"


def _script(one: ScriptAccount, account: Account) -> Iterator[Cell]:
    yield _code(one.revision)
    action = "" if one.action is Action.UPGRADE else f" ({words.applied(one.action)})"
    yield Cell(words.short(one.message) + action)
    yield _code(one.digest)
    yield _today(one, account)


def _executed(account: Account) -> Iterator[Table]:
    """What the first target of each environment was told, once where environments were told the same."""
    rows = []
    for one in account.scripts:
        places: dict[tuple[str, int], list[str]] = {}
        for told in one.executed:
            places.setdefault((_statements(told), told.more), []).append(told.target)
        for (text, more), where in places.items():
            rest = f"\n… and {more:,} more" if more else ""
            rows.append((_code(one.revision), _code(", ".join(where)), _code(text + rest)))
    if rows:
        yield Table(("Revision", "On", "Statements"), tuple(rows))


def _statements(told: Executed) -> str:
    times = ((one.text, f" ({one.times:,} times)" if one.times > 1 else "") for one in told.statements)
    return "\n".join(f"{text};{more}" for text, more in times) or "it changed nothing"


def _masked(account: Account) -> str:
    recorded = any(one.executed for one in account.scripts)
    return "As recorded on the first target of each environment, without literals." if recorded else ""


def _today(one: ScriptAccount, account: Account) -> Cell:
    if one.ran:
        return Cell(f"it ran with other bytes: {', '.join(one.ran)}", Tone.BAD)
    if one.path is None:
        return Cell("not read" if account.unread else "gone", Tone.WARN)
    if one.changed:
        return Cell(f"{one.path} differs: {one.now}", Tone.BAD)
    return Cell(f"{one.path}: the same", Tone.GOOD)


def _unread(account: Account) -> str:
    return f"The revision scripts cannot be read now: {account.unread}" if account.unread else ""


def _gates(account: Account) -> Iterator[Table]:
    if not account.gates:
        return
    waived = {verdict.waiver for verdict in account.gates if verdict.waiver}
    columns = ("Gate", "Answer", "Why", *(["Waived by"] if waived else []))
    yield Table(columns, tuple(tuple(_gate(verdict))[: len(columns)] for verdict in account.gates))
    later = tuple(
        (Cell(one.gate), Cell(one.by), Cell(time(one.at), Tone.TIME), Cell(one.reason))
        for one in dict.fromkeys(account.run.waivers)
        if one not in waived
    )
    if later:
        yield Table(("Waived later", "By", "Time (UTC)", "Reason"), later)


def _gate(verdict: Verdict) -> Iterator[Cell]:
    yield _code(verdict.gate)
    yield Cell(str(verdict.answer), _ANSWERS.get(verdict.answer, Tone.BAD))
    yield Cell(verdict.reason)
    waiver = verdict.waiver
    yield Cell(f"{waiver.by}, {time(waiver.at)} UTC: {waiver.reason}" if waiver else "", Tone.WARN)


def _ungated(account: Account) -> str:
    told = "What the gates said is not recorded: an earlier version of orchestrate began this run."
    return told if account.gates is None else ""


def _drawn(account: Account) -> str:
    if not account.pictures:
        return ""
    dashed = "Dashed: where a target stood before this run. "
    return dashed + "Environments that the run did not look at stand where the journal had them when it ended."


def _journal(account: Account) -> Iterator[tuple[str, Cell]]:
    yield "Checked", Cell(f"all {account.head.events:,} events, each against the one before it: whole", Tone.GOOD)
    yield "Head", _code(account.head.digest)
    yield "To check it", _code(f"orchestrate journal verify --expect {account.head.digest}")
    yield "Every event", _code(f"orchestrate show {account.run.id} --details")
