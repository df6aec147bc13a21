"""A plan to be kept in a file, reviewed and applied later: with all that it relies on, and sealed. Pure.

What is in it may be read by anybody: no URL and no secret.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from orchestrator.core import plan_json as plans
from orchestrator.core.plan import Plan, PlanKind

FORMAT = "orchestrate-plan"
VERSION = 1
USUAL_FILE = "release.plan.json"
"""What a plan's file is called where nobody named it."""
_CLOCKS = timedelta(minutes=5)
"""By how much the clocks of two machines may differ without a word."""


class SealError(ValueError):
    """The values are a plan's, and not those that were sealed."""


@dataclass(frozen=True)
class Sealed:
    """A plan with who made it and when, until when it may be applied, and the bytes that it relies on.

    `author` is a person's name, `actor` user@host. `files` are digests by path, relative to environments.yaml:
    that file, each project's configuration and env.py. `scripts` are those of the planned revisions' scripts, by
    their paths as people know them. `tools` are versions, `overrides` the names of the variables that stood in for
    what environments.yaml says. `file` is where it lies, as it was typed: no part of
    what is sealed.
    """

    plan: Plan
    author: str
    actor: str
    created_at: datetime
    expires_at: datetime
    files: Mapping[str, str]
    scripts: Mapping[str, str]
    tools: Mapping[str, str]
    overrides: tuple[str, ...] = ()
    file: str = field(default=USUAL_FILE, compare=False)

    @cached_property
    def seal(self) -> str:
        """The digest of everything in it: what an approval is bound to."""
        return _seal(_canonical(to_json(self)))

    @property
    def applying(self) -> str:
        """The command that runs it."""
        import shlex

        return f"orchestrate apply {shlex.quote(self.file)}"

    @property
    def again(self) -> str:
        """The command that makes the plan anew, in the same file."""
        return sealing(self.plan, self.file)

    def ahead(self, now: datetime) -> str | None:
        """That it was made by a clock that is ahead of this one, by which it would be young for ever."""
        if self.created_at <= now + _CLOCKS:
            return None
        return f"the plan was made {utc(self.created_at)}, by a clock that is ahead: it is {utc(now)} here"

    def by_author(self, name: str) -> bool:
        """Whether that is the name of whoever made the plan."""
        return same_person(name, self.author)


def same_person(one: str, other: str) -> bool:
    """Whether two names are written for one person."""
    return person_key(one) == person_key(other)


def person_key(name: str) -> str:
    """The same for all ways to write a name: capitals, spaces and Unicode's forms of one letter do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def utc(at: datetime) -> str:
    """A time in a sentence: to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sealing(plan: Plan, file: str = USUAL_FILE) -> str:
    """The command that writes such a plan into a file, for a promotion or a rollout."""
    import shlex

    what = plan.source if plan.kind is PlanKind.PROMOTE else "--through"
    return f"orchestrate plan {what} {plan.destination} --out {shlex.quote(file)}"


def to_json(sealed: Sealed) -> dict[str, Any]:
    """It as JSON values, without its seal; `from_json` reads it back."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": sealed.plan.command,
        "author": sealed.author,
        "actor": sealed.actor,
        "created_at": sealed.created_at.isoformat(),
        "expires_at": sealed.expires_at.isoformat(),
        "fingerprint": sealed.plan.fingerprint,
        "tools": dict(sealed.tools),
        "files": dict(sealed.files),
        "scripts": dict(sealed.scripts),
        **({"overrides": list(sealed.overrides)} if sealed.overrides else {}),
        "plan": plans.to_json(sealed.plan),
    }


def from_json(value: object, file: str = USUAL_FILE) -> Sealed:
    """The plan that `to_json` and its seal were written of.

    Raises ValueError for what is no such plan or of a version not known here; SealError, which is one, where it is
    not what was sealed: something was changed, added or taken away.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError("it is not a plan that orchestrate plan --out wrote")
    if value.get("version") != VERSION:
        raise ValueError(
            f"it is of version {value.get('version')!r}, and this orchestrate reads version {VERSION}"
        )
    seal = value.get("seal")
    try:
        sealed = _from_values(value, file)
        written = _canonical({key: item for key, item in value.items() if key != "seal"})
        same = written == _canonical(to_json(sealed)) and seal == _seal(written)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise SealError("what stands in it is no plan any more") from error
    if not same:
        raise SealError("it is not what was sealed: something in it was changed")
    return sealed


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _seal(canonical: str) -> str:
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _from_values(value: dict[str, Any], file: str) -> Sealed:
    plan = plans.from_json(value["plan"])
    if not plan.kind.releases:
        raise ValueError(f"a {plan.kind} is not sealed")
    return Sealed(
        plan=plan,
        author=_text(value["author"]),
        actor=_text(value["actor"]),
        created_at=_time(value["created_at"]),
        expires_at=_time(value["expires_at"]),
        files=_texts(value["files"]),
        scripts=_texts(value["scripts"]),
        tools=_texts(value["tools"]),
        overrides=tuple(map(_text, value.get("overrides", ()))),
        file=file,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a plan's file has text where {type(value).__name__} stands")
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError(f"a plan's file has an object where {type(value).__name__} stands")
    return {_text(name): _text(item) for name, item in value.items()}


def _time(value: object) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.utcoffset() is None:
        raise ValueError(f"{value} has no time zone")
    return at
