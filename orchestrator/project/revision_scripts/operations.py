"""What the functions of a revision script do to a database, read from its syntax tree without running it.

Calls are gathered as they stand, in the order of the text, also in functions of the same file. What they mean, for
a rollback or for a finding, is said elsewhere; what the text does not show is told as unread.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.project.revision_scripts.scope import Function, Names, Scope

SHOWN = 100
"""Characters of a statement or an expression that are shown."""
_PREPARING = frozenset({"f", "get_bind", "get_context", "batch_alter_table", "inline_literal", "run_async"})
"""Calls on `op` that change nothing themselves."""
_EXECUTING = frozenset({"execute", "exec_driver_sql", "executescript", "scalar", "scalars"})
_WRITING = frozenset({"add", "add_all", "merge", "bulk_save_objects", "bulk_insert_mappings"})
"""What a session of the ORM writes rows with."""
_KNOWN_PACKAGES = frozenset({"alembic", "sqlalchemy", *sys.stdlib_module_names})
"""Packages whose calls change nothing of themselves, or are recognised by name; of others nothing is known."""
_BACKENDS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite"}
_EVERY_FAMILY = frozenset(_BACKENDS.values())
_HANDLES = frozenset({"bind", "conn", "connection", "session", "engine", "context", "cursor"})
"""Names by which a script mostly calls what reaches the database."""


class Manner(StrEnum):
    """By which way an operation reaches the database."""

    ALEMBIC = "alembic"
    """A method of `op` or of a batch."""
    EXECUTED = "executed"
    """A statement, as text or as an expression of SQLAlchemy."""
    METADATA = "metadata"
    """`create` or `drop` of a table, a type, or all tables of the models."""
    ROWS = "rows"
    """Rows written or deleted by the ORM."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that changes something. `verb` is its method, `table` that of its batch, with its schema.

    `outside` is one in an `autocommit_block`. `families` are those that it is for, by a condition around it.
    """

    manner: Manner
    verb: str
    call: ast.Call
    scope: Scope
    table: str | None = None
    outside: bool = False
    families: frozenset[str] = _EVERY_FAMILY


@dataclass
class Module:
    """One script's functions, the texts that it gives names to, and the names by which it reaches Alembic."""

    tree: ast.Module
    functions: Mapping[str, Function] = field(init=False)
    operations: frozenset[str] = field(init=False)
    foreign: frozenset[str | None] = field(init=False)
    """Names of code that is not read here; None stands for a function that is looked up while running."""
    _outer: Names = field(init=False)
    _names: dict[str, Names] = field(default_factory=dict)

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
        self._outer = Names(body)

    def scope(self, function: Function, line: int) -> Scope:
        """What names stand for on a line of a function."""
        if function.name not in self._names:
            self._names[function.name] = Names(function.body, function.args)
        return Scope(self.tree, self._outer, self._names[function.name], line)


def _imported(tree: ast.Module) -> Iterator[tuple[str, ast.alias]]:
    """Every import of the file, with the package that it leads into; relative ones are the project's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], alias) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." if node.level else (node.module or "").split(".")[0], alias) for alias in node.names)


def first_name(node: ast.expr) -> str | None:
    """The name by which a called expression begins; None where it is looked up while running."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None if isinstance(node, ast.Subscript) else ""


