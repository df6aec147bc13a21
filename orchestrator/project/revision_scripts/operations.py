"""What the functions of a revision script do to a database, read from its syntax tree without running it.

Calls are gathered as they stand, in the order of the text, also in functions of the same file. What they mean, for
a rollback or for a finding, is said elsewhere; what the text does not show is told as unread.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.project.revision_scripts.conditions import EVERY_FAMILY, holding
from orchestrator.project.revision_scripts.module import Module
from orchestrator.project.revision_scripts.scope import Function, Scope

SHOWN = 100
"""Characters of a statement or an expression that are shown."""
_PREPARING = frozenset({"f", "get_bind", "get_context", "batch_alter_table", "inline_literal", "run_async"})
"""Calls on `op` that change nothing themselves."""
_EXECUTING = frozenset({"execute", "exec_driver_sql", "executescript", "scalar", "scalars"})
_WRITING = frozenset(
    {"add", "add_all", "merge", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"}
)
"""What a session of the ORM writes rows with."""
_GATHERING = frozenset({"add", "append", "extend", "insert", "pop", "remove", "setdefault", "update"})
"""What is called on a list or a dictionary that stands in another one."""
_TELLING = frozenset({"debug", "info", "warning", "error", "exception", "log"})
"""What is called on a logger, wherever that comes from."""
_CHANGING = frozenset(
    {
        *("exec", "eval", "rename_table", "add_column", "alter_column", "batch_alter_table", "bulk_insert"),
        *("drop_table", "drop_column", "drop_index", "drop_constraint", "create_index", "create_foreign_key"),
        *("create_unique_constraint", "create_primary_key", "create_check_constraint"),
    }
)
"""What changes something whatever it is called on: `op`, or a batch, by another name or in another function."""
_SESSIONS = ("Session", "sessionmaker")
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
    families: frozenset[str] = EVERY_FAMILY

    @property
    def receiver(self) -> ast.expr:
        """What the method is called on."""
        return self.call.func.value if isinstance(self.call.func, ast.Attribute) else self.call.func


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


def of_a_type(operation: Operation) -> bool:
    """Whether what is made or dropped by its own method is a type, a sequence or an index, and holds no rows."""
    receiver = operation.receiver
    made = operation.scope.get(receiver.id) if isinstance(receiver, ast.Name) else receiver
    source = ast.unparse(made.func if isinstance(made, ast.Call) else receiver)
    return re.search(r"enum|type|sequence|index", source, re.IGNORECASE) is not None


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
        self._entered: set[tuple[Function, frozenset[str], bool]] = set()
        self._batches: dict[str, str] = {}
        self._outside = self._within = False
        self._families = EVERY_FAMILY
        self._alone: ast.expr | None = None
        self.unread: list[ast.expr] = []
        self.acting: list[ast.expr] = []

    def operations(self, function: Function) -> Iterator[Operation]:
        """Each call that changes something, in the order of the text."""
        self._entered.add((function, self._families, self._outside))
        self._functions.append(function)
        before = self._families
        yield from self._all(function.body)
        self._families = before
        self._functions.pop()

    def _scope(self, node: ast.expr) -> Scope:
        return self._module.scope(self._functions[-1], node.lineno)

    def _below(self, node: ast.AST) -> Iterator[Operation]:
        match node:
            case ast.If():
                yield from self._either(node)
                return
            case ast.With(items=items, body=body) if any(_is_outside(item) for item in items):
                before, self._outside = self._outside, True
                yield from self._all(body)
                self._outside = before
                return
            case ast.withitem():
                self._remember_batch(node)
            case ast.Expr(value=ast.Call() | ast.Await() as value):
                self._alone = value.value if isinstance(value, ast.Await) else value
            case ast.Call():
                yield from self._of_call(node)
                return
            case ast.Name() | ast.Attribute():
                yield from self._passed_on(node)
        families = self._families
        for child in ast.iter_child_nodes(node):
            yield from self._below(child)
            self._families = families  # a return in a loop, a try or a function in it need not be reached

    def _all(self, nodes: Iterable[ast.AST]) -> Iterator[Operation]:
        for node in nodes:
            yield from self._below(node)

    def _either(self, node: ast.If) -> Iterator[Operation]:
        yield from self._below(node.test)
        families, others = holding(node.test, self._scope(node.test))
        yield from self._only_for(node.body, families)
        yield from self._only_for(node.orelse, others)
        if isinstance(node.body[-1], ast.Return | ast.Raise):
            self._families &= others

    def _passed_on(self, node: ast.expr) -> Iterator[Operation]:
        """A function of the script, called or not, and an operation that others call with what they have."""
        match node:
            case ast.Name(id=name):
                for function in self._module.called(name):
                    if (function, self._families, self._outside) not in self._entered:
                        yield from self.operations(function)
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._module.operations:
                if verb not in _PREPARING:
                    self._tell_unread(node, acting=True)

    def _of_call(self, call: ast.Call) -> Iterator[Operation]:
        found = list(self._call(call))
        yield from found
        if any(one.call is call and one.manner is Manner.EXECUTED for one in found):
            return  # what is executed was told whole
        before = self._within
        self._within |= any(one.call is call and one.manner is Manner.ALEMBIC for one in found)
        called = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        yield from self._all((called, *call.args, *call.keywords))
        self._within = before

    def _only_for(self, body: list[ast.stmt], families: frozenset[str]) -> Iterator[Operation]:
        before, self._families = self._families, self._families & families
        yield from self._all(body)
        self._families = before

    def _remember_batch(self, item: ast.withitem) -> None:
        match item:
            case ast.withitem(
                context_expr=ast.Call(
                    func=ast.Attribute(attr="batch_alter_table") | ast.Name(id="batch_alter_table")
                ) as call,
                optional_vars=ast.Name(id=name),
            ):
                table, schema = given(call, 0, "table_name"), given(call, 1, "schema")
                parts = [self._scope(call).name(part) for part in (schema, table) if part is not None]
                self._batches[name] = ".".join(part for part in parts if part != "{None}")

    def _call(self, call: ast.Call) -> Iterator[Operation]:
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._module.operations:
                yield from self._by_alembic(call, verb)
            case ast.Name(id=name) if name in self._module.direct:
                yield from self._by_alembic(call, self._module.direct[name])
            case ast.Attribute(value=ast.Name(id=name), attr=verb) if name in self._batches:
                if verb not in _PREPARING:
                    yield self._made(Manner.ALEMBIC, call, self._batches[name])
            case ast.Attribute(attr=verb) if verb in _EXECUTING and (call.args or call.keywords):
                yield self._made(Manner.EXECUTED, call)
            case ast.Attribute(attr="drop" | "drop_all" | "create" | "create_all"):
                yield self._made(Manner.METADATA, call)
            case ast.Attribute(attr="delete"):
                yield self._made(Manner.ROWS, call)
            case ast.Attribute(value=receiver, attr=verb) if _writes(receiver, verb):
                yield self._made(Manner.ROWS, call)
            case _:
                self._elsewhere(call)

    def _by_alembic(self, call: ast.Call, verb: str) -> Iterator[Operation]:
        if verb not in _PREPARING or _copies(call):
            yield self._made(Manner.EXECUTED if verb in _EXECUTING else Manner.ALEMBIC, call, verb=verb)

    def _elsewhere(self, call: ast.Call) -> None:
        if self._hides(call):
            self._tell_unread(call, acting=True)
        elif first_name(call.func) in self._module.foreign and not self._within and not _known(call.func):
            self._tell_unread(call, acting=call is self._alone or self._hands_over(call))

    def _hides(self, call: ast.Call) -> bool:
        """Whether it changes something by a way that is not followed."""
        match call.func:
            case ast.Name(id="getattr"):
                return bool(call.args) and first_name(call.args[0]) in self._module.operations
            case ast.Attribute(attr=verb) | ast.Name(id=verb):
                return verb in _CHANGING - self._module.functions.keys()
            case _:
                return False

    def _tell_unread(self, node: ast.expr, *, acting: bool) -> None:
        self.unread.append(node)
        self.acting += [node] if acting else []

    def _hands_over(self, call: ast.Call) -> bool:
        """Whether a call is given what reaches the database."""
        given_names = (first_name(one) for one in (*call.args, *(keyword.value for keyword in call.keywords)))
        return any(name in self._module.operations or name in _HANDLES for name in given_names)

    def _made(self, manner: Manner, call: ast.Call, table: str | None = None, *, verb: str = "") -> Operation:
        verb = verb or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        return Operation(manner, verb, call, self._scope(call), table, self._outside, self._families)


def _copies(call: ast.Call) -> bool:
    """Whether it begins a batch that copies its table on every database."""
    recreate = given(call, 2, "recreate")
    return isinstance(recreate, ast.Constant) and recreate.value == "always"


def _is_outside(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "autocommit_block"


def _known(called: ast.expr) -> bool:
    """Whether something that is not read here is known by its name to change nothing."""
    match called:
        case ast.Attribute(value=ast.Subscript(), attr=verb) if verb in _GATHERING:
            return True
        case ast.Attribute(attr=verb) | ast.Name(id=verb):
            return verb in _TELLING or verb.endswith(_SESSIONS)
        case _:
            return False


def _writes(receiver: ast.expr, verb: str) -> bool:
    if verb == "update":
        return any(isinstance(n, ast.Attribute) and n.attr == "query" for n in ast.walk(receiver))
    return verb in _WRITING and (first_name(receiver) or "").lower().endswith("session")
