"""What SQL changes, read by patterns: statement by statement, with the names that stand in it.

Not a parser: a statement that is not recognised changes something (`OTHER`) or is said to be unread, and what a
text leaves to be computed at its beginning is unread too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise

from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait

_NOT_CODE = re.compile(
    r"""--[^\n]* | /\*.*?(?:\*/|\Z) | '(?:[^'\\]|\\.|'')*' | (?P<tag>\$\w*\$).*?(?:(?P=tag)|\Z)""",
    re.DOTALL | re.VERBOSE,
)
_PART = r'(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|(?:\{[^}]*\}|[\w$])+)'
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*"
_ONLY = r"(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?"
_READS = re.compile(
    r"(select\b(?!.*\binto\b)|pragma|show|explain|describe|desc|values|table|set|reset|savepoint|release|use"
    r"|begin|start|rollback\s+to|rollback\s+(work|transaction)\s+to|analyze|comment|grant|revoke|notify)\b",
    re.IGNORECASE | re.DOTALL,
)
"""What changes neither the schema nor rows."""
_UNREAD = re.compile(r"(do|call|execute|exec|copy|load|merge|with|select)\b|\W|\w+\s*\{", re.IGNORECASE)
"""What may do anything, as far as its first word tells."""
_CALLS = re.compile(
    r"select\b(?!.*\bfrom\b)(?!\s*(version|setval|set_config|pg_advisory_\w+)\s*\().*\w\s*\(", re.I | re.S
)
"""A SELECT that is there for the function it calls."""
_NARROWED = re.compile(
    r"\bwhere\b(?!\s*(?:true|1|1\s*=\s*1)\s*(?:;|\Z))|(?<!left )(?<!outer )\bjoin\b", re.IGNORECASE
)
"""What leaves rows out; what stands in parentheses narrows something else."""
_WRITES = re.compile(r"\b(insert|update|delete)\b\s+(?:into\s+|from\s+)?", re.IGNORECASE)
_BODY = re.compile(r"\bbegin\s+atomic\b|\bcreate\s+(or\s+replace\s+)?(definer\b.*)?trigger\b", re.IGNORECASE)
_VOLATILE = re.compile(
    r"\b(random|gen_random_uuid|uuid_generate_v\w+|clock_timestamp|timeofday|nextval)\b|\b(small|big)?serial\b"
    r"|\bgenerated\b",
    re.IGNORECASE,
)
_NO_ROUTINE = r"(?!(?:all\s+)?(?:functions?|procedures?|routines?)\b)"
_ALL = rf"all\s+tables|schema\s+{_NAME}"
_PATTERNS: tuple[tuple[Kind, str], ...] = (
    (Kind.LEAVE, r"(?:commit|end|rollback|abort)\b(?!\s*\w*\s+to\b)"),
    (
        Kind.CREATE_TABLE,
        rf"create\s+(?:(?:global|local|temp|temporary|unlogged)\s+)*table\s+{_ONLY}(?P<table>{_NAME})",
    ),
    (Kind.CREATE_VIEW, rf"create\s+(?:or\s+replace\s+)?(?:materialized\s+)?view\s+{_ONLY}(?P<table>{_NAME})"),
    (Kind.DROP_TABLE, rf"drop\s+(?:temporary\s+)?table\s+{_ONLY}(?P<table>{_NAME})"),
    (Kind.DROP_VIEW, rf"drop\s+(?:materialized\s+)?view\s+{_ONLY}(?P<table>{_NAME})"),
    (Kind.DROP_ALL, rf"drop\s+(?P<other>schema|database)\s+{_ONLY}(?P<name>{_NAME})"),
    (Kind.TRUNCATE, rf"truncate\s+(?:table\s+)?{_ONLY}(?P<table>{_NAME})"),
    (Kind.DELETE, rf"delete\s+(?:low_priority\s+|quick\s+|ignore\s+)*from\s+{_ONLY}(?P<table>{_NAME})"),
    (Kind.UPDATE, rf"update\s+(?:low_priority\s+|ignore\s+|or\s+\w+\s+)*{_ONLY}(?P<table>{_NAME})"),
    (Kind.INSERT, rf"(?:insert|replace)\b.*?\binto\s+(?P<table>{_NAME})"),
    (Kind.RENAME_TABLE, rf"rename\s+table\s+(?P<table>{_NAME})\s+to\s+(?P<other>{_NAME})"),
    (Kind.RENAME_VALUE, rf"alter\s+type\s+(?P<name>{_NAME})\s+rename\s+value\b"),
    (Kind.RENAME_TABLE, rf"alter\s+table\s+{_ONLY}(?P<table>{_NAME})\s+set\s+schema\s+(?P<schema>{_NAME})"),
    (Kind.ACCESS, rf"(?P<name>revoke\b.*?\bon\s+{_NO_ROUTINE}(?:table\s+)?(?P<table>{_ALL}|{_NAME}).*)"),
    (Kind.OTHER, rf"alter\s+type\s+{_NAME}\s+add\s+value\s+(?P<repeatable>if\s+not\s+exists)\b"),
    (Kind.UNCHECKED, r"set\s+(?:session\s+|@@(?:session\.)?)?foreign_key_checks\s*=\s*(?:0|off)\b"),
    (Kind.LOCK, rf"(?P<name>create\s+(?:fulltext|spatial)\s+index)\b.*?\bon\s+(?P<table>{_NAME})"),
    (
        Kind.CREATE_INDEX,
        (
            r"create\s+(?:unique\s+)?index\s+(?P<concurrently>concurrently\s+)?"
            rf"(?:if\s+not\s+exists\s+)?(?P<name>(?!on\b){_NAME})?\s*(?:using\s+\w+\s+)?on\s+{_ONLY}(?P<table>{_NAME})"
            r"(?:\s*using\s+\w+)?\s*(?P<columns>\([^;]*\))?"
        ),
    ),
    (
        Kind.DROP_INDEX,
        rf"drop\s+index\s+(?P<concurrently>concurrently\s+)?{_ONLY}(?P<name>{_NAME})(?:\s+on\s+(?P<table>{_NAME}))?",
    ),
    (Kind.LOCK, r"(?P<name>vacuum\s*\(?\s*full|cluster|lock\s+tables?)\b[\s)]*(?P<table>[^;(]*)"),
    (Kind.LOCK, r"(?P<name>reindex)\b(?!.*\bconcurrently\b)(?:\s*\(.*?\))?\s*(?P<table>[^;]*)"),
    (Kind.LOCK, r"(?P<name>refresh\s+materialized\s+view)\b(?!\s+concurrently\b)\s*(?P<table>[^;]*)"),
)
_CONSTRAINT = rf"add\s+(?:constraint\s+(?P<name>{_NAME})\s+)?"
_NOT_A_NAME = r"(?!column\b|constraint\b|index\b|key\b|to\b)"
_ALTERING: tuple[tuple[Kind, str], ...] = (
    (Kind.UNREAD, r"(?P<name>\{.*|add\s+(?:column\s+)?\{[^}]*\}\s*\Z)"),
    (Kind.VALIDATE, rf"validate\s+constraint\s+(?P<name>{_NAME})"),
    (
        Kind.RENAME_COLUMN,
        rf"rename\s+(?:column\s+)?{_NOT_A_NAME}(?P<name>{_NAME})\s+to\s+(?P<other>{_NAME})",
    ),
    (Kind.RENAME_TABLE, rf"rename\s+(?:to\s+|as\s+)?{_NOT_A_NAME}(?P<other>{_NAME})"),
    (
        Kind.ADD_FOREIGN_KEY,
        rf"{_CONSTRAINT}foreign\s+key\b\s*(?P<columns>\([^)]*\))?.*?\breferences\s+(?P<other>{_NAME})",
    ),
    (Kind.ADD_CHECK, rf"{_CONSTRAINT}check\b\s*(?P<columns>.*)"),
    (Kind.ADD_UNIQUE, rf"{_CONSTRAINT}unique\b\s*(?P<columns>\([^)]*\))?"),
    (Kind.ADD_PRIMARY_KEY, rf"{_CONSTRAINT}primary\s+key\b\s*(?P<columns>\([^)]*\))?"),
    (Kind.LOCK, r"(?P<name>add\s+(?:fulltext|spatial)|convert\s+to\s+character\s+set)\b"),
    (Kind.LOCK, rf"(?P<name>attach\s+partition)\s+(?P<table>{_NAME})"),
    (Kind.ACCESS, r"(?P<name>(?:enable|force)\s+row\s+level\s+security|owner\s+to\b.*)"),
    (Kind.CREATE_INDEX, rf"add\s+(?:index|key)\s+(?P<name>{_NAME})\s*(?P<columns>\(.*\))?"),
    (Kind.ADD_EXCLUDE, rf"{_CONSTRAINT}exclude\b\s*(?P<columns>.*)"),
    (Kind.OTHER, r"add\s+(?:constraint|partition|value|generated)\b"),
    (Kind.LOCK, r"(?P<name>set\s+(?:logged|unlogged|tablespace|access\s+method))\b"),
    (Kind.ADD_COLUMN, rf"add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?P<name>{_NAME})(?P<rest>.*)"),
    (
        Kind.DROP_CONSTRAINT,
        (
            r"drop\s+(?P<other>constraint|primary\s+key|foreign\s+key|check)\b\s*"
            rf"(?:if\s+exists\s+)?(?P<name>{_NAME})?"
        ),
    ),
    (Kind.DROP_INDEX, rf"drop\s+(?:index|key)\s+(?P<name>{_NAME})"),
    (Kind.OTHER, r"drop\s+partition\b"),
    (Kind.DROP_COLUMN, rf"drop\s+(?:column\s+)?(?:if\s+exists\s+)?(?P<name>{_NAME})"),
    (Kind.SET_NOT_NULL, rf"alter\s+(?:column\s+)?(?P<name>{_NAME})\s+set\s+not\s+null"),
    (Kind.ALTER_TYPE, rf"alter\s+(?:column\s+)?(?P<name>{_NAME})\s+(?:set\s+data\s+)?type\s+(?P<other>.*)"),
    (Kind.ALTER_TYPE, rf"modify\s+(?:column\s+)?(?P<name>{_NAME})\s+(?P<other>.*)"),
    (Kind.UNREAD, rf"(?P<name>alter\s+(?:column\s+)?(?!column\b){_NAME}\s+\{{.*)"),
    (Kind.RENAME_COLUMN, rf"change\s+(?:column\s+)?(?P<name>{_NAME})\s+(?P<other>{_NAME})"),
)
_FLAGS = re.IGNORECASE | re.DOTALL
_ALTER_TABLE = re.compile(rf"alter\s+(?:foreign\s+)?table\s+{_ONLY}(?P<table>{_NAME})\s+(?P<actions>.*)", _FLAGS)
_TRAITS = (
    (Trait.NOT_NULL, r"\bnot\s+null\b"),
    (Trait.DEFAULT, r"\bdefault\b(?!\s+null\b)|\bgenerated\b|\bserial\b|\bauto_increment\b"),
    (Trait.REWRITING, _VOLATILE.pattern),
    (Trait.NOT_VALID, r"\bnot\s+valid\b"),
    (Trait.USING_INDEX, r"\busing\s+index\b"),
)


