"""Reading what a revision script's `downgrade` would do, without running it.

People consent to a rollback by what is told here, so nothing is left out that the text shows, and what it does
not show is said to be unread. Whether a rollback may go on is decided elsewhere.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.scripts import Script

_SHOWN = 100
"""Characters of a statement or an expression that are shown."""
_PREPARING = frozenset({"f", "get_bind", "get_context", "batch_alter_table", "inline_literal", "run_async"})
"""Calls on `op` that change nothing themselves."""
_OF_A_COLUMN = frozenset({"add_column", "drop_column", "alter_column"})
_LOSING = frozenset({"drop_table", "drop_column", "drop_all"})
_LOSING_SQL = re.compile(
    r"\b(truncate|delete\s+from|drop\s+(table|column|schema|database|materialized)|alter\s+table\b.*\bdrop)\b"
    r"|\bdelete\(",
    re.IGNORECASE | re.DOTALL,
)
_EXECUTING = frozenset({"execute", "exec_driver_sql", "executescript", "scalar", "scalars"})
_READING_SQL = re.compile(r"\s*(select|pragma|show|explain)\b", re.IGNORECASE)
_KNOWN_PACKAGES = frozenset({"alembic", "sqlalchemy", *sys.stdlib_module_names})
"""Packages whose calls change nothing of themselves, or are recognised by name; of others nothing is known."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_downgrades(here: Path, scripts: Iterable[Script]) -> dict[str, Downgrade]:
    """The downgrade of each script, by the script's digest; `here` is what their paths are relative to."""
    return {script.digest: _read(here / script.path, script.path) for script in scripts}


def _read(path: Path, shown: str) -> Downgrade:
    try:
        tree = ast.parse(path.read_bytes()) if path.suffix == ".py" else None
        return Downgrade(shown, readable=False) if tree is None else _Module(tree).downgrade(shown)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Downgrade(shown, readable=False)


