"""For which families of databases a condition in a revision script holds, read from its syntax."""

from __future__ import annotations

import ast

from orchestrator.project.revision_scripts.scope import Function, Names, Scope

EVERY_FAMILY = frozenset({"postgresql", "mysql", "sqlite"})
_ELSEWHERE = ("oracle", "mssql", "sybase", "firebird", "ibm_db_sa", "cockroachdb", "redshift", "snowflake")
_FAMILIES = {**{name: name for name in EVERY_FAMILY}, "mariadb": "mysql", **dict.fromkeys(_ELSEWHERE, "")}
"""The family of each dialect that is known by its name; nothing for those of none."""
_DEPTH, _NESTED = 9, 3
"""Names behind names, and conditions in conditions, that are followed; a circle ends there."""


def holding(test: ast.expr, scope: Scope, depth: int = 0) -> tuple[frozenset[str], frozenset[str]]:
    """The families on which a condition may hold, and on which it may not; all of both for another condition."""
    test, scope = _behind(test, scope)
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand) if depth < _NESTED:
            holds, fails = holding(operand, scope, depth + 1)
            return fails, holds
        case ast.BoolOp(op=combining, values=values) if depth < _NESTED:
            sides = [holding(value, scope, depth + 1) for value in values]
            may, may_not = (list(each) for each in zip(*sides, strict=True))
            if isinstance(combining, ast.And):
                return EVERY_FAMILY.intersection(*may), frozenset[str]().union(*may_not)
            return frozenset[str]().union(*may), EVERY_FAMILY.intersection(*may_not)
        case ast.Compare(left=left, ops=[comparing], comparators=[right]) if _is_dialect(left, scope):
            right, inner = _behind(right, scope)
            listed = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
            families = {_FAMILIES.get(_text(one, inner)) for one in listed}
            named = EVERY_FAMILY & families
            if None in families:
                pass  # one of them is computed, or handed to a function: it may be any
            elif isinstance(comparing, ast.Eq | ast.In):
                return named, EVERY_FAMILY - named
            elif isinstance(comparing, ast.NotEq | ast.NotIn):
                return EVERY_FAMILY - named, named
    return EVERY_FAMILY, EVERY_FAMILY


def _is_dialect(node: ast.expr, scope: Scope) -> bool:
    match _behind(node, scope)[0]:
        case ast.Attribute(value=ast.Attribute(attr=of) | ast.Name(id=of), attr="name"):
            return of.endswith(("dialect", "engine"))
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.endswith("dialect_name")
        case _:
            return False


def _text(node: ast.expr, scope: Scope) -> str:
    """What stands there as it is; nothing for what is no text, or computes a part of it."""
    match _behind(node, scope)[0]:
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ""


def _behind(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """What a name is bound to, or what a function of the script gives back, where it is that alone."""
    for _ in range(_DEPTH):
        match node:
            case ast.Name(id=name) if (bound := scope.get(name)) is not None:
                node, scope = bound, scope.before(bound)
            case ast.Call(func=ast.Name(id=name)) if (function := _function(name, scope.tree)) is not None:
                scope = Scope(
                    scope.tree, scope.module, Names(function.body, function.args), function.body[-1].lineno
                )
                node = _given_back(function) or node
            case _:
                break
    return node, scope


def _function(name: str, tree: ast.Module) -> Function | None:
    functions = (one for one in tree.body if isinstance(one, Function) and one.name == name)
    return next((one for one in functions if _given_back(one) is not None), None)


def _given_back(function: Function) -> ast.expr | None:
    """What a function returns, where it does so at its end alone."""
    returns = [one for one in ast.walk(function) if isinstance(one, ast.Return)]
    return returns[0].value if len(returns) == 1 and returns[0] is function.body[-1] else None
