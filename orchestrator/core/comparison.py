"""A schema held against what a revision's schema should be, object by object. Pure: texts in, a value out.

What matters is told first: objects that are missing, that nobody expects, or that are made differently. The
order of columns does not count, and neither does how a statement was written down. A constraint or an index that
is the same but for its name is told apart from the rest: names are often the database's own invention, but a
later revision that drops it by name would fail.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.targets import Target

_QUOTES = re.compile(r"[\"`\[\]]")
_INDEX_ON = re.compile(r"(?i)\bINDEX\s+(IF NOT EXISTS\s+)?\S+\s+ON\s+(ONLY\s+)?(?:\S+\.)?(?=\S)")
_CONSTRAINT_NAME = re.compile(r"(?i)\bconstraint\s+\S+\s+")
_NAMED_APART = ("constraint", "index")
"""Kinds whose names are often made up by the database."""


class Kind(StrEnum):
    """How an object differs from what the revision's schema should be."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as expected: `table orders`, `column orders.total`."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a schema was held against: `reference` in words, None where there was nothing, and then `why` not.

    `renamed` are pairs of names, as expected and as found, of what is otherwise the same. `target` is the
    reference where it is one of the file.
    """

    reference: str | None
    why: str | None = None
    differences: tuple[Difference, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    target: Target | None = None

    @property
    def same(self) -> bool:
        """Whether it was compared, and is what it should be."""
        return self.reference is not None and not self.differences


def compare(
    expected: Mapping[str, str], found: Mapping[str, str]
) -> tuple[tuple[Difference, ...], tuple[tuple[str, str], ...]]:
    """The differences between two schemas, and what has another name only.

    Both are each object's name with its kind (`column orders.total`) → the text that defines it, without the
    version table.
    """
    wanted, had = ({name: _plain(name, text) for name, text in one.items()} for one in (expected, found))
    missing, extra = wanted.keys() - had.keys(), had.keys() - wanted.keys()
    renamed = _renamed({name: wanted[name] for name in missing}, {name: had[name] for name in extra})
    missing -= {one for one, _ in renamed}
    extra -= {other for _, other in renamed}
    told = [(Kind.MISSING, name) for name in missing if _table(name, expected) not in missing]
    told += [(Kind.UNEXPECTED, name) for name in extra if _table(name, found) not in extra]
    told += [(Kind.DIFFERENT, name) for name in wanted.keys() & had.keys() if wanted[name] != had[name]]
    tables = {
        f"table {name.partition(' ')[2].partition('.')[0]}" for _, name in told if name.startswith("column ")
    }
    order = list(Kind)
    differences = sorted(
        # The text of a table repeats its columns on SQLite.
        ((kind, name) for kind, name in told if (kind, name in tables) != (Kind.DIFFERENT, True)),
        key=lambda one: (order.index(one[0]), one[1]),
    )
    return tuple(Difference(kind, name) for kind, name in differences), tuple(sorted(renamed))


def without(schema: Mapping[str, str], table: str) -> dict[str, str]:
    """The schema without a table and all that belongs to it: the version table is nobody's concern."""
    return {name: text for name, text in schema.items() if f"table {table}" not in (name, _table(name, schema))}


def _renamed(missing: Mapping[str, str], extra: Mapping[str, str]) -> set[tuple[str, str]]:
    """Pairs of objects of one kind and table that are defined alike; each is in one pair."""
    waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(extra):
        waiting[_likeness(name, extra[name])].append(name)
    pairs = set()
    for name in sorted(missing):
        if name.startswith(_NAMED_APART) and (alike := waiting[_likeness(name, missing[name])]):
            pairs.add((name, alike.pop(0)))
    return pairs


def _likeness(name: str, text: str) -> tuple[str, str]:
    kind, _, qualified = name.partition(" ")
    table, dot, _ = qualified.partition(".")
    return f"{kind} {table if dot else ''}", text


def _table(name: str, schema: Mapping[str, str]) -> str | None:
    """The table that an object is a part of; a sequence and some indexes have it elsewhere than before a dot."""
    kind, _, qualified = name.partition(" ")
    table, dot, _ = qualified.partition(".")
    if dot:
        return f"table {table}"
    if kind == "sequence":
        owners = (one for one in schema if one.startswith("table ") and qualified.startswith(f"{one[6:]}_"))
        return max(owners, key=len, default=None)
    if kind == "index" and (on := re.search(r"(?i)\bON\s+(?:ONLY\s+)?(\S+)", _unquoted(schema[name]))):
        return f"table {on[1].rpartition('.')[2].partition('(')[0]}"
    return None


def _unquoted(text: str) -> str:
    return " ".join(_QUOTES.sub("", text).split())


def _plain(name: str, text: str) -> str:
    """A definition as it is compared: without quotes, line breaks, and the names that it gives to its parts."""
    plain = _unquoted(text)
    if name.startswith("index "):
        return _part(_INDEX_ON.sub("INDEX ON ", plain).casefold())
    if name.startswith("table ") and "(" in plain:
        return "\n".join(sorted(filter(None, _parts(plain.casefold()))))
    return plain


def _parts(statement: str) -> Iterable[str]:
    """The columns and constraints of a CREATE TABLE, which SQLite keeps as it was written."""
    _, _, inner = statement.partition("(")
    depth, part = 0, ""
    for sign in inner.rpartition(")")[0]:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            yield _part(part)
            part = ""
        else:
            part += sign
    yield _part(part)


def _part(text: str) -> str:
    """Without the name of a constraint, and without the primary key, which the columns tell."""
    plain = re.sub(r"\s*([(),])\s*", r"\1", _CONSTRAINT_NAME.sub("", text))
    return re.sub(r"\s*\bprimary key\b(\([^)]*\))?", "", plain).strip()
