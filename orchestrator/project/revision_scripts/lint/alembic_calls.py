"""What an operation of a script changes: Alembic's own operations, and what is executed beside them.

The meaning of the arguments is that of `alembic.operations.ops` of Alembic 1.20.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from orchestrator.project.revision_scripts.lint import sql
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.expressions import change_of, table_of
from orchestrator.project.revision_scripts.lint.rule import EVERYWHERE, literal
from orchestrator.project.revision_scripts.operations import Manner, Operation, cut, first_name, given
from orchestrator.project.revision_scripts.scope import Scope

_HARMLESS = frozenset({"create_table_comment", "drop_table_comment"})
_DEFAULTS = frozenset({"Identity", "Computed"})
"""What PostgreSQL works out for every row of a new column."""
_LENGTH = re.compile(r"(?:\w+\.)*(?:String|VARCHAR|Unicode|Text|TEXT|UnicodeText)(?:\((?:length=)?(\d+)?\))?$")
_UNBOUNDED = 10**9
_PLAIN = re.compile(r"\w+\.|\(\)")
"""What `sa.Boolean()` has and `BOOLEAN` has not."""


def changes_of(operation: Operation) -> Iterator[Change]:
    """The changes that an operation makes, each with its families and whether it is outside the transaction."""
    for change in _changes(operation):
        families = change.families & operation.families if change.families else operation.families
        if families or not change.families:
            yield replace(change, outside=operation.outside, families=families)


def _changes(operation: Operation) -> Iterator[Change]:
    call, line = operation.call, operation.call.lineno
    match operation.manner:
        case Manner.EXECUTED:
            yield from _executed(given(call, 0, "sqltext"), operation.scope, line)
        case Manner.ROWS:
            yield from _by_session(operation)
        case Manner.METADATA:
            yield _of_metadata(operation)
        case Manner.ALEMBIC:
            yield from _of_alembic(operation)


def _executed(node: ast.expr | None, scope: Scope, line: int) -> Iterator[Change]:
    text = scope.statement(node) if node is not None else ""
    if text is not None:
        yield from sql.changes(text, line)
    elif node is not None and (change := change_of(node, scope)) is not None:
        yield replace(change, line=line)


def _by_session(operation: Operation) -> Iterator[Change]:
    """Rows that a session of the ORM writes; `t.delete()` alone is an expression that nobody executed yet."""
    call, verb = operation.call, operation.verb
    if verb not in ("update", "delete"):
        yield Change(Kind.INSERT, call.lineno)
    elif (found := change_of(call, operation.scope)) is not None and ".query(" in ast.unparse(call):
        yield found
    elif (first_name(call.func) or "").lower().endswith("session"):
        yield Change(Kind.DELETE, call.lineno, traits=frozenset({Trait.WHERE}))


def _of_metadata(operation: Operation) -> Change:
    """`create` or `drop` of something of the models; a type's are of no rule."""
    call, line = operation.call, operation.call.lineno
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    source = ast.unparse(receiver)
    if operation.verb == "drop_all":
        return Change(Kind.DROP_ALL, line, name=source, other="tables of the models")
    if operation.verb == "create_all":
        return Change(Kind.UNREAD, line, name=ast.unparse(call))
    if re.search(r"enum|type|sequence|index", source, re.IGNORECASE):
        return Change(Kind.OTHER, line)
    kind = Kind.CREATE_TABLE if operation.verb == "create" else Kind.DROP_TABLE
    return Change(kind, line, table_of(receiver, operation.scope).removesuffix(".__table__"))


def _of_alembic(operation: Operation) -> Iterator[Change]:
    if operation.verb == "execute":
        yield from _executed(given(operation.call, 0, "sqltext"), operation.scope, operation.call.lineno)
    elif (reading := _READINGS.get(operation.verb)) is not None:
        yield from reading(_Call(operation))
    else:
        kind = Kind.OTHER if operation.verb in _HARMLESS else Kind.UNREAD
        yield Change(kind, operation.call.lineno, name=ast.unparse(operation.call))


