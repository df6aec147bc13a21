"""What an environment must stand after it changed, and what is run before and after: as values. Pure."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orchestrator.core.observations import Observation, another
from orchestrator.core.phrases import few
from orchestrator.errors import FailedError, OrchestrateError, Problem

_NAMED = 3
"""How many targets, and how many different faults, are named in a sentence."""
_LONGEST = 80
"""Characters of a check's SQL, or of a program with its arguments, that are shown."""


def named(command: Sequence[str]) -> str:
    """A program in a sentence, with its arguments, by which it differs from others; long ones are left out.

    None is cut: the rest of a secret could not be masked.
    """
    told, *more = (" ".join(shlex.quote(word).split()) for word in command)
    for word in more:
        if len(told) + len(word) >= _LONGEST:
            return f"{told} …"
        told += f" {word}"
    return told


@dataclass(frozen=True, slots=True)
class Check:
    """An SQL text whose first value must be true on every target, or a program with its arguments: one of them.

    It must end within `timeout` seconds.
    """

    sql: str | None = None
    command: tuple[str, ...] = ()
    timeout: float = 60.0

    def __str__(self) -> str:
        return self.sql if self.sql is not None else named(self.command)


@dataclass(frozen=True, slots=True)
class Answered:
    """A check that was asked, and what did not stand it: nothing where it passed."""

    check: Check
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all that was asked said yes."""
        return not self.problems

    @property
    def reason(self) -> str | None:
        """Why it failed, in a sentence; None where it passed. Of many targets the first few are named."""
        if self.passed:
            return None
        if self.check.sql is None:
            return self.problems[0].what
        found: dict[str, list[str]] = {}
        for problem in self.problems:
            found.setdefault(problem.what, []).append(str(problem.where))
        told = [f"{what} ({few(where, _NAMED)})" for what, where in found.items()]
        return f"verify ({_short(self.check.sql)}) {few(told, _NAMED, '; ')}"


@dataclass(frozen=True, slots=True)
class Verification:
    """How an environment stood its checks, asked on so many targets; `mend` is what to type where it did not.

    `unfinished` is the run that changed it and has not ended since they did not pass in it, by its id.
    """

    environment: str
    answers: tuple[Answered, ...]
    targets: int
    mend: str
    unfinished: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it did not stand them: a sentence for each that failed."""
        return tuple(one.reason for one in self.answers if one.reason is not None)

    @property
    def body(self) -> dict[str, Any]:
        """What is recorded of it, beside where the environment stood."""
        return {
            "environment": self.environment,
            "passed": not self.reasons,
            "reason": "; ".join(self.reasons) or None,
            "checks": [str(one.check) for one in self.answers],
        }

    @property
    def error(self) -> OrchestrateError | None:
        """The failure of all checks that failed; None where all passed."""
        if not self.reasons:
            return None
        problems = [Problem(reason, self.environment, self.mend) for reason in self.reasons]
        return FailedError.collect(problems, f"{{n}} checks of {self.environment} failed")


@dataclass(frozen=True, slots=True)
class Hook:
    """A program with its arguments that is run before or after an environment changes.

    It must end within `timeout` seconds.
    """

    command: tuple[str, ...]
    timeout: float = 600.0


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the change of an environment: what is run before, must be true after, and is run last."""

    before: tuple[Hook, ...] = ()
    verify: tuple[Check, ...] = ()
    after: tuple[Hook, ...] = ()


NOTHING_AROUND = Around()
"""What holds where nothing is said of them."""


def _short(sql: str) -> str:
    flat = " ".join(sql.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def fault_of(answer: Sequence[Sequence[object]]) -> str | None:
    """Why the rows that a check's SQL gave do not say yes; None where the first value of the first is true.

    True is what the databases write for it: a boolean, or 1. A value that is no answer is not told: it may be
    anything.
    """
    if not answer or not answer[0]:
        return "gave no row"
    value = answer[0][0]
    if value is None:
        return "gave NULL"
    if not isinstance(value, bool | int | float | Decimal) or value not in (0, 1):
        return "gave neither true nor false"
    return None if value == 1 else "is not true"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an environment stands: at which heads, and which databases these are.

    `state` is a digest of the heads that there are in each database, not of who has them: so a tenant that comes
    or goes changes nothing as long as nobody stands elsewhere. It is empty where a part was looked at. Which
    databases these are is told by `identities`, by the targets' names; an older version recorded none.
    """

    state: str = ""
    identities: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, seen: Iterable[Observation]) -> Standing:
        """Where an environment stands that was seen so."""
        seen = tuple(seen)
        found = sorted({(one.target.database, tuple(sorted(one.heads))) for one in seen})
        state = hashlib.sha256(json.dumps(found, separators=(",", ":")).encode()).hexdigest()
        return cls(state, {str(one.target): one.identity for one in seen if one.identity is not None})

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Standing:
        """The one whose `body` was recorded."""
        return cls(str(body["state"]), body.get("identities", {}))

    @property
    def body(self) -> dict[str, Any]:
        """What is recorded of it."""
        return {"state": self.state, "identities": dict(self.identities)}

    def replaced(self, now: Standing) -> tuple[str, ...]:
        """The targets that were there already, and are another database now."""
        return tuple(name for name, one in now.identities.items() if another(self.identities.get(name), one))
