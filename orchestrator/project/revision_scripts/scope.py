"""What names and texts stand for at a place of a revision script, as its syntax tells without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

Function = ast.FunctionDef | ast.AsyncFunctionDef

_GIVING_BACK = frozenset({"f", "text", "DDL", "dedent", "Column"})
"""Calls that stand for the text they are given."""
_KEEPING = frozenset({"strip", "format", "bindparams", "params", "execution_options"})
"""Methods of a text that leave it what it says."""
_PLACE = re.compile(r"%(?:\(\w+\))?[srd]")
_DEPTH = 9
"""Names behind names that are followed; a circle ends there."""


@dataclass(frozen=True, slots=True)
class _Binding:
    line: int
    value: ast.expr
    block: int
    """Which list of statements it stands in."""


@dataclass
class Names:
    """What the names of a function, or of the module outside of its functions, are bound to."""

    body: list[ast.stmt]
    arguments: ast.arguments | None = None
    _bound: dict[str, list[_Binding]] = field(default_factory=dict)
    _looped: dict[str, list[ast.expr]] = field(default_factory=dict)
    """What the names of loops go through."""
    _otherwise: set[str] = field(default_factory=set)
    """Names that are bound in another way than by an assignment: nothing is guessed of them."""

    def __post_init__(self) -> None:
        if self.arguments is not None:
            self._otherwise.update(_of_others(self.arguments, *self.body))
        else:
            self._otherwise.update(name for one in self.body for node in ast.walk(one) for name in _declared(node))
        self._gather(self.body)

    def _gather(self, block: list[ast.stmt]) -> None:
        for statement in block:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._bound.setdefault(name, []).append(_Binding(statement.lineno, value, id(block)))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._bound.setdefault(name, []).append(_Binding(statement.lineno, value, id(block)))
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self._otherwise.add(statement.name)
                case ast.For(target=ast.Name(id=name), iter=through):
                    self._looped.setdefault(name, []).append(through)
                    for inner in _blocks(statement):
                        self._gather(inner)
                case _:
                    self._otherwise.update(_stored(statement))
                    for inner in _blocks(statement):
                        self._gather(inner)

    def __contains__(self, name: str) -> bool:
        return name in self._otherwise or name in self._bound or name in self._looped

    def get(self, name: str, line: int) -> ast.expr | None:
        """What a name stands for on a line; None where that depends on the way there."""
        bound = self._bound.get(name, [])
        if name in self._otherwise or name in self._looped or not bound:
            return None
        if len(bound) == 1:
            return bound[0].value
        before = [one for one in bound if one.line <= line]
        certain = len({one.block for one in bound}) == 1 and (self.arguments is not None or before == bound)
        return before[-1].value if before and certain else None

    def possible(self, name: str) -> list[ast.expr]:
        """All that a name may be bound to, in a loop later too; nothing where it is bound in other ways too."""
        if name in self._otherwise or name in self._looped:
            return []
        return [one.value for one in self._bound.get(name, [])]

    def through(self, name: str) -> ast.expr | None:
        """What the loop goes through that a name is of; None where it is of none, or of several."""
        looped = self._looped.get(name, [])
        only = len(looped) == 1 and name not in self._otherwise and name not in self._bound
        return looped[0] if only else None


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _of_others(*nodes: ast.AST) -> Iterator[str]:
    """The arguments of a function and of those in it, and what those bind: elsewhere the same name is another."""
    for node in (inner for one in nodes for inner in ast.walk(one)):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, Function):
            yield from (name for inner in ast.walk(node) for name in _names(inner))
        elif isinstance(node, ast.NamedExpr):
            yield from _names(node.target)


def _declared(node: ast.AST) -> Iterator[str]:
    """Names of the module that a function binds."""
    yield from node.names if isinstance(node, ast.Global) else ()


def _names(node: ast.AST) -> Iterator[str]:
    """The name that a part of a statement binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.alias(asname=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.alias(name=name):
            yield name.partition(".")[0]


def _stored(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds itself: a loop's, those of unpacking, of `with … as`, of an import."""
    inner = {id(one) for block in _blocks(statement) for one in block}
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield from _names(node)
        waiting += (child for child in ast.iter_child_nodes(node) if id(child) not in inner)


@dataclass(frozen=True, slots=True)
class Scope:
    """A line of a script: what its function's names stand for there, and the file's. `tree` is the whole file."""

    tree: ast.Module
    module: Names
    function: Names
    line: int

    def get(self, name: str) -> ast.expr | None:
        """What a name stands for; None where the text does not tell."""
        of_function = self.function.get(name, self.line)
        return of_function if name in self.function else self.module.get(name, self.line)

    def before(self, node: ast.expr) -> Scope:
        """The same at the line before an expression, to read what that was made of."""
        return replace(self, line=node.lineno - 1)

    def bound(self, name: str) -> list[ast.expr]:
        """What a name may stand for: each thing that it was bound to by another way, each of a list in a loop."""
        if (certain := self.get(name)) is not None:
            return [certain]
        names = self.function if name in self.function else self.module
        return self.listed(names.through(name)) or names.possible(name)

    def listed(self, node: ast.expr | None) -> list[ast.expr]:
        """What stands in a list, also behind a name."""
        node = self.get(node.id) if isinstance(node, ast.Name) else node
        return node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []

    def text(self, node: ast.expr) -> str:
        """A text without its quotes, the name of a column that is constructed in place; else the source."""
        text = self.statement(node)
        return text if text is not None else ast.unparse(node)

    def name(self, node: ast.expr) -> str:
        """A text as `statement` reads it; what is none, in braces, as what is computed of one."""
        text = self.statement(node)
        return text if text is not None else f"{{{ast.unparse(node)}}}"

    def statement(self, node: ast.expr | None, depth: int = 0) -> str | None:
        """A text, also behind names; what it computes stays in braces. None for what is no text."""
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name) if depth < _DEPTH:
                return self.statement(self.get(name), depth + 1)
            case ast.JoinedStr(values=parts):
                return "".join(self._part(part, depth) for part in parts)
            case ast.BinOp(left=left, op=ast.Mod()) if (filled := self.statement(left, depth)) is not None:
                return _PLACE.sub("{}", filled)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                sides = [(side, self.statement(side, depth)) for side in (left, right)]
                known = (f"{{{ast.unparse(side)}}}" if text is None else text for side, text in sides)
                return "".join(known) if any(text is not None for _, text in sides) else None
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in _KEEPING:
                return self.statement(of, depth)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join"), args=[parts]):
                listed = self.listed(parts)
                return between.join(map(self.name, listed)) if listed else None
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *_]):
                return self.statement(first, depth) if name in _GIVING_BACK else None
            case _:
                return None

    def _part(self, node: ast.expr, depth: int) -> str:
        """One piece of an f-string: its text, or in braces what it computes."""
        if not isinstance(node, ast.FormattedValue):
            return self.statement(node, depth) or ""
        text = self.statement(node.value, depth)
        return text if text is not None else f"{{{ast.unparse(node.value)}}}"
