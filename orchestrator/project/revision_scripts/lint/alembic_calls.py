"""What an operation of a script changes: Alembic's own operations, and what is executed beside them.

The meaning of the arguments is that of `alembic.operations.ops` of Alembic 1.20.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from orchestrator.project.revision_scripts.lint import sql
from orchestrator.project.revision_scripts.lint.arguments import Arguments
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.lint.expressions import change_of, table_of
from orchestrator.project.revision_scripts.lint.rule import EVERYWHERE, literal
from orchestrator.project.revision_scripts.lint.widening import wider
from orchestrator.project.revision_scripts.operations import Manner, Operation, cut, first_name, given, of_a_type
from orchestrator.project.revision_scripts.scope import Scope

_HARMLESS = frozenset({"create_table_comment", "drop_table_comment"})
_DEFAULTS = frozenset({"Identity", "Computed"})
"""What PostgreSQL works out for every row of a new column."""


def changes_of(operation: Operation) -> Iterator[Change]:
    """The changes that an operation makes, each with its families and whether it is outside the transaction."""
    for change in _changes(operation):
        if families := (change.families or EVERYWHERE) & operation.families:
            yield replace(change, outside=operation.outside, families=families)


def _changes(operation: Operation) -> Iterator[Change]:
    match operation.manner:
        case Manner.EXECUTED:
            yield from _executed(operation.call, operation.scope)
        case Manner.ROWS:
            yield from _by_session(operation)
        case Manner.METADATA:
            yield _of_metadata(operation)
        case Manner.ALEMBIC:
            yield from _of_alembic(operation)


def _executed(call: ast.Call, scope: Scope) -> Iterator[Change]:
    line, node = call.lineno, given(call, 0, "sqltext") or given(call, 0, "statement") or call
    bound = scope.bound(node.id) if isinstance(node, ast.Name) else []
    for one in bound or [node]:
        text = scope.statement(one)
        if text is not None:
            yield from sql.changes(text, line)
        elif (change := change_of(one, scope)) is not None:
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
    line, source = operation.call.lineno, ast.unparse(operation.receiver)
    if operation.verb == "drop_all":
        return Change(Kind.DROP_ALL, line, name=source, other="tables of the models")
    if operation.verb == "create_all":
        return Change(Kind.UNREAD, line, name=ast.unparse(operation.call))
    if of_a_type(operation):
        return Change(Kind.OTHER, line)
    kind = Kind.CREATE_TABLE if operation.verb == "create" else Kind.DROP_TABLE
    return Change(kind, line, table_of(operation.receiver, operation.scope).removesuffix(".__table__"))


def _of_alembic(operation: Operation) -> Iterator[Change]:
    if operation.verb == "execute":
        yield from _executed(operation.call, operation.scope)
    elif (reading := _READINGS.get(operation.verb)) is not None:
        arguments = Arguments(operation)
        yield from reading(arguments)
        if operation.verb != "create_table" and not arguments.told():
            yield Change(Kind.UNREAD, operation.call.lineno, name=ast.unparse(operation.call))
    else:
        kind = Kind.OTHER if operation.verb in _HARMLESS else Kind.UNREAD
        yield Change(kind, operation.call.lineno, name=ast.unparse(operation.call))


def _create_table(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.CREATE_TABLE, call.table(0))


def _batch(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.LOCK, call.table(0), 'a batch with recreate="always" on')


def _drop_table(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.DROP_TABLE, call.table(0))


def _rename_table(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.RENAME_TABLE, call.table(0, "old_table_name"), other=call.text(1, "new_table_name"))


def _add_column(call: Arguments) -> Iterator[Change]:
    column = call.bound(call.node(1, "column", after_table=True))
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


def _drop_column(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.DROP_COLUMN, call.table(0), call.text(1, "column_name", after_table=True))


def _alter_column(call: Arguments) -> Iterator[Change]:
    table, name = call.table(0), call.text(1, "column_name", after_table=True)
    if (new_name := call.text(-1, "new_column_name")) not in ("", name):
        yield call.made(Kind.RENAME_COLUMN, table, name, other=new_name)
    nullable = call.keyword("nullable")
    if isinstance(nullable, ast.Constant) and nullable.value is False:
        yield call.made(Kind.SET_NOT_NULL, table, name)
    if call.says("type_"):
        kinds: dict[tuple[str, bool], set[str]] = {}
        for family in sorted(EVERYWHERE):
            old, new = call.type_on(family, "existing_type"), call.type_on(family, "type_")
            shown = cut(ast.unparse(new)) if new is not None else ""
            kinds.setdefault((shown, wider(old, new, family)), set()).add(family)
        for (shown, is_wider), families in kinds.items():
            traits = frozenset({Trait.WIDER} if is_wider else ())
            change = call.made(Kind.ALTER_TYPE, table, name, other=shown)
            yield replace(change, traits=traits, families=frozenset(families))
    elif call.says("server_default") or call.says("comment"):
        yield call.made(Kind.OTHER, table, name)


def _create_index(call: Arguments) -> Iterator[Change]:
    columns = call.source(2, "columns", after_table=True)
    index = call.made(Kind.CREATE_INDEX, call.table(1), call.text(0, "index_name"), columns=columns)
    yield replace(index, traits=_concurrently(call))


def _drop_index(call: Arguments) -> Iterator[Change]:
    index = call.made(Kind.DROP_INDEX, call.table(1), call.text(0, "index_name"))
    yield replace(index, traits=_concurrently(call))


def _concurrently(call: Arguments) -> frozenset[Trait]:
    return frozenset({Trait.CONCURRENTLY} if call.says("postgresql_concurrently") else ())


def _constraint(kind: Kind, columns: tuple[int, str], to: str = "") -> Callable[[Arguments], Iterator[Change]]:
    def reading(call: Arguments) -> Iterator[Change]:
        table = call.table(1, "source_table" if to else "table_name")
        name, listed = call.text(0, "constraint_name"), call.source(*columns, after_table=True)
        other = call.text(2, to, after_table=True) if to else ""
        change = call.made(kind, table, name, other=other, columns=listed)
        yield replace(change, traits=frozenset({Trait.NOT_VALID} if call.says("postgresql_not_valid") else ()))

    return reading


def _drop_constraint(call: Arguments) -> Iterator[Change]:
    kind = call.text(2, "type_", after_table=True)
    yield call.made(Kind.DROP_CONSTRAINT, call.table(1), call.text(0, "constraint_name"), other=kind)


def _bulk_insert(call: Arguments) -> Iterator[Change]:
    yield call.made(Kind.INSERT, call.of_rows())


_READINGS: dict[str, Callable[[Arguments], Iterator[Change]]] = {
    "batch_alter_table": _batch,
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
