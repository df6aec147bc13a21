"""One revision as Alembic's own step: upwards, downwards, or only written into the version table.

A person may have done its work by hand: then Alembic's step writes the row, or removes it, and nothing is run.

What Alembic makes of a step is left as it is, but for one case: after a downgrade it may leave a revision's row
beside that of its own ancestor. A revision that follows `a` and depends on `b`, which follows `a` too, comes down
to rows for both as soon as the database has any other head (`RevisionStep._unmerge_to_revisions` looks at the
other heads, or at these, never at both; seen with Alembic 1.8 to 1.20). The row too many is left out here.
"""

from __future__ import annotations

from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationStep, StampStep
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from .halt import Halt

_WIDTH = 32
"""Characters of the `version_num` that Alembic makes; some projects widen it."""


def step_of(script: ScriptDirectory, revision: str, action: str) -> Any:
    """The step for `upgrade`, `downgrade` or `stamp`; a stamp is a row of its own, in a table without any."""
    revisions = script.revision_map
    if action == "stamp":
        return StampStep((), revision, True, True, revisions)
    if action == "downgrade":
        return _without_overlap(MigrationStep.downgrade_from_script(revisions, script.get_revision(revision)))
    return MigrationStep.upgrade_from_script(revisions, script.get_revision(revision))


def _without_overlap(step: Any) -> Any:
    found, revisions = step._unmerge_to_revisions, step.revision_map

    def topmost(heads: Any) -> tuple[str, ...]:
        rows = found(heads)
        nodes = revisions._get_ancestor_nodes
        below = {a.revision for row in rows for a in nodes([revisions.get_revision(row)]) if a.revision != row}
        return tuple(row for row in rows if row not in below)

    step._unmerge_to_revisions = topmost
    return step


def no_work(**_arguments: Any) -> None:
    """Stands in for the function of a revision whose work a person did by hand: its row alone is written."""


def destination(config: Config, script: ScriptDirectory, steps: list[dict[str, Any]]) -> Any:
    """The revision that Alembic's own command would be given for these steps, which all do the same.

    An env.py may ask for it, by `context.get_revision_argument` or in `config.cmd_opts`; it is written there.
    """
    action = steps[0]["action"]
    options: Any = config.cmd_opts
    if action == "stamp":
        options.revisions = [step["revision"] for step in steps]
        options.purge = False
        options.cmd = (command.stamp, ["revisions"], ["sql", "tag", "purge"])
        return tuple(options.revisions)
    if action == "downgrade":
        below = script.get_revision(steps[-1]["revision"])._versioned_down_revisions
        options.revision = below[0] if below else "base"
        options.cmd = (command.downgrade, ["revision"], ["sql", "tag"])
        return options.revision
    return "heads"


def check_width(context: Any, revisions: list[str]) -> None:
    """Raise Halt where the version table cannot hold an id: MySQL and PostgreSQL would say so after the revision.

    SQLite stores any text. No transaction is left open, in which Alembic would see one of env.py's own.
    """
    longest = max(revisions, key=len, default="")
    if len(longest) <= _WIDTH or context.dialect.name == "sqlite":
        return
    connection = context.connection
    begun = connection.in_transaction()
    columns = inspect(connection).get_columns(context.version_table, schema=context.version_table_schema)
    if not begun and hasattr(connection, "rollback"):
        connection.rollback()
    width = next((getattr(c["type"], "length", None) for c in columns if c["name"] == "version_num"), None)
    if width is not None and len(longest) > width:
        what = f"revision id {longest!r} has {len(longest)} characters, and {context.version_table} holds {width}"
        raise Halt("id_too_long", what)
