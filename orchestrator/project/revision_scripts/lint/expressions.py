"""What a statement of SQLAlchemy changes: `t.update().where(…)`, `sa.delete(t)`, `session.query(T).delete()`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from orchestrator.project.revision_scripts.lint.change import Change, Kind, Trait
from orchestrator.project.revision_scripts.scope import Scope

_ROWS = {"insert": Kind.INSERT, "update": Kind.UPDATE, "delete": Kind.DELETE}
_READS = frozenset({"select", "exists", "query", "func"})
_NARROWING = frozenset({"where", "filter", "filter_by"})


def change_of(node: ast.expr, scope: Scope) -> Change | None:
    """The change that an executed expression makes, None where it only reads; what is not understood is unread."""
    node = (scope.get(node.id) or node) if isinstance(node, ast.Name) else node
    calls = list(_chain(node))
    for call, name in calls:
        if name in _ROWS:
            narrowed = any(one in _NARROWING for _, one in calls) or _narrowed(call)
            traits = frozenset({Trait.WHERE} if narrowed else ())
            return Change(_ROWS[name], node.lineno, _table(call, scope), traits=traits)
    if any(name in _READS for _, name in calls):
        return None
    return Change(Kind.UNREAD, node.lineno, name=ast.unparse(node))


def table_of(node: ast.expr | None, scope: Scope) -> str:
    """The name of the table that an expression stands for, as far as the script tells it; else its source."""
    if node is None:
        return ""
    found = scope.get(node.id) if isinstance(node, ast.Name) else node
    match found:
        case ast.Call(
            func=ast.Attribute(attr="table" | "Table") | ast.Name(id="table" | "Table"), args=[name, *_]
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


def _chain(node: ast.expr) -> Iterator[tuple[ast.Call, str]]:
    """The calls of `a.b(…).c(…)`, the last one first, each with its name."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute):
            node = node.value
            continue
        match node.func:
            case ast.Attribute(attr=name) | ast.Name(id=name):
                yield node, name
        node = node.func


def _narrowed(call: ast.Call) -> bool:
    """Whether an update or delete as of SQLAlchemy 1 names its condition as an argument."""
    of_module = isinstance(call.func, ast.Name) or (
        isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("sa", "sqlalchemy")
    )
    return len(call.args) > of_module and not isinstance(call.args[-1], ast.Dict)


def _table(call: ast.Call, scope: Scope) -> str:
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in ("sa", "sqlalchemy"):
        receiver = call.func.value
        for inner, name in _chain(receiver):
            if name == "query" and inner.args:
                return table_of(inner.args[0], scope)
        return table_of(receiver, scope)
    return table_of(call.args[0] if call.args else None, scope)
