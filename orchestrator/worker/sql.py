"""Reads SQL as far as it must be known what commits, what writes, and what of it may be written down.

By patterns, not by a parser: where in doubt, a statement writes and commits. Nothing is executed here.
"""

from __future__ import annotations

import inspect
import re

_READS = re.compile(
    r"(select\b(?!.*\binto\b)|pragma|show|explain|describe|desc|values|table|savepoint|release|begin|start|set|commit"
    r"|end|rollback|abort|lock|unlock)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that change nothing of their own; some of them end the transaction."""

_MYSQL_ENDS = re.compile(
    r"(create|alter|drop|rename|truncate|comment|grant|revoke|analyze|optimize|check|repair|flush|reset|cache|lock"
    r"|unlock|install|uninstall|start|begin|commit|xa|call|execute|load\s+index|set\s+password)\b",
    re.IGNORECASE,
)
"""What commits implicitly (MySQL manual, 15.3.3), and `call` and `execute`, which may run any of it."""

_MYSQL_AUTOCOMMIT = re.compile(r"set\b.*\bautocommit`?\s*:?=\s*(?P<value>\w+)", re.IGNORECASE | re.DOTALL)
_ENDS = re.compile(r"(commit|end|prepare\s+transaction)\b", re.IGNORECASE)
_ROLLS_BACK = re.compile(r"(rollback(?!\s+((work|transaction)\s+)?to\b)|abort)\b", re.IGNORECASE)
_SQL_BODY = re.compile(r"\bbegin\s+atomic\b", re.IGNORECASE)
"""The body of a function in standard SQL, whose END ends no transaction."""

_QUOTED = r"""'[^']*' | "[^"]*" | (?P<tag>\$\w*\$) .*? (?P=tag) | --[^\n]* | /\*.*?\*/"""
_MYSQL_QUOTED = r"""
    '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | `[^`]*` | --\s[^\n]* | \#[^\n]* | /\*(?!M?!).*?\*/ | /\*M?!\d*
"""
_FLAGS = re.DOTALL | re.VERBOSE
NOT_CODE = {False: re.compile(_QUOTED, _FLAGS), True: re.compile(_MYSQL_QUOTED, _FLAGS)}
"""Literals and comments, by whether they are MySQL's. What MySQL executes of a comment, `/*! … */`, is code."""


_COMMENT = r"""/\*(?:(?!/\*).)*?\*/ | /\*.*"""
"""Of comments within comments the end is not looked for: nothing more is shown."""
_LITERAL = re.compile(
    rf"""--[^\n]* | {_COMMENT} | "[^"]*" | `[^`]*` | '[^']*(?:'|\Z) | (?P<tag>\$\w*\$).*?(?:(?P=tag)|\Z)""", _FLAGS
)
_MYSQL_LITERAL = re.compile(
    rf"""(?:--\s|\#)[^\n]* | {_COMMENT} | `[^`]*` | '[^']*(?:'|\Z) | "[^"]*(?:"|\Z)""", _FLAGS
)
_DOUBLED = re.compile("(?:'…')+")
"""One literal, with quotes in it."""
_SHOWN = 200
"""Characters of a statement that are shown: enough to find it in the script."""
_LONGEST = 4000
"""Characters of a statement that is shown in its lines."""
_ASKS = re.compile(
    r"(select\b(?=.*\bfrom\b)(?!.*\b(into|setval|set_config)\b)|show|explain|describe|desc"
    r"|values|savepoint|release)\b|pragma\s+[\w.]+\s*(\(|$)",
    re.IGNORECASE | re.DOTALL,
)
"""A SELECT without FROM is there for the function that it calls, which may do anything."""


def parts_of(statement: str, mysql: bool) -> list[str]:
    """The single statements of a text, without literals and comments."""
    code = NOT_CODE[mysql].sub(" ", statement)
    if _SQL_BODY.search(code):
        return [code.strip()]
    return [part for part in (piece.strip(" \t\r\n(") for piece in code.split(";")) if part]


def reads(part: str) -> bool:
    """Whether this single statement changes nothing of its own."""
    return bool(_READS.match(part))


def asks(part: str) -> bool:
    """Whether this single statement only asks: it neither changes anything nor sets how others are run.

    Its name may have been taken out of it, as `parts_of` does.
    """
    return bool(_ASKS.match(part))


def ends(part: str, mysql: bool) -> bool:
    """Whether this single statement commits what was done before it."""
    if mysql:
        return bool(_MYSQL_ENDS.match(part)) or autocommit(part) is True
    return bool(_ENDS.match(part))


def ends_at_all(part: str) -> bool:
    """Whether it ends the transaction, either way; not on MySQL."""
    return bool(_ENDS.match(part) or _ROLLS_BACK.match(part))


def runs_others(part: str) -> bool:
    """Whether this MySQL statement may run any others."""
    return bool(re.match(r"(call|execute)\b", part, re.IGNORECASE))


def changes_rows(part: str) -> bool:
    """Whether a driver of SQLite that begins transactions by itself begins one before this statement."""
    return bool(re.match(r"(insert|update|delete|replace)\b", part, re.IGNORECASE))


def autocommit(part: str) -> bool | None:
    """What a MySQL statement sets autocommit to; None where it does not."""
    found = _MYSQL_AUTOCOMMIT.match(part)
    return None if found is None else found["value"].lower() not in ("0", "off", "false")


def shown(statement: str, mysql: bool) -> str:
    """The statement on one line, short, without comments, with a sign for each literal: it may be a password."""
    line = " ".join(_without_literals(statement, mysql)[0].split()) + ("…" if "\\" in statement else "")
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def in_lines(statement: str, mysql: bool) -> tuple[str, bool]:
    """The same in its own lines, not as short; and whether it is all of the statement but for literals."""
    code, whole = _without_literals(statement[:_LONGEST], mysql)
    lines = inspect.cleandoc(_DOUBLED.sub("'…'", code).replace("\t", "    ")).splitlines()
    text = "\n".join(line.rstrip() for line in lines if line.strip())
    whole = whole and len(statement) <= _LONGEST
    return text + ("" if whole else "…"), whole


def _without_literals(statement: str, mysql: bool) -> tuple[str, bool]:
    """Without comments, and with a sign for each literal; and whether that is all of it.

    Where a literal ends is not certain once there is a backslash, which some databases take for an escape and
    others do not: from there on nothing is shown.
    """
    text, backslash, _ = statement.partition("\\")
    names, sure = "`" if mysql else '`"', not backslash

    def masked(found: re.Match[str]) -> str:
        nonlocal sure
        token = found[0]
        if token.startswith("/*"):
            sure = sure and token.endswith("*/") and "/*" not in token[2:]
        if token.startswith(("--", "#", "/*")):
            return " "
        return token if token[0] in names else "'…'"

    return (_MYSQL_LITERAL if mysql else _LITERAL).sub(masked, text), sure