def changes(text: str, line: int) -> Iterator[Change]:
    """The changes that a text of SQL makes; `line` is where it stands in its script."""
    for statement in statements(text):
        yield from _of_one(statement, line)


def statements(text: str) -> list[str]:
    """The single statements of a text, without comments, and with a sign for each literal."""
    code = _NOT_CODE.sub(lambda found: " " if found[0][:2] in ("--", "/*") else "'…'", text)
    if _BODY.search(code):
        return [code.strip()]
    return [part for part in (piece.strip(" \t\r\n(") for piece in code.split(";")) if part]


def name_of(written: str | None) -> str:
    """A table's name as it is compared: without quotes, and without the schema in which it is by default."""
    # What is computed stays as it stands in the script, in braces.
    plain = re.sub(r'(\{[^}]*\})|["`\[\]\s]', lambda found: found[1] or "", written or "")
    return plain.removeprefix("public.")


def _of_one(statement: str, line: int) -> Iterator[Change]:
    if (found := _first(_PATTERNS, statement, line)) is not None:
        where = found.kind in (Kind.UPDATE, Kind.DELETE) and _NARROWED.search(" ".join(_outer(statement).split()))
        yield replace(found, traits=found.traits | {Trait.WHERE}) if where else found
    elif altering := _ALTER_TABLE.match(statement):
        for action in _actions(altering["actions"]):
            change = _first(_ALTERING, action, line) or Change(Kind.OTHER, line)
            yield replace(change, table=change.table or name_of(altering["table"]))
    elif statement.lower().startswith("with") and (writing := _WRITES.search(statement)):
        yield from _of_one(statement[writing.start() :], line)
    elif not _READS.match(statement) or _CALLS.match(statement):
        unread = _UNREAD.match(statement)
        yield Change(Kind.UNREAD if unread else Kind.OTHER, line, name=statement)


