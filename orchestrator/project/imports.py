"""Whether a file of a project, run anew for each target, can leave anything in a process that serves several.

It is read, never run, and proved where all that it does is understood: it imports what is listed here, changes
nothing of what it imported, and defines nothing that registers itself. Reading is no proof against somebody who
means to hide something; what is noticed afterwards (`worker.reset`) and the guard of each target stand behind it.
A file of the project's own is not followed: whoever imports one is not proved.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

_STANDARD = {
    *(
        "__future__",
        "base64",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "enum",
        "hashlib",
        "itertools",
    ),
    *("json", "math", "pathlib", "re", "string", "textwrap", "typing", "uuid"),
}
"""Modules of the standard library with nothing in them that changes a process."""
_PARTS = {
    "os": "environ fspath getcwd getenv linesep path pathsep sep",
    "logging": "CRITICAL DEBUG ERROR INFO WARNING basicConfig config critical debug error getLogger info warning",
    "decimal": "Decimal InvalidOperation ROUND_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP",
    "functools": "partial reduce wraps",
    "time": "monotonic perf_counter sleep time",
    "alembic": "context op script util operations.ops",
}
"""Of these modules only what is named may be used."""
_LASTING = {
    *("sqlalchemy.event", "sqlalchemy.events", "sqlalchemy.ext", "sqlalchemy.util", "sqlalchemy.testing"),
    *("sqlalchemy.dialects.registry", "sqlalchemy.inspection", "sqlalchemy.pool.events", "sqlalchemy.log"),
}
"""What of SQLAlchemy registers something, or may; `sqlalchemy.ext.declarative` aside."""
_WORDS = {
    *("event", "listen", "listens_for", "compiles", "register", "register_operation", "implementation_for"),
    *("dispatch_for", "register_adapter", "register_converter", "modules", "system", "popen", "fork", "putenv"),
}
"""Names of what registers or changes something, under whatever module they are found."""
_BUILTINS = {"setattr", "delattr", "getattr", "exec", "eval", "compile", "globals", "locals", "vars", "__import__"}
"""Built-in functions that reach what cannot be read off the file."""
_MUTATORS = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove"),
    *("reverse", "setdefault", "sort", "update"),
}
_MAKERS = {
    *("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression", "sqlalchemy.dialects.postgresql"),
    *("sqlalchemy.dialects.mysql", "sqlalchemy.dialects.sqlite"),
}
"""Modules whose `insert` and `update` make statements."""
_BASES = ("enum.", "typing.", "sqlalchemy.types.", "sqlalchemy.TypeDecorator", "sqlalchemy.orm.DeclarativeBase")
"""How the full names of those classes begin that may be inherited from."""
_DECORATORS = ("contextlib.", "dataclasses.", "functools.", "enum.", "typing.")
_OF_THE_RUN = ("alembic.context.config", "alembic.context.script")
"""Attributes whose objects end with the run."""
_SHARING = ("logging.", "os.", "decimal.", "sqlalchemy.inspect")
"""What gives out, when called, objects that others have too."""
_PLAIN = {"__name__", "__file__", "__doc__", "__init__", "__tablename__", "__table__", "__version__"}


def leaves_nothing(path: Path) -> bool:
    """Whether the Python file at this path is proved to leave nothing behind; False where it cannot be read."""
    try:
        status = path.stat()
    except OSError:
        return False
    return _leaves_nothing(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4096)
def _leaves_nothing(path: Path, _changed: int, _size: int) -> bool:
    try:
        return _File(ast.parse(path.read_bytes())).is_proved()
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False


class _File:
    """One file: what its names stand for, and which of them lead to what others have too."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes = list(ast.walk(tree))
        self._imported = {name: full for node in self._nodes for name, full in _imports(node)}
        self._shared = set(self._imported)
        bound = list(_bindings(self._nodes))
        known = -1
        while known != len(self._shared):  # a name may be used above the line that binds it
            known = len(self._shared)
            self._shared |= {name for name, value in bound if value is None or self._is_shared(value)}
            self._alias()

    def _alias(self) -> None:
        """Let a name that is a mere other one for what was imported stand for it; one of two stands for none."""
        for node in self._nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if full := self._full(value):
                    self._imported[name] = full if self._imported.get(name, full) == full else "?"

    def is_proved(self) -> bool:
        """Whether all that it does is understood, and leaves nothing."""
        inner = {id(node.value) for node in self._nodes if isinstance(node, ast.Attribute)}
        return all(self._lasts_not(node, id(node) in inner) for node in self._nodes)

    def _lasts_not(self, node: ast.AST, inner: bool) -> bool:
        match node:
            case ast.Import() | ast.ImportFrom():
                return all(_may_be_used(full) for _, full in _imports(node))
            case ast.Name(id=name):
                return name not in _BUILTINS | _WORDS and (inner or self._imported.get(name) not in _PARTS)
            case ast.Attribute():
                return self._may_have(node)
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                return not self._is_shared(node.value)
            case ast.Call():
                return self._may_be_called(node)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._may_be_defined(node)
            case _:
                return True

    def _may_have(self, node: ast.Attribute) -> bool:
        if node.attr in _WORDS or (node.attr.startswith("__") and node.attr not in _PLAIN):
            return False
        if not isinstance(node.ctx, ast.Load):
            return not self._is_shared(node.value)
        full = self._full(node)
        return full is None or _may_be_used(full)

    def _may_be_called(self, node: ast.Call) -> bool:
        function = node.func
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        shared = any(map(self._is_shared, given))
        if isinstance(function, ast.Attribute) and function.attr in _MUTATORS:
            makes = self._full(function.value) in _MAKERS
            return makes or not (shared or self._is_shared(function.value))
        if isinstance(function, ast.Name) and function.id not in self._imported:
            # What is handed to the file's own functions is not followed there.
            return not shared or (hasattr(builtins, function.id) and function.id not in ("type", "map", "filter"))
        return not isinstance(function, ast.Call | ast.Subscript) or not self._is_shared(function)

    def _may_be_defined(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        if isinstance(node, ast.ClassDef) and (node.keywords or not self._each_of(node.bases, _BASES)):
            return False
        return self._each_of(node.decorator_list, _DECORATORS)

    def _each_of(self, nodes: Iterable[ast.expr], allowed: tuple[str, ...]) -> bool:
        names = [self._full(node.func if isinstance(node, ast.Call) else node) for node in nodes]
        shared = map(self._is_shared, nodes)
        return all(
            name.startswith(allowed) if name else not is_shared
            for name, is_shared in zip(names, shared, strict=True)
        )

    def _full(self, node: ast.AST) -> str | None:
        """The full name of what a chain of attributes stands for, where it begins with what was imported."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._imported:
            return None
        return ".".join([self._imported[node.id], *reversed(parts)])

    def _is_shared(self, node: ast.AST) -> bool:
        """Whether a value may be, or hold, something that outlives the run: not what is made here by a call."""
        match node:
            case ast.Name(id=name):
                return name in self._shared and self._imported.get(name) not in _OF_THE_RUN
            case ast.Attribute():
                full = self._full(node)
                return not (full or "").startswith(_OF_THE_RUN) and self._is_shared(node.value)
            case ast.Call(func=function, args=arguments):
                if (full := self._full(function)) is not None:
                    return full.startswith(_SHARING)
                if isinstance(function, ast.Name):
                    return self._is_shared(function) or any(map(self._is_shared, arguments))
                return False
            case ast.Constant() | ast.Compare() | ast.JoinedStr():
                return False
            case _:
                return any(map(self._is_shared, ast.iter_child_nodes(node)))


def _imports(node: ast.AST) -> Iterator[tuple[str, str]]:
    """What a node binds by import: each name, and the full name of what it stands for."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    alias.name if alias.asname else _top(alias.name),
                )
                if not alias.asname:
                    yield f"{alias.name} ", alias.name  # no name of the file's: to be judged as well
        case ast.ImportFrom(names=names, module=module, level=level):
            for alias in names:
                yield alias.asname or alias.name, f"{'.' * level}{module or ''}.{alias.name}"


