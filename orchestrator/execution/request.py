"""What a worker is asked to do: everything about one target that env.py and the seam need to know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.plan import Step
from orchestrator.core.targets import Target
from orchestrator.execution.setting import Setting


def upgrade_request(
    setting: Setting, target: Target, steps: tuple[Step, ...], heads: tuple[str, ...], *, guard: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The request to apply `steps` to a target that is at `heads`.

    `guard` is what the run lock says of the target, with the schema its version table was seen in. The URL is
    in it: it goes over the worker's socket and nowhere else.
    """
    endpoint, project = setting.endpoints[target], setting.projects[target]
    return {
        "do": "upgrade",
        "config": str(project.config),
        "section": project.section,
        "url": endpoint.url.reveal(),
        "x_arguments": list(endpoint.x_arguments),
        "steps": [{"revision": step.revision, "digest": step.digest} for step in steps],
        "heads": list(heads),
        "version_table": endpoint.version_table,
        "version_table_schema": endpoint.version_table_schema,
        "transactions": str(project.transactions),
        "timeouts": {"table_lock": endpoint.timeouts.table_lock, "statement": endpoint.timeouts.statement},
        "guard": {**guard, "run": setting.run_id, "who": setting.actor},
    }
