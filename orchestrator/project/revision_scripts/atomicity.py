"""Whether a revision script leaves the transaction in which Alembic runs it, as far as its text tells.

If it does, a failure half-way leaves something behind that the database does not undo. The judgement is
careful to the safe side: a script is called atomic only if nothing in it looks otherwise. It cannot see into
functions that a script imports, and knows nothing of a database family whose DDL commits by itself.
"""

from __future__ import annotations

import ast
import re

_CLUES = (
    *(b"commit", b"rollback", b"concurrently", b"vacuum", b"isolation_level", b"begin"),
    *(b"cursor", b".connection", b"_connection", b"create_engine", b"create_async_engine"),
)
_LEAVING_CALLS = frozenset({"commit", "rollback", "begin", "begin_transaction", "cursor"})
_ENGINES = frozenset({"create_engine", "create_async_engine"})
_LEAVING_ATTRIBUTES = frozenset(
    {
        *("autocommit", "autocommit_block", "isolation_level", "set_isolation_level"),
        *("raw_connection", "get_raw_connection", "dbapi_connection", "driver_connection"),
    }
)
"""The driver's own connection commits past SQLAlchemy, and nobody can watch it: to ask for it is to leave."""
_LEAVING_KEYWORDS = frozenset({"isolation_level", "postgresql_concurrently"})
_EXECUTING_CALLS = frozenset({"execute", "executescript", "exec_driver_sql", "text", "DDL", "scalar", "append"})
_LEAVING_SQL = re.compile(
    r"""
    (?: ^ | ; | \*/ ) \s*
    (?: VACUUM \b
      | COMMIT \b (?= \s* (?: ; | $ | -- | /\* | (?: WORK | TRANSACTION | AND | PREPARED ) \b ) )
      | ROLLBACK \b (?! \s+ (?: (?: WORK | TRANSACTION ) \s+ )? TO \b )
        (?= \s* (?: ; | $ | -- | /\* | (?: WORK | TRANSACTION | AND | PREPARED ) \b ) )
    )
    | (?<! MATERIALIZED\ VIEW\  ) \b CONCURRENTLY \b
    | \A (?: AUTOCOMMIT | isolation_level ) \Z
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
"""SQL that ends the transaction or cannot run in one. REFRESH MATERIALIZED VIEW CONCURRENTLY and, since
PostgreSQL 12, ALTER TYPE … ADD VALUE can."""


def leaves_transaction(tree: ast.Module, source: bytes) -> bool:
    """True if the script commits, rolls back or runs outside a transaction anywhere in it.

    Comments and docstrings do not count; any other text does, since a statement may reach `op.execute` through a
    variable. `source` is what `tree` was parsed from.
    """
    lowered = source.lower()
    if not any(clue in lowered for clue in _CLUES):
        return False
    set_aside: set[ast.AST] = set()
    for node in ast.walk(tree):
        set_aside.update(_not_sql(node))
        if node not in set_aside and _leaves(node):
            return True
    return False


def _leaves(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _LEAVING_CALLS:
            return True
        case ast.Call(func=function) if _last_name(function) in _ENGINES:
            return True
        case ast.Attribute(attr="connection", value=of):
            return _is_connection(of)
        case ast.Attribute(attr=name):
            return name in _LEAVING_ATTRIBUTES
        case ast.keyword(arg=name, value=value) if name in _LEAVING_KEYWORDS:
            return not (isinstance(value, ast.Constant) and value.value is False)
        case ast.Constant(value=str(text)):
            return _LEAVING_SQL.search(text) is not None
        case _:
            return False


def _is_connection(node: ast.expr) -> bool:
    """Whether `.connection` of this is the driver's: of anything but Alembic's context, whose is SQLAlchemy's."""
    name = _last_name(node.func if isinstance(node, ast.Call) else node)
    return "context" not in name and name != "ctx"


def _not_sql(node: ast.AST) -> list[ast.AST]:
    """The nodes below this one that are prose or the name of something: `Column("commit")`."""
    match node:
        case ast.Expr(value=ast.Constant() as text):
            return [text]
        case ast.keyword(arg="comment" | "doc", value=text):
            return [text]
        case ast.Call(func=function) if _last_name(function) not in _EXECUTING_CALLS:
            return [one for one in _arguments(node) if _is_word(one)]
        case _:
            return []


def _arguments(call: ast.Call) -> list[ast.expr]:
    direct = [*call.args, *(keyword.value for keyword in call.keywords)]
    listed = [one.elts for one in direct if isinstance(one, ast.List | ast.Tuple)]
    return [*direct, *(element for elements in listed for element in elements)]


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier()


def _last_name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