@dataclass
class _Module:
    """One script's functions, and the names by which they reach Alembic's operations."""

    tree: ast.Module
    functions: Mapping[str, Function] = field(init=False)
    operations: frozenset[str] = field(init=False)
    foreign: frozenset[str | None] = field(init=False)
    """Names of code that is not read here; None stands for a function that is looked up while running."""

    def __post_init__(self) -> None:
        body = self.tree.body
        self.functions = {
            node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        aliases = list(_imported(self.tree))
        operations = [
            alias.asname or alias.name for package, alias in aliases if (package, alias.name) == ("alembic", "op")
        ]
        self.operations = frozenset({"op", *operations})
        names = (
            alias.asname or alias.name.split(".")[0]
            for package, alias in aliases
            if package not in _KNOWN_PACKAGES
        )
        self.foreign = frozenset({None, *names})

    def downgrade(self, shown: str) -> Downgrade:
        function = self.functions.get("downgrade")
        if function is None:
            impossible = None if self._bound_otherwise() else "has no downgrade"
            return Downgrade(shown, impossible=impossible, readable=False)
        where = f"{shown}:{function.lineno}"
        if (raised := _raised(function.body)) is not None:
            return Downgrade(f"{shown}:{raised.lineno}", impossible=f"its downgrade raises: {_short(raised)}")
        upgrade = self.functions.get("upgrade")
        idle = _does_nothing(function) and upgrade is not None and not _does_nothing(upgrade)
        reader = _Reader(self)
        acts = tuple(dict.fromkeys(reader.acts(function)))
        return Downgrade(where, acts, idle=idle, readable=not reader.unread)

    def _bound_otherwise(self) -> bool:
        """Whether a `downgrade` may come from elsewhere: imported, assigned, or by `import *`."""
        names = {
            node.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        aliases = [alias for node in self.tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
        return bool({"downgrade", "*"} & (names | {alias.asname or alias.name for alias in aliases}))


def _imported(tree: ast.Module) -> Iterator[tuple[str, ast.alias]]:
    """Every import of the file, with the package that it leads into; relative ones are the project's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], alias) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." if node.level else (node.module or "").split(".")[0], alias) for alias in node.names)


def _first_name(node: ast.expr) -> str | None:
    """The name by which a called expression begins; None where it is looked up while running."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None if isinstance(node, ast.Subscript) else ""


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


class _Reader:
    """Gathers what a function does, also in functions of its own file; `unread`: whether calls lead elsewhere."""

    def __init__(self, module: _Module) -> None:
        self._module = module
        self._entered: set[str] = set()
        self._tables: dict[str, str] = {}
        self.unread = False

    def acts(self, function: Function) -> Iterator[Act]:
        """Each call that changes something, in the order of the text."""
        self._entered.add(function.name)
        for statement in function.body:
            yield from self._below(statement)

    def _below(self, node: ast.AST) -> Iterator[Act]:
        if isinstance(node, ast.withitem):
            self._remember_batch(node)
        if isinstance(node, ast.Call):
            yield from self._call(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr in _EXECUTING:
                return  # what is executed was told whole
        for child in ast.iter_child_nodes(node):
            yield from self._below(child)

    def _remember_batch(self, item: ast.withitem) -> None:
        match item:
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(attr="batch_alter_table")) as call,
                optional_vars=ast.Name(id=name),
            ):
                self._tables[name] = _argument(call, 0, "table_name")

    def _call(self, call: ast.Call) -> Iterator[Act]:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._module.operations:
                yield from self._operation(verb, call, None)
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._tables:
                yield from self._operation(verb, call, self._tables[name])
            case ast.Attribute(attr=verb) if verb in _EXECUTING and call.args:
                yield from _executed(call)
            case ast.Attribute(value=receiver, attr="drop" | "drop_all" | "create" | "create_all" as verb):
                text = f"{verb} {_short(receiver)}"
                yield Act(text, verb == "drop_all" or (verb == "drop" and "enum" not in text.lower()))
            case ast.Name(id=name) if name in self._module.functions:
                if name not in self._entered:
                    yield from self.acts(self._module.functions[name])
            case ast.Attribute(value=receiver, attr="delete"):
                yield Act(f"delete {_short(receiver)}", loses=True)
            case called:
                self.unread |= _first_name(called) in self._module.foreign

    def _operation(self, verb: str, call: ast.Call, table: str | None) -> Iterator[Act]:
        if verb in _PREPARING:
            return
        if verb in _EXECUTING:
            yield from _executed(call)
            return
        yield Act(f"{verb} {_named(verb, call, table)}".rstrip(), verb in _LOSING)


def _executed(call: ast.Call) -> Iterator[Act]:
    statement = _text(call.args[0]) if call.args else _argument(call, 0, "sqltext")
    if not _READING_SQL.match(statement):
        yield Act(f"execute {_cut(statement)}", _LOSING_SQL.search(statement) is not None)


def _named(verb: str, call: ast.Call, table: str | None) -> str:
    """What an operation is about: `orders`, `orders.total`, `ix_orders_total`; in a batch its table is known."""
    if verb in _OF_A_COLUMN:
        place = table or _argument(call, 0, "table_name")
        return f"{place}.{_argument(call, 0 if table else 1, 'column_name')}"
    if verb == "rename_table":
        return f"{_argument(call, 0, 'old_table_name')} to {_argument(call, 1, 'new_table_name')}"
    name = _argument(call, 0, "table_name")
    return f"{name} of {table}" if table and name else name


def _argument(call: ast.Call, position: int, name: str) -> str:
    """An argument in words: a text without its quotes, the name of a column that is constructed in place."""
    if position < len(call.args):
        return _cut(_text(call.args[position]))
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    return _cut(_text(given[name])) if name in given else ""


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(
            func=ast.Attribute(attr="f" | "text" | "Column" | "DDL") | ast.Name(id="text" | "Column" | "DDL"),
            args=[first, *_],
        ):
            return _text(first)
        case _:
            return ast.unparse(node)


def _short(node: ast.AST) -> str:
    return _cut(ast.unparse(node))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