def _actions(text: str) -> list[str]:
    """What one ALTER TABLE does, at the commas that stand in no parentheses."""
    commas = [place for place, sign in enumerate(_outer(text)) if sign == ","]
    return [text[begin + 1 : end].strip() for begin, end in pairwise([-1, *commas, len(text)])]


def _outer(text: str) -> str:
    """The text with blanks for all that stands in parentheses."""
    depths = accumulate((sign == "(") - (sign == ")") for sign in text)
    return "".join(sign if depth <= 0 else " " for sign, depth in zip(text, depths, strict=True))


def _first(patterns: tuple[tuple[Kind, str], ...], text: str, line: int) -> Change | None:
    for kind, pattern in patterns:
        if found := re.match(pattern, text, _FLAGS):
            return _made(kind, found, line)
    return None


def _made(kind: Kind, found: re.Match[str], line: int) -> Change:
    part: Callable[[str], str] = lambda name: " ".join((found.groupdict().get(name) or "").split())  # noqa: E731
    rest = part("rest") + found.string[found.end() :]
    traits = {trait for trait, pattern in _TRAITS if re.search(pattern, rest, _FLAGS)}
    if kind is not Kind.ADD_COLUMN:
        traits -= {Trait.NOT_NULL, Trait.DEFAULT, Trait.REWRITING}
    traits |= {trait for trait in (Trait.CONCURRENTLY, Trait.REPEATABLE) if part(trait)}
    if kind is Kind.ADD_CHECK and re.search(r"\bnot\s+valid\b", part("columns"), re.IGNORECASE):
        traits.add(Trait.NOT_VALID)
    table, other = name_of(part("table")), part("other")
    if kind in (Kind.RENAME_TABLE, Kind.ADD_FOREIGN_KEY):
        other = name_of(other) if other else f"{name_of(part('schema'))}.{table.rpartition('.')[2]}"
    name = part("name") if kind in (Kind.LOCK, Kind.ACCESS, Kind.UNREAD) else name_of(part("name"))
    name = name.upper() if kind is Kind.LOCK else name
    return Change(kind, line, table, name, other, part("columns"), frozenset(traits))


def rewriting(default: str) -> bool:
    """Whether PostgreSQL works out a default for each row by itself, which writes the table anew."""
    return _VOLATILE.search(default) is not None
