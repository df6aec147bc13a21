"""`orchestrate schema`."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of environments.yaml, for editors.

    Example:
      orchestrate schema > environments.schema.json
    """
    from orchestrator.project.configuration import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))
