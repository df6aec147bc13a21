"""One revision as Alembic's own step: upwards, downwards, or only written into the version table.

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
