"""Whether a column's new type holds whatever its old one held in the form in which that is stored already."""

from __future__ import annotations

import ast
import re

_PLAIN = re.compile(r"\w+\.|\(\)")
"""What `sa.Boolean()` has and `BOOLEAN` has not."""
_TEXTS = frozenset({"string", "varchar", "unicode", "text", "unicodetext"})
_NUMBERS = frozenset({"numeric", "decimal"})
_LENGTHS = ("length", "precision", "scale")
_UNBOUNDED = 10**9
_BYTES = 4
"""Of a sign in utf8mb4."""
_SHORT = 256
"""Bytes from which on MySQL and MariaDB keep a text's length in two bytes, and so write each row anew."""


def wider(old: ast.expr | None, new: ast.expr | None, family: str) -> bool:
    """Whether databases of a family need not touch the rows.

    PostgreSQL: a longer text, a number with more digits before the point. MySQL and MariaDB (`ALGORITHM=INPLACE`,
    tried with MariaDB 10.11): a longer text while its length fits into as many bytes, values at the end of an
    enumeration.
    """
    if old is None or new is None:
        return False
    if _plain(old) == _plain(new):
        return True
    (name, before), (new_name, after) = _form(old), _form(new)
    if {name, new_name} <= _TEXTS:
        return _longer(before, after, family)
    if {name, new_name} <= _NUMBERS and family != "mysql":
        return _more_digits(before, after)
    return name == new_name == "enum" and family == "mysql" and len(before) > 0 and after[: len(before)] == before


def _plain(node: ast.expr) -> str:
    return _PLAIN.sub("", ast.unparse(node)).lower()


def _form(node: ast.expr) -> tuple[str, list[object]]:
    """A type's name and what is given to it; no name where that is not read."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.lower(), []
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args, keywords=keywords):
            others = [] if name.lower() == "enum" else sorted(keywords, key=lambda one: one.arg or "")
            given = [*args, *(one.value for one in others)]
            values: list[object] = [one.value for one in given if isinstance(one, ast.Constant)]
            read = len(values) == len(given) and all(one.arg in _LENGTHS for one in others)
            return (name.lower(), values) if read else ("", [])
        case _:
            return "", []


def _longer(before: list[object], after: list[object], family: str) -> bool:
    lengths = [next((one for one in values if isinstance(one, int)), _UNBOUNDED) for values in (before, after)]
    stored = {(length != _UNBOUNDED, length * _BYTES < _SHORT) for length in lengths}
    return lengths[1] >= lengths[0] and (family != "mysql" or len(stored) == 1)


def _more_digits(before: list[object], after: list[object]) -> bool:
    match before, after:
        case [int(digits), *scale], [int(wanted), *wanted_scale]:
            return wanted >= digits and (scale or [0]) == (wanted_scale or [0])
        case _:
            return not after
