"""Scripts that were changed after they ran, as JSON values. Pure."""

from __future__ import annotations

from typing import Any

from orchestrator.core.edited import Edited, Former
from orchestrator.views.times import timestamp


def edited(one: Edited) -> dict[str, Any]:
    """A script as it is, what ran of it where, and what git has of that."""
    ran = one.ran
    return {
        "revision": one.revision,
        "path": one.script.path,
        "digest": one.script.digest,
        "ran": {"digest": ran.digest, "run_id": ran.run, "at": timestamp(ran.at)},
        "targets": list(map(str, one.targets)),
        "former": _former(one.former),
        "unfound": one.unfound,
        "mend": one.mend,
    }


def _former(found: Former | None) -> dict[str, Any] | None:
    if found is None:
        return None
    told = {"commit": found.commit, "path": found.path, "difference": found.difference}
    return {**told, "layout_only": found.layout}
