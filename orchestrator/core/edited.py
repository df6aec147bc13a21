"""Scripts that were changed after they ran: which bytes ran where, against those of today. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.core.phrases import few
from orchestrator.core.scripts import Script
from orchestrator.core.targets import Target

Key = tuple[Target, str]
"""A database of an environment, without its tenants, and a revision."""
Recorded = Mapping[Key, frozenset[str]]
"""The digests of all bytes that ran."""


_COMPARED = 2000
"""Lines of a script that are compared; what that takes grows with their square."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The bytes of a revision's script that ran last, and the run that did it; `digest` is the script's then.

    `target` without a tenant, where there are some, stands for all of them: they ran the same bytes.
    """

    target: Target
    revision: str
    digest: str
    run: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Former:
    """What git has of a script as it ran: a `commit` (its id) that has those bytes, under that `path`.

    `difference` is the unified difference from then to now, `layout` whether that is in comments and blanks alone.
    """

    commit: str
    path: str
    difference: str
    layout: bool


@dataclass(frozen=True, slots=True)
class Edited:
    """A script that is not any more what these targets ran. `ran` is the latest time that they ran the same bytes.

    The script's path is as it is typed where environments.yaml is. `former` is what git has of it as it ran;
    `unfound` says why that is nothing.
    """

    script: Script
    ran: Ran
    targets: tuple[Target, ...]
    former: Former | None = None
    unfound: str | None = None

    @property
    def revision(self) -> str:
        """Whose script it is."""
        return self.ran.revision

    @property
    def databases(self) -> frozenset[Target]:
        """The databases that it ran in, without their tenants."""
        return frozenset(target.untenanted for target in self.targets)

    @property
    def mend(self) -> str:
        """What to type to have the bytes back that ran."""
        path = self.script.path
        if self.former is None:
            return f"put {path} back as it ran"
        return restoring(self.former.commit, self.former.path, path)


def restoring(commit: str, then: str, path: str) -> str:
    """The command that puts a file back as a commit has it, under the path that it had there."""
    import shlex

    if then == path:
        return f"git checkout {commit[:12]} -- {shlex.quote(path)}"
    return f"git show {shlex.quote(f'{commit[:12]}:./{then}')} > {shlex.quote(path)}"


def alike(found: Iterable[Edited]) -> dict[str, list[Edited]]:
    """Those that the same targets ran in the same run, by what is said of them: `since staging ran it (…)`."""
    by_run: dict[tuple[tuple[Target, ...], str], list[Edited]] = {}
    for one in found:
        by_run.setdefault((one.targets, one.ran.run), []).append(one)
    return {_since(each): each for each in by_run.values()}


def _since(each: Sequence[Edited]) -> str:
    ran = max((one.ran for one in each), key=lambda ran: ran.at)
    who, what = few(map(str, each[0].targets)), "it" if len(each) == 1 else "them"
    return f"since {who} ran {what} (run {ran.run}, {ran.at:%Y-%m-%d %H:%M} UTC)"


def suspects(recorded: Recorded, now: Mapping[Key, Script]) -> dict[Key, frozenset[str]]:
    """What ran with other bytes than those of `now`, with all bytes that ran there.

    Where only some of them differ, a look at each target tells whose last ones these were.
    """
    return {key: recorded[key] for key, one in now.items() if recorded.get(key, frozenset()) - {one.digest}}


def edited(ran: Iterable[Ran], now: Mapping[Key, Script]) -> tuple[Edited, ...]:
    """Each script that differs from what ran last, once for all targets that ran the same bytes of it."""
    same: dict[tuple[str, Script, str], list[Ran]] = {}
    for one in ran:
        script = now[one.target.untenanted, one.revision]
        if script.digest != one.digest:
            same.setdefault((one.revision, script, one.digest), []).append(one)
    return tuple(
        Edited(script, max(each, key=lambda one: one.at), tuple(one.target for one in each))
        for (_, script, _), each in same.items()
    )


def difference(old: bytes, new: bytes, path: str) -> str:
    """The unified difference of a script, `path`, as it ran and as it is now; line endings are no difference.

    Of a very long one the beginning: a script may hold rows by the hundred thousand.
    """
    from difflib import unified_diff

    then, now = (text.decode(errors="replace").splitlines() for text in (old, new))
    told = unified_diff(then[:_COMPARED], now[:_COMPARED], f"{path} as it ran", f"{path} now", lineterm="")
    cut = [f"… the first {_COMPARED} lines were compared"] if max(len(then), len(now)) > _COMPARED else []
    return "\n".join([*told, *cut])


def same_code(old: bytes, new: bytes) -> bool:
    """Whether two scripts differ in nothing but comments and blanks, as Python reads them."""
    import ast
    import warnings

    with warnings.catch_warnings():
        # What Python thinks of the script, a `\d` in a text say, is told to whoever runs it.
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(old)) == ast.dump(ast.parse(new))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
