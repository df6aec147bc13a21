"""The variables by which a revision script says its place in the graph, read from its syntax tree.

They are what importing the module would leave in its namespace, or they are called unknown: nothing is guessed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

IDENTIFIERS = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})
_STAR_SAFE = frozenset({"alembic", "sqlalchemy"})
"""Packages whose `import *` is known to bring none of the four names."""
_DEFINITIONS = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_COMPUTED = ast.Name("computed")
"""Stands for a value that the tree does not tell."""


def variables(tree: ast.Module) -> tuple[dict[str, object], dict[str, int]]:
    """The identifiers that are literals, and the lines of those that are bound to anything else. The last wins."""
    values: dict[str, object] = {}
    unknown: dict[str, int] = {}
    for statement in tree.body:
        if type(statement) in _DEFINITIONS and getattr(statement, "name", None) not in IDENTIFIERS:
            continue  # most of what a script has
        for name, value in _bindings(statement):
            values.pop(name, None)
            unknown.pop(name, None)
            try:
                values[name] = value.value if isinstance(value, ast.Constant) else ast.literal_eval(value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                unknown[name] = statement.lineno
    return values, unknown


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The identifiers a statement of the module binds, each with its value."""
    bound: Iterable[tuple[str, ast.expr]] = []
    match statement:
        case ast.Expr(value=ast.Constant()):
            pass
        case ast.Assign(targets=targets, value=value) if all(isinstance(target, ast.Name) for target in targets):
            bound = [(target.id, value) for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            bound = [(name, value)] if value else []
        case ast.ImportFrom(module=module, names=[ast.alias(name="*")]):
            safe = module is not None and module.split(".")[0] in _STAR_SAFE
            bound = [] if safe else [(name, _COMPUTED) for name in sorted(IDENTIFIERS)]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            bound = [(alias.asname or alias.name.split(".")[0], _COMPUTED) for alias in aliases]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            bound = [(name, _COMPUTED)]
        case _:
            bound = _nested_bindings(statement)
    return ((name, value) for name, value in bound if name in IDENTIFIERS)


def _nested_bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """What `if`, `try`, `with`, `for`, `del`, unpacking and the like may bind: never certain."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id, _COMPUTED
        elif isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _bindings(node)