def given(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """An argument of a call, by its position or its name."""
    if 0 <= position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def cut(text: str) -> str:
    """A text on one line, and not too long to be read there."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


class Reader:
    """Gathers what a function does, also in functions of its own file; `unread` are calls that lead elsewhere.

    Of those `acting` are there for what they do, or are given the connection; others give a value, as a type does.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._functions: list[Function] = []
        self._entered: set[str] = set()
        self._batches: dict[str, str] = {}
        self._outside = False
        self._families = _EVERY_FAMILY
        self._alone: ast.expr | None = None
        self._within = False
        self.unread: list[ast.Call] = []
        self.acting: list[ast.Call] = []

    def operations(self, function: Function) -> Iterator[Operation]:
        """Each call that changes something, in the order of the text."""
        self._entered.add(function.name)
        self._functions.append(function)
        before = self._families
        for statement in function.body:
            yield from self._below(statement)
        self._families = before
        self._functions.pop()

    def _scope(self, node: ast.expr) -> Scope:
        return self._module.scope(self._functions[-1], node.lineno)

    def _below(self, node: ast.AST) -> Iterator[Operation]:
        match node:
            case ast.If(test=test) if (families := self._meant(test)) is not None:
                yield from self._only_for(node.body, families)
                yield from self._only_for(node.orelse, _EVERY_FAMILY - families)
                if isinstance(node.body[-1], ast.Return | ast.Raise):
                    self._families -= families
                return
            case ast.With(items=items, body=body) if any(_is_outside(item) for item in items):
                before, self._outside = self._outside, True
                for statement in body:
                    yield from self._below(statement)
                self._outside = before
                return
            case ast.withitem():
                self._remember_batch(node)
            case ast.Expr(value=ast.Call() | ast.Await() as value):
                self._alone = value.value if isinstance(value, ast.Await) else value
            case ast.Call():
                yield from self._of_call(node)
                return
        for child in ast.iter_child_nodes(node):
            yield from self._below(child)

    def _of_call(self, call: ast.Call) -> Iterator[Operation]:
        found = list(self._call(call))
        yield from found
        if any(one.call is call and one.manner is Manner.EXECUTED for one in found):
            return  # what is executed was told whole
        before = self._within
        self._within |= any(one.call is call and one.manner is Manner.ALEMBIC for one in found)
        for child in ast.iter_child_nodes(call):
            yield from self._below(child)
        self._within = before

    def _only_for(self, body: list[ast.stmt], families: frozenset[str]) -> Iterator[Operation]:
        before, self._families = self._families, self._families & families
        for statement in body:
            yield from self._below(statement)
        self._families = before

    def _meant(self, test: ast.expr) -> frozenset[str] | None:
        """The families for which a condition on the dialect's name holds; None for any other condition."""
        match test:
            case ast.Compare(left=left, ops=[comparing], comparators=[right]):
                scope = self._scope(test)
                source = (scope.get(left.id) or left) if isinstance(left, ast.Name) else left
                if not ast.unparse(source).endswith(("dialect.name", "dialect_name", "engine.name")):
                    return None
                listed = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
                named = frozenset(_BACKENDS.get(scope.text(one), "") for one in listed)
                if isinstance(comparing, ast.Eq | ast.In):
                    return named
                return _EVERY_FAMILY - named if isinstance(comparing, ast.NotEq | ast.NotIn) else None
            case _:
                return None

    def _remember_batch(self, item: ast.withitem) -> None:
        match item:
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(attr="batch_alter_table")) as call,
                optional_vars=ast.Name(id=name),
            ):
                table, schema = given(call, 0, "table_name"), given(call, 1, "schema")
                parts = [self._scope(call).name(part) for part in (schema, table) if part is not None]
                self._batches[name] = ".".join(part for part in parts if part != "{None}")

    def _call(self, call: ast.Call) -> Iterator[Operation]:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._module.operations:
                if verb not in _PREPARING:
                    yield self._made(Manner.EXECUTED if verb in _EXECUTING else Manner.ALEMBIC, call)
            case ast.Attribute(value=ast.Name(id=name)) if name in self._batches:
                yield self._made(Manner.ALEMBIC, call, self._batches[name])
            case ast.Attribute(attr=verb) if verb in _EXECUTING and call.args:
                yield self._made(Manner.EXECUTED, call)
            case ast.Attribute(attr="drop" | "drop_all" | "create" | "create_all"):
                yield self._made(Manner.METADATA, call)
            case ast.Name(id=name) if name in self._module.functions:
                if name not in self._entered:
                    yield from self.operations(self._module.functions[name])
            case ast.Attribute(attr="delete"):
                yield self._made(Manner.ROWS, call)
            case ast.Attribute(value=receiver, attr=verb) if _writes(receiver, verb):
                yield self._made(Manner.ROWS, call)
            case _:
                self._elsewhere(call)

    def _elsewhere(self, call: ast.Call) -> None:
        if first_name(call.func) in self._module.foreign and not self._within:
            self.unread.append(call)
            self.acting += [call] if call is self._alone or self._hands_over(call) else []

    def _hands_over(self, call: ast.Call) -> bool:
        """Whether a call is given what reaches the database."""
        given_names = (first_name(one) for one in (*call.args, *(keyword.value for keyword in call.keywords)))
        return any(name in self._module.operations or name in _HANDLES for name in given_names)

    def _made(self, manner: Manner, call: ast.Call, table: str | None = None) -> Operation:
        assert isinstance(call.func, ast.Attribute)
        return Operation(manner, call.func.attr, call, self._scope(call), table, self._outside, self._families)


def _is_outside(item: ast.withitem) -> bool:
    match item.context_expr:
        case ast.Call(func=ast.Attribute(attr="autocommit_block")):
            return True
        case _:
            return False


def _writes(receiver: ast.expr, verb: str) -> bool:
    if verb == "update":
        return any(isinstance(n, ast.Attribute) and n.attr == "query" for n in ast.walk(receiver))
    return verb in _WRITING and (first_name(receiver) or "").lower().endswith("session")
