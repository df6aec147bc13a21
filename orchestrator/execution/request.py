"""What a worker is asked to do: everything about one target that env.py and the seam need to know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.injection import Injected, Live, parts_of
from orchestrator.core.network import both_ends
from orchestrator.core.plan import Step
from orchestrator.core.targets import Target
from orchestrator.databases.endpoint import Endpoint
from orchestrator.execution.setting import Setting
from orchestrator.project.configuration import AlembicProject


def upgrade_request(
    setting: Setting,
    target: Target,
    steps: tuple[Step, ...],
    heads: tuple[str, ...],
    *,
    guard: Mapping[str, Any],
    by_hand: bool = False,
) -> Mapping[str, Any]:
    """The request to apply `steps` to a target that is at `heads`; `by_hand`: to write the version table alone.

    `guard` is what the run lock says of the target, with the schema its version table was seen in. The URL is
    in it: it goes over the worker's socket and nowhere else.
    """
    endpoint, project = setting.endpoints[target], setting.projects[target]
    return {
        "do": "upgrade",
        **surroundings(project, injected(project, endpoint), endpoint),
        "steps": [
            {
                "revision": step.revision,
                "digest": step.digest,
                "action": step.action,
                "by_hand": by_hand,
                "tell": not by_hand and setting.executed.wanted(step, endpoint),
            }
            for step in steps
        ],
        "heads": list(heads),
        "revisions": list(setting.graphs[target].whole.scripts),
        "version_table": endpoint.version_table,
        "version_table_schema": endpoint.version_table_schema,
        "schema": endpoint.schema,
        "transactions": str(project.transactions),
        "timeouts": {"table_lock": endpoint.timeouts.table_lock, "statement": endpoint.timeouts.statement},
        "require_tls": endpoint.require_tls,
        "guard": {**guard, "run": setting.run_id, "who": setting.actor},
    }


def injected(project: AlembicProject, endpoint: Endpoint) -> Injected:
    """What the project's ways to reach env.py come to for the endpoint."""
    return project.inject.render(endpoint.target, endpoint.given_url, endpoint.schema)


def surroundings(project: AlembicProject, inject: Injected, endpoint: Endpoint) -> dict[str, Any]:
    """What any run of env.py needs to be told: the configuration, the target, how it is injected."""
    return {
        "config": str(project.config),
        "section": project.section,
        "script_location": project.script_location,
        "version_locations": list(project.version_locations),
        "url": endpoint.given_url.reveal(),
        "search_path": endpoint.schema if endpoint.search_path else None,
        "x_arguments": [*endpoint.x_arguments, *(value.reveal() for value in inject.x_arguments)],
        "inject": {
            "options": [(section, name, value.reveal()) for section, name, value in inject.options],
            "attributes": {n: v.reveal() for n, v in inject.attributes if not isinstance(v, Live)},
            "live": {name: str(value) for name, value in inject.attributes if isinstance(value, Live)},
            "redirect": inject.redirect,
        },
        "target": {
            name: part.reveal()
            for name, part in parts_of(endpoint.target, endpoint.given_url, endpoint.schema).items()
        },
        "flask_app": project.flask_app,
        "hook": project.hook,
        "other_databases": str(project.other_databases),
        "network": both_ends(endpoint.timeouts.network),
    }
