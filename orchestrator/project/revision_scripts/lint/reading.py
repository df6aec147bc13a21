"""A revision script as rules look at it, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from pathlib import Path

from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.atomicity import leaves_transaction
from orchestrator.project.revision_scripts.downgrades import downgrade_of
from orchestrator.project.revision_scripts.lint.alembic_calls import changes_of
from orchestrator.project.revision_scripts.lint.allowing import allowances
from orchestrator.project.revision_scripts.lint.change import Change, Kind, Revision
from orchestrator.project.revision_scripts.module import Module
from orchestrator.project.revision_scripts.operations import Reader, cut


def read(here: Path, script: Script, rules: Container[str]) -> Revision:
    """What a script does; `here` is what its path is relative to. A file that cannot be read is unread."""
    path = here / script.path
    try:
        if path.suffix == ".py":
            return _read(path.read_bytes(), script, rules)
        why = "a compiled file"
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = f"the file ({type(error).__name__})"
    return Revision(script.revision, script.path, (Change(Kind.UNREAD, 1, name=why),))


def _read(source: bytes, script: Script, rules: Container[str]) -> Revision:
    module = Module(ast.parse(source))
    upgrade = module.functions.get("upgrade")
    allowed = allowances(source, module.tree, rules)
    if upgrade is None:
        unread = Change(Kind.UNREAD, 1, name="its upgrade, which is not in this file")
        return Revision(script.revision, script.path, (unread,), allowances=allowed)
    changes = tuple(_changes(module))
    return Revision(
        script.revision,
        script.path,
        changes,
        upgrade.lineno,
        leaves_transaction(ast.Module([upgrade], []), source),
        _way_back(module, script) if changes else None,
        allowed,
    )


def _changes(module: Module) -> Iterator[Change]:
    reader = Reader(module)
    for operation in reader.operations(module.functions["upgrade"]):
        yield from changes_of(operation)
    for call in reader.acting:
        yield Change(Kind.UNREAD, call.lineno, name=cut(ast.unparse(call)))


def _way_back(module: Module, script: Script) -> tuple[int, str] | None:
    downgrade = downgrade_of(module, script.path)
    why = "its downgrade does nothing" if downgrade.idle else downgrade.impossible
    line = downgrade.where.rpartition(":")[2]
    return None if why is None else (int(line) if line.isdigit() else 1, why)