def _bindings(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST | None]]:
    """Each name that is bound otherwise, with the value it has or is part of; None for one not followed."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((name, value) for target in targets for name in _names(target))
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.NamedExpr(target=target, value=value)
                | ast.AugAssign(target=target, value=value)
                | ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
                | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
            ):
                yield from ((name, value) for name in _names(target))
            case ast.ClassDef(name=name, body=body):
                values = (
                    part.value for part in body if isinstance(part, ast.Assign | ast.AnnAssign) and part.value
                )
                yield from ((name, value) for value in values)
            case ast.FunctionDef(name=name, args=given) | ast.AsyncFunctionDef(name=name, args=given):
                returned = (part.value for part in ast.walk(node) if isinstance(part, ast.Return | ast.Yield))
                yield from ((name, value) for value in returned if value is not None)
                yield from ((one.arg, value) for value in given.defaults for one in given.args)
                yield from ((one.arg, value) for value in given.kw_defaults if value for one in given.kwonlyargs)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name, None
            case _:
                pass


def _names(target: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _top(module: str) -> str:
    return module.partition(".")[0]


def _may_be_used(full: str) -> bool:
    top, _, rest = full.partition(".")
    if rest.endswith("*"):
        return False
    if top == "sqlalchemy":
        return full.startswith("sqlalchemy.ext.declarative") or not _begins(full, _LASTING)
    if top in _PARTS:
        return not rest or _begins(rest, _PARTS[top].split()) or rest in ("operations",)
    # Modules that a module imports for itself are none of its own.
    foreign = (set(rest.split(".")) & sys.stdlib_module_names) - {"abc", "datetime", "time"}
    return top in _STANDARD and not foreign


def _begins(full: str, names: Iterable[str]) -> bool:
    return any(full == name or full.startswith(f"{name}.") for name in names)