class _Call:
    """The arguments of an operation by name; in a batch, which knows its table, the table is not among them."""

    def __init__(self, operation: Operation) -> None:
        self._operation, self._scope = operation, operation.scope

    def node(self, position: int, name: str, *, after_table: bool = False) -> ast.expr | None:
        """An argument; `after_table` says that the operation's table stands before it, outside a batch."""
        shift = after_table and self._operation.table is not None
        return given(self._operation.call, position - shift, name)

    def text(self, position: int, name: str, *, after_table: bool = False) -> str:
        """The same as a name; nothing where it is not given, or is None."""
        node = self.node(position, name, after_table=after_table)
        absent = node is None or (isinstance(node, ast.Constant) and node.value is None)
        return "" if absent or node is None else self._scope.name(node)

    def source(self, position: int, name: str, *, after_table: bool = False) -> str:
        """The same as it stands in the script, or where its name was bound."""
        node = self._bound(self.node(position, name, after_table=after_table))
        return cut(ast.unparse(node)) if node is not None else ""

    def _bound(self, node: ast.expr | None) -> ast.expr | None:
        return (self._scope.get(node.id) or node) if isinstance(node, ast.Name) else node

    def type_on(self, family: str, name: str) -> str:
        """The source of the type that a keyword gives on databases of a family, which may have a variant."""
        node = self._bound(self.keyword(name))
        while True:
            match node:
                case ast.Call(func=ast.Attribute(value=base, attr="with_variant"), args=[variant, *dialects]):
                    its_own = any(isinstance(one, ast.Constant) and one.value == family for one in dialects)
                    node = self._bound(variant if its_own else base)
                case _:
                    return cut(ast.unparse(node)) if node is not None else ""

    def table(self, position: int, name: str = "table_name") -> str:
        """The operation's table, with its schema."""
        if self._operation.table is not None:
            return sql.name_of(self._operation.table)
        schema = self.text(-1, "schema") or self.text(-1, "source_schema")
        return sql.name_of(f"{schema}." * bool(schema) + self.text(position, name))

    def keyword(self, name: str) -> ast.expr | None:
        """What is given by this name alone."""
        return given(self._operation.call, -1, name)

    def says(self, name: str) -> bool:
        """Whether it is given by this name, and not as False or None."""
        value = self.keyword(name)
        return value is not None and not (isinstance(value, ast.Constant) and value.value in (False, None))

    def made(self, kind: Kind, table: str, name: str = "", *, other: str = "", columns: str = "") -> Change:
        """A change of this operation."""
        return Change(kind, self._operation.call.lineno, table, name, other, columns)

    def of_rows(self) -> str:
        """The table that rows are given to."""
        return table_of(self.node(0, "table"), self._scope)

    def statement(self, node: ast.expr) -> str:
        """An expression as a name."""
        return self._scope.name(node)


def _create_table(call: _Call) -> Iterator[Change]:
    yield call.made(Kind.CREATE_TABLE, call.table(0))


def _drop_table(call: _Call) -> Iterator[Change]:
    yield call.made(Kind.DROP_TABLE, call.table(0))


def _rename_table(call: _Call) -> Iterator[Change]:
    yield call.made(Kind.RENAME_TABLE, call.table(0, "old_table_name"), other=call.text(1, "new_table_name"))


def _add_column(call: _Call) -> Iterator[Change]:
    column = call.node(1, "column", after_table=True)
    table = call.table(0)
    if not isinstance(column, ast.Call):
        yield call.made(Kind.ADD_COLUMN, table, call.text(1, "column", after_table=True))
        return
    named = given(column, 0, "name")
    name = call.statement(named if named is not None else column)
    yield replace(call.made(Kind.ADD_COLUMN, table, name), traits=frozenset(_column_traits(column)))
    columns = f"[{literal(name)}]"
    for part in column.args:
        match part:
            case ast.Call(func=ast.Attribute(attr="ForeignKey") | ast.Name(id="ForeignKey"), args=[to, *_]):
                other = call.statement(to).rpartition(".")[0] or call.statement(to)
                key = call.made(Kind.ADD_FOREIGN_KEY, table, f"fk_{table}_{name}", other=other, columns=columns)
                yield key
    if _true(column, "unique"):
        yield call.made(Kind.ADD_UNIQUE, table, f"uq_{table}_{name}", columns=columns)
    elif _true(column, "index"):
        yield call.made(Kind.CREATE_INDEX, table, f"ix_{table}_{name}", columns=columns)


def _column_traits(column: ast.Call) -> Iterator[Trait]:
    arguments = {keyword.arg: keyword.value for keyword in column.keywords}
    nullable = arguments.get("nullable")
    if (isinstance(nullable, ast.Constant) and nullable.value is False) or _true(column, "primary_key"):
        yield Trait.NOT_NULL
    default = arguments.get("server_default")
    own = any(isinstance(n, ast.Attribute | ast.Name) and _last(n) in _DEFAULTS for n in ast.walk(column))
    if own or (default is not None and not (isinstance(default, ast.Constant) and default.value is None)):
        yield Trait.DEFAULT
    if own or (default is not None and sql.rewriting(ast.unparse(default))):
        yield Trait.REWRITING


