"""Reading what a revision script's `downgrade` would do, without running it.

People consent to a rollback by what is told here, so nothing is left out that the text shows, and what it does
not show is said to be unread. Whether a rollback may go on is decided elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.module import Module
from orchestrator.project.revision_scripts.operations import (
    Manner,
    Operation,
    Reader,
    cut,
    given,
    of_a_type,
)
from orchestrator.project.revision_scripts.scope import Function

_OF_A_COLUMN = frozenset({"add_column", "drop_column", "alter_column"})
_LOSING = frozenset({"drop_table", "drop_column"})
_LOSING_SQL = re.compile(
    r"\b(truncate|delete\s+from|drop\s+(table|column|schema|database|materialized)|alter\s+table\b.*\bdrop)\b"
    r"|\bdelete\(",
    re.IGNORECASE | re.DOTALL,
)
_READING_SQL = re.compile(r"\s*(select|pragma|show|explain)\b", re.IGNORECASE)


def read_downgrades(here: Path, scripts: Iterable[Script]) -> dict[str, Downgrade]:
    """The downgrade of each script, by the script's digest; `here` is what their paths are relative to."""
    return {script.digest: _read(here / script.path, script.path) for script in scripts}


def _read(path: Path, shown: str) -> Downgrade:
    try:
        tree = ast.parse(path.read_bytes()) if path.suffix == ".py" else None
        return Downgrade(shown, readable=False) if tree is None else downgrade_of(Module(tree), shown)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Downgrade(shown, readable=False)


def downgrade_of(module: Module, shown: str) -> Downgrade:
    """The downgrade of a script that is read already; `shown` is its file. RecursionError as `ast.unparse`."""
    function = module.functions.get("downgrade")
    if function is None:
        impossible = None if _bound_otherwise(module.tree) else "has no downgrade"
        return Downgrade(shown, impossible=impossible, readable=False)
    where = f"{shown}:{function.lineno}"
    if (raised := _raised(function.body)) is not None:
        impossible = f"its downgrade raises: {cut(ast.unparse(raised))}"
        return Downgrade(f"{shown}:{raised.lineno}", impossible=impossible)
    upgrade = module.functions.get("upgrade")
    idle = _does_nothing(function) and upgrade is not None and not _does_nothing(upgrade)
    reader = Reader(module)
    acts = (_act(operation) for operation in reader.operations(function))
    told = tuple(dict.fromkeys(act for act in acts if act is not None))
    return Downgrade(where, told, idle=idle, readable=not reader.unread)


def _bound_otherwise(tree: ast.Module) -> bool:
    """Whether a `downgrade` may come from elsewhere: imported, assigned, or by `import *`."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    aliases = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return bool({"downgrade", "*"} & (names | {alias.asname or alias.name for alias in aliases}))


def _does_nothing(function: Function) -> bool:
    return all(
        isinstance(node, ast.Pass | ast.Global)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant)))
        for node in function.body
    )


def _raised(body: list[ast.stmt]) -> ast.stmt | None:
    """The statement by which every call of such a body ends in an error; None where some call may end well."""
    for statement in body:
        match statement:
            case ast.Raise() | ast.Assert(test=ast.Constant(value=False | 0 | None)):
                return statement
            case ast.With() | ast.AsyncWith() if (found := _raised(statement.body)) is not None:
                return found
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return None
    return None


def _act(operation: Operation) -> Act | None:
    """An operation in a few words; None for a statement that only reads."""
    verb = operation.verb
    receiver = cut(ast.unparse(operation.receiver))
    match operation.manner:
        case Manner.EXECUTED:
            statement = _argument(operation, 0, "sqltext", whole=True)
            loses = _LOSING_SQL.search(statement) is not None
            return None if _READING_SQL.match(statement) else Act(f"execute {cut(statement)}", loses)
        case Manner.METADATA:
            loses = verb == "drop_all" or (verb == "drop" and not of_a_type(operation))
            return Act(f"{verb} {receiver}", loses)
        case Manner.ROWS:
            return Act(f"{verb} {receiver}", loses=verb == "delete")
        case Manner.ALEMBIC:
            return Act(f"{verb} {_named(operation)}".rstrip(), verb in _LOSING)


def _named(operation: Operation) -> str:
    """What an operation is about: `orders`, `orders.total`, `ix_orders_total`; in a batch its table is known."""
    verb, table = operation.verb, operation.table
    if verb in _OF_A_COLUMN:
        place = table or _argument(operation, 0, "table_name")
        return f"{place}.{_argument(operation, 0 if table else 1, 'column_name')}"
    if verb == "rename_table":
        new = _argument(operation, 1, "new_table_name")
        return f"{_argument(operation, 0, 'old_table_name')} to {new}"
    name = _argument(operation, 0, "table_name")
    return f"{name} of {table}" if table and name else name


def _argument(operation: Operation, position: int, name: str, *, whole: bool = False) -> str:
    """An argument in words; nothing where it is not given."""
    value = given(operation.call, position, name)
    text = operation.scope.text(value) if value is not None else ""
    return text if whole else cut(text)
