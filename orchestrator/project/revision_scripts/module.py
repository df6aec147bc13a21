"""A revision script: its functions, what its names stand for, and the names by which it reaches Alembic."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.project.revision_scripts.scope import Function, Names, Scope

_KNOWN_PACKAGES = {"alembic", "sqlalchemy", *sys.stdlib_module_names} - {"importlib", "runpy", "subprocess"}
"""Packages whose calls change nothing of themselves, or are recognised by name; of others nothing is known."""


@dataclass
class Module:
    """One script's functions, the texts that it gives names to, and the names by which it reaches Alembic."""

    tree: ast.Module
    functions: Mapping[str, Function] = field(init=False)
    operations: frozenset[str] = field(init=False)
    direct: Mapping[str, str] = field(init=False)
    """Operations that are imported by themselves, by the names that they have here."""
    foreign: frozenset[str | None] = field(init=False)
    """Names of code that is not read here; None stands for a function that is looked up while running."""
    _methods: Mapping[str, list[Function]] = field(init=False)
    """Those of the classes of the file."""
    _outer: Names = field(init=False)
    _names: dict[Function, Names] = field(default_factory=dict)

    def __post_init__(self) -> None:
        body = self.tree.body
        self.functions = {node.name: node for node in body if isinstance(node, Function)}
        self._methods = {
            node.name: [one for one in node.body if isinstance(one, Function)]
            for node in body
            if isinstance(node, ast.ClassDef)
        }
        aliases = list(_imported(self.tree))
        operations = [
            alias.asname or alias.name for package, alias in aliases if (package, alias.name) == ("alembic", "op")
        ]
        self.operations = frozenset({"op", *operations})
        self.direct = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module == "alembic.op"
            for alias in node.names
        }
        names = (
            alias.asname or alias.name.split(".")[0]
            for package, alias in aliases
            if package not in _KNOWN_PACKAGES
        )
        self.foreign = frozenset({None, *names})
        self._outer = Names(body)

    def scope(self, function: Function, line: int) -> Scope:
        """What names stand for on a line of a function."""
        if function not in self._names:
            self._names[function] = Names(function.body, function.args)
        return Scope(self.tree, self._outer, self._names[function], line)

    def called(self, name: str) -> list[Function]:
        """The functions of the file that may be called by a name: one, or the methods of a class."""
        return [self.functions[name]] if name in self.functions else self._methods.get(name, [])


def _imported(tree: ast.Module) -> Iterator[tuple[str, ast.alias]]:
    """Every import of the file, with the package that it leads into; relative ones are the project's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], alias) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." if node.level else (node.module or "").split(".")[0], alias) for alias in node.names)
