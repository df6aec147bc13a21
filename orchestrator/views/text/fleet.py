"""A run of many targets while it runs: how far it is, how fast, what is slowest, and the lines that need eyes.

A fold over the run's events; it knows no clock. Whoever shows it says what time it is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from orchestrator.core.events import Event, EventKind
from orchestrator.core.plan import Plan
from orchestrator.core.reports import Result
from orchestrator.core.run import Run
from orchestrator.core.targets import Target
from orchestrator.views.text import many, progress, words

_MEASURED = 500
"""The latest revisions that the rate is taken from."""
_ENOUGH = 5
"""Revisions from which a rate is worth a word."""
_SLOW = 2
"""Seconds from which what is in hand is worth naming."""
_TOLD = 20
"""Lines of one kind of trouble; further ones are counted, and the report has them all."""
_ALWAYS = (
    EventKind.RUN_STARTED,
    EventKind.RUN_RESUMED,
    EventKind.STEP_IN_DOUBT,
    EventKind.RUN_LOCK_LOST,
    EventKind.STOPPING,
    EventKind.WAVE_PAUSED,
    EventKind.HOOK_FINISHED,
    EventKind.ENVIRONMENT_VERIFIED,
)
_FIRST_ONES = (EventKind.STEP_RETRIED, EventKind.LOCK_WAITING, EventKind.TABLE_LOCK_WAITING, EventKind.WAITING)


def expected(plan: Plan, run: Run | None = None) -> dict[Target, int]:
    """How many revisions each target is to get; of a run that is taken up again only what is left."""
    left = ((target, target.steps) for target in plan.targets if run is None or not run.finished(target.target))
    return {target.target: len(steps) for target, steps in left if steps}


class Fleet:
    """How far a run of many targets is, after the events it was given in order."""

    def __init__(self, expected: Mapping[Target, int]) -> None:
        self._left = dict(expected)
        self._steps = sum(expected.values())
        self._targets = Counter(target.environment for target in expected)
        self._ended: dict[str, Counter[str]] = {}
        self._running: dict[Target, tuple[datetime, str]] = {}
        self._environment = next((target.environment for target in expected), "")
        self._wave: Mapping[str, Any] = {}
        self._wave_since: datetime | None = None
        self._stamps: deque[datetime] = deque(maxlen=_MEASURED)
        self._rate: float | None = None
        self._pause = 0.0
        self._next_wave: datetime | None = None
        self._stopping = False
        self._told: Counter[EventKind] = Counter()
        self._waiting: set[tuple[Any, ...]] = set()

    @property
    def large(self) -> bool:
        """Whether there are so many targets that they are not told one by one."""
        return sum(self._targets.values()) > many.MANY

    def after(self, event: Event) -> Text | None:
        """Take the event in; the line that it deserves, None for one that only the counts need."""
        line = self._line(event)
        if event.target is not None:
            self._environment = event.target.environment
        if (counted := self._counting.get(event.kind)) is not None:
            counted(self, event)
        return line

    def _begun(self, event: Event) -> None:
        if event.target is not None:
            self._running[event.target] = event.at, event.revision or ""

    def _stepped(self, event: Event) -> None:
        if event.target is not None and self._left.get(event.target, 0):
            self._left[event.target] -= 1
            self._steps -= 1
        self._stamps.append(event.at)

    def _finished(self, event: Event) -> None:
        if event.target is None:
            return
        self._running.pop(event.target, None)
        self._steps -= self._left.pop(event.target, 0)
        self._ended.setdefault(event.target.environment, Counter())[str(event.body["result"])] += 1

    def _wave_begun(self, event: Event) -> None:
        self._wave, self._wave_since, self._next_wave = event.body, event.at, None
        self._environment = event.body["environment"]

    def _paused(self, event: Event) -> None:
        self._rate, self._pause = self.rate(event.at), float(event.body["seconds"])
        self._next_wave = event.at + timedelta(seconds=self._pause)
        self._stamps.clear()  # or the pause would look like slow work

    def _stopped(self, _event: Event) -> None:
        self._stopping = True

    _counting: Mapping[EventKind, Callable[[Fleet, Event], None]] = {
        EventKind.TARGET_STARTED: _begun,
        EventKind.STEP_INTENT: _begun,
        EventKind.STEP_APPLIED: _stepped,
        EventKind.STEP_RECOVERED: _stepped,
        EventKind.TARGET_FINISHED: _finished,
        EventKind.WAVE_STARTED: _wave_begun,
        EventKind.WAVE_PAUSED: _paused,
        EventKind.STOPPING: _stopped,
    }

    def rate(self, now: datetime) -> float | None:
        """Revisions a second, as the latest ones went; None while there were too few."""
        if len(self._stamps) < _ENOUGH:
            return self._rate
        return len(self._stamps) / max((now - self._stamps[0]).total_seconds(), 0.001)

    def seconds_left(self, now: datetime) -> float | None:
        """How long the rest takes at this rate, with a pause such as the last before each further wave."""
        rate = self.rate(now)
        if rate is None:
            return None
        waves = int(self._wave.get("of", 0)) - int(self._wave.get("number", 0))
        return self._steps / rate + self._pause * max(waves - (self._next_wave is not None), 0) + self._until(now)

    def _until(self, now: datetime) -> float:
        """Seconds to the next wave, where one is waited for."""
        return max((self._next_wave - now).total_seconds(), 0) if self._next_wave else 0.0

    def text(self, now: datetime) -> Text:
        """One line: where it is, how many are done, failed and running, how fast, how long still, the slowest."""
        ended = self._ended.get(self._environment, Counter())
        done = ended[Result.APPLIED] + ended[Result.NOTHING_TO_DO]
        text = Text.assemble((self._environment, "bold"), no_wrap=True, overflow="ellipsis")
        if self._wave.get("environment") == self._environment:
            text.append(f"  wave {self._wave['number']} of {self._wave['of']}")
        text.append(f"  {done:,} of {self._targets[self._environment]:,} done", "green")
        for result, style in ((Result.FAILED, "red"), (Result.IN_DOUBT, "bold red"), (Result.STOPPED, "yellow")):
            if ended[result]:
                text.append(f", {ended[result]:,} {result.replace('_', ' ')}", style)
        text.append(f", {len(self._running):,} running" if self._running else "")
        return text.append("".join(f"  {part}" for part in self._pace(now)))

    def _pace(self, now: datetime) -> list[str]:
        told = []
        if (rate := self.rate(now)) is not None:
            told.append(f"{rate:,.0f} revisions/s" if rate >= 1 else f"{rate * 60:,.0f} revisions/min")
        if not self._stopping and (left := self.seconds_left(now)):
            told.append(f"about {words.lasting(left)} left")
        if self._next_wave is not None:
            told.append(f"next wave in {words.lasting(self._until(now))}")
        if self._running:
            slowest, (since, revision) = min(self._running.items(), key=lambda one: one[1][0])
            if (took := (now - since).total_seconds()) >= _SLOW:
                named = f"{slowest.tenant or slowest} {revision}".rstrip()
                told.append(f"slowest {named} {words.lasting(took)}")
        return told

    def _line(self, event: Event) -> Text | None:
        beside = event.kind is EventKind.WAITING and event.target is None
        if beside or event.kind in _ALWAYS or event.body.get("recorded") is False:
            return progress.line(event)
        if event.kind is EventKind.WAVE_FINISHED:
            took = words.lasting((event.at - self._wave_since).total_seconds()) if self._wave_since else "no time"
            return Text.assemble(
                (f"{event.body['environment']}  ", "bold"), f"{words.wave(event.body)}, in {took}"
            )
        if event.kind is EventKind.TARGET_FINISHED and event.body.get("result") == Result.FAILED:
            reason = words.short(str(event.body.get("reason", "")).removeprefix(f"{event.target}: "))
            return self._bounded(event, Text.assemble((f"{event.target}  ", "bold"), ("failed  ", "red"), reason))
        return self._bounded(event, progress.line(event)) if self._news(event) else None

    def _news(self, event: Event) -> bool:
        """Whether this trouble was not told before: a wait comes again and again while nothing changes."""
        told = (event.kind, event.target, event.body.get("holder") or event.body.get("blocked_by"))
        if event.kind not in _FIRST_ONES or (event.kind is not EventKind.STEP_RETRIED and told in self._waiting):
            return False
        self._waiting.add(told)
        return True

    def _bounded(self, event: Event, line: Text | None) -> Text | None:
        self._told[event.kind] += 1
        if self._told[event.kind] <= _TOLD:
            return line
        if self._told[event.kind] == _TOLD + 1:
            return Text("further ones like this are counted here; each is in the report and in the log", "dim")
        return None