def _last(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _true(call: ast.Call, name: str) -> bool:
    value = given(call, -1, name)
    return isinstance(value, ast.Constant) and value.value is True


def _drop_column(call: _Call) -> Iterator[Change]:
    yield call.made(Kind.DROP_COLUMN, call.table(0), call.text(1, "column_name", after_table=True))


def _alter_column(call: _Call) -> Iterator[Change]:
    table, name = call.table(0), call.text(1, "column_name", after_table=True)
    if (new_name := call.text(-1, "new_column_name")) not in ("", name):
        yield call.made(Kind.RENAME_COLUMN, table, name, other=new_name)
    nullable = call.keyword("nullable")
    if isinstance(nullable, ast.Constant) and nullable.value is False:
        yield call.made(Kind.SET_NOT_NULL, table, name)
    if call.says("type_"):
        kinds: dict[tuple[str, str], set[str]] = {}
        for family in sorted(EVERYWHERE):
            types = call.type_on(family, "existing_type"), call.type_on(family, "type_")
            kinds.setdefault(types, set()).add(family)
        for (old, new), families in kinds.items():
            traits = frozenset({Trait.WIDER} if _wider(old, new) else ())
            change = call.made(Kind.ALTER_TYPE, table, name, other=new)
            yield replace(change, traits=traits, families=frozenset(families))
    elif call.says("server_default") or call.says("comment"):
        yield call.made(Kind.OTHER, table, name)


def _wider(old: str, new: str) -> bool:
    """Whether a text of the old type is one of the new type as it stands."""
    lengths = [_LENGTH.match(one) for one in (old, new)]
    if lengths[0] is None or lengths[1] is None:
        return _PLAIN.sub("", old).lower() == _PLAIN.sub("", new).lower()
    before, after = (int(found[1] or _UNBOUNDED) for found in lengths if found)
    return after >= before


def _create_index(call: _Call) -> Iterator[Change]:
    columns = call.source(2, "columns", after_table=True)
    index = call.made(Kind.CREATE_INDEX, call.table(1), call.text(0, "index_name"), columns=columns)
    yield replace(index, traits=_concurrently(call))


def _drop_index(call: _Call) -> Iterator[Change]:
    index = call.made(Kind.DROP_INDEX, call.table(1), call.text(0, "index_name"))
    yield replace(index, traits=_concurrently(call))


def _concurrently(call: _Call) -> frozenset[Trait]:
    return frozenset({Trait.CONCURRENTLY} if call.says("postgresql_concurrently") else ())


def _constraint(kind: Kind, columns: tuple[int, str], to: str = "") -> Callable[[_Call], Iterator[Change]]:
    def reading(call: _Call) -> Iterator[Change]:
        table = call.table(1, "source_table" if to else "table_name")
        name, listed = call.text(0, "constraint_name"), call.source(*columns, after_table=True)
        other = call.text(2, to, after_table=True) if to else ""
        change = call.made(kind, table, name, other=other, columns=listed)
        yield replace(change, traits=frozenset({Trait.NOT_VALID} if call.says("postgresql_not_valid") else ()))

    return reading


def _drop_constraint(call: _Call) -> Iterator[Change]:
    kind = call.text(2, "type_", after_table=True)
    yield call.made(Kind.DROP_CONSTRAINT, call.table(1), call.text(0, "constraint_name"), other=kind)


def _bulk_insert(call: _Call) -> Iterator[Change]:
    yield call.made(Kind.INSERT, call.of_rows())


_READINGS: dict[str, Callable[[_Call], Iterator[Change]]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_index": _create_index,
    "drop_index": _drop_index,
    "create_foreign_key": _constraint(Kind.ADD_FOREIGN_KEY, (3, "local_cols"), "referent_table"),
    "create_check_constraint": _constraint(Kind.ADD_CHECK, (2, "condition")),
    "create_unique_constraint": _constraint(Kind.ADD_UNIQUE, (2, "columns")),
    "create_primary_key": _constraint(Kind.ADD_PRIMARY_KEY, (2, "columns")),
    "create_exclude_constraint": _constraint(Kind.ADD_EXCLUDE, (2, "elements")),
    "drop_constraint": _drop_constraint,
    "bulk_insert": _bulk_insert,
}
