"""What a statement of SQLAlchemy changes: `t.update().where(…)`, `sa.delete(t)`, `session.query(T).delete()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.scope import Scope

_ROWS = {"insert": Kind.INSERT, "update": Kind.UPDATE, "delete": Kind.DELETE}
_READS = frozenset({"select", "exists", "query", "func"})
_NARROWING = frozenset({"where", "filter", "filter_by"})
_ELEMENTS = {
    "CreateTable": Kind.CREATE_TABLE,
    "DropTable": Kind.DROP_TABLE,
    "DropSchema": Kind.DROP_ALL,
    **dict.fromkeys(("CreateSchema", "CreateSequence", "DropSequence"), Kind.OTHER),
}
"""Statements of `sqlalchemy.schema`."""


def change_of(node: ast.expr, scope: Scope) -> Change | None:
    """The change that an executed expression makes, None where it only reads; what is not understood is unread."""
    calls = list(_chain(node, scope))
    for call, name in calls:
        if name in _ELEMENTS and call.args:
            return _of_element(_ELEMENTS[name], call.args[0], scope)
        if name in _ROWS:
            narrowed = any(one in _NARROWING for _, one in calls) or _narrowed(call)
            traits = frozenset({Trait.WHERE} if narrowed else ())
            return Change(_ROWS[name], node.lineno, _table(call, scope), traits=traits)
    if any(name in _READS for _, name in calls):
        return None
    return Change(Kind.UNREAD, node.lineno, name=ast.unparse(node))


def _of_element(kind: Kind, subject: ast.expr, scope: Scope) -> Change:
    if kind is Kind.DROP_ALL:
        return Change(kind, subject.lineno, name=scope.text(subject), other="schema")
    return Change(kind, subject.lineno, table_of(subject, scope) if kind is not Kind.OTHER else "")


def table_of(node: ast.expr | None, scope: Scope) -> str:
    """The name of the table that an expression stands for, as far as the script tells it; else its source."""
    if node is None:
        return ""
    found = scope.get(node.id) if isinstance(node, ast.Name) else node
    match found:
        case ast.Call(
            func=ast.Attribute(attr="table" | "Table" | "create_table") | ast.Name(id="table" | "Table"),
            args=[name, *_],
        ):
            return scope.text(name)
        case ast.Call(func=ast.Attribute(attr="query"), args=[entity, *_]):
            return table_of(entity, scope)
    for model in (one for one in scope.tree.body if isinstance(one, ast.ClassDef)):
        if isinstance(node, ast.Name) and model.name == node.id:
            return next(_table_names(model, scope), node.id)
    return ast.unparse(node)


def _table_names(model: ast.ClassDef, scope: Scope) -> Iterator[str]:
    for statement in model.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__tablename__")], value=value):
                yield scope.text(value)


def _chain(node: ast.expr, scope: Scope, seen: set[ast.expr] | None = None) -> Iterator[tuple[ast.Call, str]]:
    """The calls of `a.b(…).c(…)`, the last one first, each with its name; also of what `a` may be bound to."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=name)):
                yield node, name
                node = inner
            case ast.Call(func=ast.Name(id=name)):
                yield node, name
                return
            case ast.Call(func=inner) | ast.Attribute(value=inner):
                node = inner
            case ast.Name():
                seen = set() if seen is None else seen
                for bound in scope.bound(node.id):
                    if bound not in seen:
                        seen.add(bound)
                        yield from _chain(bound, scope.before(bound), seen)
                return
            case _:
                return


def _narrowed(call: ast.Call) -> bool:
    """Whether an update or delete as of SQLAlchemy 1 names its condition as an argument."""
    of_module = isinstance(call.func, ast.Name) or (
        isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("sa", "sqlalchemy")
    )
    return len(call.args) > of_module and not isinstance(call.args[-1], ast.Dict)


def _table(call: ast.Call, scope: Scope) -> str:
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in ("sa", "sqlalchemy"):
        receiver = call.func.value
        for inner, name in _chain(receiver, scope):
            if name == "query" and inner.args:
                return table_of(inner.args[0], scope)
        return table_of(receiver, scope)
    return table_of(call.args[0] if call.args else None, scope)
