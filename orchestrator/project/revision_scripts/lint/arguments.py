"""The arguments of Alembic's operations by name, as their syntax gives them.

Their meaning is that of `alembic.operations.ops` of Alembic 1.20.
"""

from __future__ import annotations

import ast

from orchestrator.project.revision_scripts.lint.change import Change, Kind
from orchestrator.project.revision_scripts.lint.expressions import table_of
from orchestrator.project.revision_scripts.lint.sql import name_of
from orchestrator.project.revision_scripts.operations import Operation, cut, given

_DECIDING = frozenset({None, "nullable", "postgresql_concurrently", "postgresql_not_valid"})
"""Keywords by which an operation is dangerous or not; None is that of `**`."""
_OF_COLUMNS = _DECIDING | {"unique", "index", "primary_key"}


class Arguments:
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
        node = self.bound(self.node(position, name, after_table=after_table))
        return cut(ast.unparse(node)) if node is not None else ""

    def told(self) -> bool:
        """Whether what makes it dangerous or not stands in it, or behind a name, and is not computed."""
        deciding = [one for one in self._operation.call.keywords if one.arg in _DECIDING]
        if self._operation.verb == "add_column":
            column = self.bound(self.node(1, "column", after_table=True))
            if not (isinstance(column, ast.Call) and ast.unparse(column.func).endswith("Column")):
                return False
            deciding += [one for one in column.keywords if one.arg in _OF_COLUMNS]
        return all(isinstance(self.bound(one.value), ast.Constant) for one in deciding)

    def bound(self, node: ast.expr | None) -> ast.expr | None:
        """What a name stands for, or else itself."""
        return (self._scope.get(node.id) or node) if isinstance(node, ast.Name) else node

    def type_on(self, family: str, name: str) -> ast.expr | None:
        """The type that a keyword gives on databases of a family, which may have a variant."""
        node = self.bound(self.keyword(name))
        while True:
            match node:
                case ast.Call(func=ast.Attribute(value=base, attr="with_variant"), args=[variant, *dialects]):
                    its_own = any(isinstance(one, ast.Constant) and one.value == family for one in dialects)
                    node = self.bound(variant if its_own else base)
                case _:
                    return node

    def table(self, position: int, name: str = "table_name") -> str:
        """The operation's table, with its schema."""
        if self._operation.table is not None:
            return name_of(self._operation.table)
        schema = self.text(-1, "schema") or self.text(-1, "source_schema")
        return name_of(f"{schema}." * bool(schema) + self.text(position, name))

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
