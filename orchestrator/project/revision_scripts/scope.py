"""What names and texts stand for at a place of a revision script, as its syntax tells without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef

_GIVING_BACK = frozenset({"f", "text", "DDL", "dedent", "Column"})
"""Calls that stand for the text they are given."""
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
    _otherwise: set[str] = field(default_factory=set)
    """Names that are bound in another way than by an assignment: nothing is guessed of them."""

    def __post_init__(self) -> None:
        if self.arguments is not None:
            self._otherwise.update(node.arg for node in ast.walk(self.arguments) if isinstance(node, ast.arg))
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
                case _:
                    self._otherwise.update(_stored(statement))
                    for inner in _blocks(statement):
                        self._gather(inner)

    def __contains__(self, name: str) -> bool:
        return name in self._otherwise or name in self._bound

    def get(self, name: str, line: int) -> ast.expr | None:
        """What a name stands for on a line; None where that depends on the way there."""
        bound = self._bound.get(name, [])
        if name in self._otherwise or not bound:
            return None
        if len(bound) == 1:
            return bound[0].value
        before = [one for one in bound if one.line <= line]
        return before[-1].value if before and len({one.block for one in bound}) == 1 else None


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _stored(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds itself: a loop's, those of unpacking, of `with … as`."""
    inner = {id(one) for block in _blocks(statement) for one in block}
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
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
            case ast.Call(func=ast.Attribute(value=of, attr="strip" | "format")):
                return self.statement(of, depth)
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
