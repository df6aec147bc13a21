"""What revisions execute, statement by statement, and where that is known from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from orchestrator.core.preview import Origin, RevisionSql, SqlStatement
from orchestrator.views.text import many, words

_NOTHING_THERE = "  nothing was changed there; elsewhere that may depend on the rows it finds"
_ROWS = ("insert", "update", "delete", "merge", "replace", "with", "copy")


def sql(found: Iterable[RevisionSql] | None) -> Iterator[Text]:
    """Every statement of each revision, and what is left out; nothing where nobody asked for it.

    What is not known comes last, each reason once for all revisions that it is told of.
    """
    told = tuple(found or ())
    several = len({one.family for one in told}) > 1
    for one in (one for one in told if one.why is None):
        yield _heading(one, _name(one), several)
        for statement in one.statements:
            yield from _lines(statement)
        if one.executed is not None and one.executed.own:
            named = (
                f"{' and '.join(one.executed.own)}, as {one.executed.target}'s own database or schema is called"
            )
            yield Text(f"  it names {named}: here its own name may come in that place", "yellow")
        if one.more:
            yield Text(f"  … and {one.more:,} more", "yellow")
        elif not one.statements:
            yield Text("  it changes nothing" if one.executed is None else _NOTHING_THERE)
    unknown = many.grouped([one for one in told if one.why is not None], lambda one: (one.family, one.why))
    for alike in unknown.values():
        revisions = many.few([one.revision for one in alike])
        name = _name(alike[0]) if len(alike) == 1 else f"{len(alike)} revisions, {revisions}"
        yield _heading(alike[0], name, several)
        yield Text(f"  not known: {alike[0].why}", "yellow")
    if any(one.executed is not None and any(map(_of_rows, one.statements)) for one in told):
        yield Text("what is executed for rows depends on those it finds: elsewhere it may be more, or less", "dim")
    if told:
        yield Text("literals ('…'), and what a script only asks, are left out", "dim")


def _name(one: RevisionSql) -> str:
    return f"{one.revision}  {words.short(one.message)}".rstrip()


def _heading(one: RevisionSql, name: str, several: bool) -> Text:
    family = f" on {one.family}" if several else ""
    return Text.assemble((f"SQL of {name}{family}", "bold"), (f"  ({_known_from(one)})", "dim"))


def _known_from(one: RevisionSql) -> str:
    if one.executed is not None:
        when = f"{one.executed.at:%Y-%m-%d %H:%M} UTC"
        return f"as {one.executed.target} executed it, {when}, run {one.executed.run}"
    if one.origin is Origin.RENDERED:
        return "rendered without a database: no run recorded what it executed"
    return "no run recorded what it executed"


def _of_rows(statement: SqlStatement) -> bool:
    return statement.text.lower().startswith(_ROWS)


def _lines(statement: SqlStatement) -> Iterator[Text]:
    """The statement as it could be typed, but for its literals; one that is cut ends with its sign alone."""
    *before, last = statement.text.split("\n")
    for line in before:
        yield Text(f"  {line}")
    end = ";" if statement.whole else ""
    times = f"   -- {statement.times:,} times" if statement.times > 1 else ""
    yield Text.assemble(f"  {last}{end}", (times, "dim"))
