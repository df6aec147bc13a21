"""What a rule is, and what it may look at beside the change that it judges."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core.lint import LintFinding, Severity
from orchestrator.project.revision_scripts.lint.change import Kind

if TYPE_CHECKING:
    from orchestrator.project.revision_scripts.lint.change import Change, Known, Revision, Trait

POSTGRESQL = frozenset({"postgresql"})
MYSQL = frozenset({"mysql"})
EVERYWHERE = frozenset({"postgresql", "mysql", "sqlite"})

_QUOTED = re.compile(r'"([^"]*)"')
_COMPUTED = re.compile(r"\{([^{}]*)\}")
_OF_SOURCE = frozenset({Kind.UNREAD, Kind.OTHER, Kind.DROP_ALL, Kind.ACCESS})
"""Changes that have words or code where others have a name."""


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a change: its family of databases, all changes of its revision, what is new before it."""

    family: str
    revision: Revision
    changes: tuple[Change, ...]
    known: Known


Applies = Callable[["Change", Context], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about single changes. Its texts are filled with the names that stand in the script.

    It is for changes that have all traits that it `needs`, and none of those in `unless`; `applies` narrows it by
    what is around them. `of_new` says that it holds for a table of these revisions too. `elsewhere` is the safe
    way on other databases than PostgreSQL, where it is another one.
    """

    name: str
    severity: Severity
    kinds: frozenset[Kind]
    what: str
    why: str
    rewrite: str
    elsewhere: str = ""
    families: frozenset[str] = EVERYWHERE
    needs: frozenset[Trait] = frozenset()
    unless: frozenset[Trait] = frozenset()
    applies: Applies | None = None
    of_new: bool = False

    def holds(self, change: Change, context: Context, *, new: bool) -> bool:
        """Whether it finds something in a change; `new` is one of what these revisions made themselves."""
        if change.kind not in self.kinds or context.family not in self.families or (new and not self.of_new):
            return False
        fits = self.needs <= change.traits and not self.unless & change.traits
        return fits and (self.applies is None or self.applies(change, context))

    def finding(self, change: Change, context: Context) -> LintFinding:
        """What it says of a change."""
        rewrite = self.elsewhere if self.elsewhere and context.family != "postgresql" else self.rewrite
        what, why, rewrite = (_filled(text, change) for text in (self.what, self.why, rewrite))
        if computed := _computed(change):
            what += f"; the script computes {' and '.join(computed)}"
        where = f"{context.revision.where}:{change.line}"
        return LintFinding(self.name, self.severity, context.revision.revision, where, what, why, rewrite)


def _computed(change: Change) -> list[str]:
    """What of its names the script computes, as it stands there."""
    if change.kind in _OF_SOURCE:
        return []
    names = (change.table, change.name, "" if change.kind is Kind.ALTER_TYPE else change.other)
    return list(dict.fromkeys(f"`{one}`" for name in names for one in _COMPUTED.findall(name or "") if one))


def _filled(text: str, change: Change) -> str:
    """The text with the names of the script: within its quotes as code, and elsewhere as words."""
    names = {
        "table": change.table or "the table",
        "name": change.name or f"{change.table}_…",
        "other": change.other or "…",
    }
    words = {key: f"`{one[1:-1]}`" if f"`{one[1:-1]}`" in _computed(change) else one for key, one in names.items()}
    filled = (
        literal(part.format(**names)) if place % 2 else part.format(**words, columns=change.columns or "[…]")
        for place, part in enumerate(_QUOTED.split(text))
    )
    return "".join(filled)


def goes(change: Change, context: Context) -> bool:
    """Whether its name goes: its revision makes no view of it."""
    return change.varies or not any(
        one.kind is Kind.CREATE_VIEW and one.table == change.table for one in context.changes
    )


def stays(change: Change, context: Context) -> bool:
    """Whether its table is there after its revision: what goes with a table is told with that."""
    return change.varies or not any(
        one.kind is Kind.DROP_TABLE and one.table == change.table for one in context.changes
    )


def literal(text: str) -> str:
    """A text as it stands in code: in quotes, and what it computes, which is in braces, outside of them."""
    if _COMPUTED.fullmatch(text):
        return text[1:-1] or "…"
    return f'f"{text}"' if _COMPUTED.search(text) else f'"{text}"'
