"""What became of the targets of a run, as tables: what went wrong, each environment, times, every target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from orchestrator.core.account import Account, ScriptAccount, StepAccount, TargetAccount, Timing
from orchestrator.core.plan import at
from orchestrator.views.page import Cell, Section, Table, Tone
from orchestrator.views.text import many, words

_TIMED = 20_000
"""Steps up to which each has its seconds in its target's row; of more the targets' sums are told."""
_LONG = 600
"""Seconds from which a time is told in hours and minutes."""
_RESULTS = {"applied": Tone.GOOD, "nothing_to_do": Tone.GOOD, "failed": Tone.BAD, "in_doubt": Tone.BAD}


def errors(account: Account) -> Iterator[Table]:
    """Each reason once, with those that share it; and what is in doubt."""
    failed = [one for one in account.targets if one.reason is not None or one.result in ("in_doubt", "not_ended")]
    told = [(one, (one.reason or _standing(one)).removeprefix(f"{one.target}: ")) for one in failed]
    rows = [
        (
            Cell(many.few([str(one.target) for one in alike], 20), Tone.CODE),
            Cell(what, Tone.BAD),
            Cell(next((one.mend for one in alike if one.mend), ""), Tone.CODE),
        )
        for what, alike in many.shared(told)
    ]
    if account.run.stopped_by:
        rows.insert(0, (Cell("the run"), Cell(account.run.stopped_by, Tone.BAD), Cell("")))
    columns = ("Where", "What", "What was to be typed")[: 3 if any(mend.text for *_, mend in rows) else 2]
    if rows:
        yield Table(columns, tuple(row[: len(columns)] for row in rows))


def _standing(one: TargetAccount) -> str:
    step = next((step for step in one.steps if step.outcome in ("in_doubt", "started")), None)
    word = str(one.result).replace("_", " ")
    return f"revision {step.revision}: {word}" if step else word


def environments(account: Account) -> Iterator[Table]:
    """Each environment: how its targets came out, from which heads to which, and when."""
    rows = []
    for name, targets in account.environments:
        counts = Counter(one.result for one in targets)
        worst = next((tone for word, tone in _RESULTS.items() if tone is Tone.BAD and counts[word]), Tone.PLAIN)
        begun = [one.begun_at for one in targets if one.begun_at]
        ended = [one.ended_at for one in targets if one.ended_at]
        rows.append(
            (
                Cell(name),
                Cell(f"{len(targets):,}"),
                Cell(", ".join(f"{count:,} {_word(word, account)}" for word, count in counts.items()), worst),
                Cell(_heads(targets, before=True), Tone.CODE),
                Cell(_heads(targets, before=False), Tone.CODE),
                Cell(time(min(begun)) if begun else "", Tone.TIME),
                Cell(time(max(ended)) if ended else "", Tone.TIME),
            )
        )
    if rows:
        yield Table(("Environment", "Targets", "Result", "From", "To", "Begun (UTC)", "Ended (UTC)"), tuple(rows))


def _heads(targets: Iterable[TargetAccount], *, before: bool) -> str:
    counts = Counter(at(one.start if before else one.end) for one in targets)
    if len(counts) == 1:
        return next(iter(counts))
    told = [f"{heads} ({count:,})" for heads, count in counts.most_common()]
    return many.few(told, 5)


def timings(account: Account) -> Iterator[Table]:
    """How long each revision took in each environment."""
    measured = [(one, took) for one in account.scripts for took in one.timings]
    columns = ("Revision", "Environment", "Targets", "Shortest", "Median", "Longest", "Longest on")
    if measured and all(took.targets == 1 for _, took in measured):
        rows = tuple((*_of(one, took), _took(took.median)) for one, took in measured)
        yield Table((*columns[:2], "Took"), rows)
    elif measured:
        yield Table(columns, tuple((*_of(one, took), *_spread(took)) for one, took in measured))


def _of(one: ScriptAccount, took: Timing) -> tuple[Cell, Cell]:
    return Cell(one.revision, Tone.CODE), Cell(took.environment)


def _spread(took: Timing) -> Iterator[Cell]:
    yield Cell(f"{took.targets:,}")
    yield from map(_took, (took.shortest, took.median, took.longest))
    yield Cell(str(took.slowest) if took.targets > 1 else "", Tone.CODE)


def _took(time: float) -> Cell:
    return Cell(seconds(time), Tone.TIME)


def unmeasured(account: Account) -> str:
    """How many revisions nobody measured; empty for none."""
    recovered = sum(step.outcome in ("recovered", "by_hand") for one in account.targets for step in one.steps)
    return (
        f"Not measured: {recovered:,} found done without a recorded outcome, or done by hand." if recovered else ""
    )


def targets(account: Account) -> Iterator[Section]:
    """Each environment's targets, a row each."""
    steps = sum(len(one.steps) for one in account.targets)
    columns = ("Target", "Result", "From", "To", "Revisions", "Took", "Begun (UTC)", "Ended (UTC)")
    for name, targets in account.environments:
        rows = tuple(tuple(_target(one, account, each=steps <= _TIMED)) for one in targets)
        yield Section(f"{name}: {words.count(len(targets), 'target')}", (Table(columns, rows, long=True),))


def _target(one: TargetAccount, account: Account, *, each: bool) -> Iterator[Cell]:
    yield Cell(str(one.target), Tone.CODE)
    yield Cell(_word(one.result, account), _RESULTS.get(one.result, Tone.WARN))
    yield Cell(at(one.start), Tone.CODE)
    yield Cell(at(one.end), Tone.CODE)
    yield Cell(_steps(one.steps) if each else words.count(len(one.steps), "revision"))
    yield Cell(seconds(one.seconds) if one.begun_at else "", Tone.TIME)
    yield Cell(time(one.begun_at) if one.begun_at else "", Tone.TIME)
    yield Cell(time(one.ended_at) if one.ended_at else "", Tone.TIME)


def _steps(steps: Sequence[StepAccount]) -> str:
    return ", ".join(map(_step, steps))


def _step(step: StepAccount) -> str:
    told = seconds(step.seconds) if step.seconds is not None else step.outcome.replace("_", " ")
    return f"{step.revision} {told}" + (f" at attempt {step.retries + 1}" if step.retries else "")


def _word(result: str, account: Account) -> str:
    if result == "applied":
        return words.applied(account.run.plan.kind.action)
    return result.replace("_", " ")


def seconds(took: float) -> str:
    """A short time to the millisecond, a long one in its two largest units."""
    return f"{took:.3f} s" if took < 1 else f"{took:.1f} s" if took < _LONG else words.lasting(took)


def time(at_: datetime) -> str:
    """A time to the second; it is UTC."""
    return f"{at_:%Y-%m-%d %H:%M:%S}"
