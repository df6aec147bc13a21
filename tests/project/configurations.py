"""Writes an environments.yaml and loads it; nothing of the machine's environment gets in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import OrchestrateError
from orchestrator.project.configuration import Configuration, load
from orchestrator.project.settings import Settings

HEAD = "version: 1\nenvironments:\n"


def loaded(
    root: Path, content: str | bytes, variables: Mapping[str, str] = {}, settings: Settings | None = None
) -> Configuration:
    """The configuration of a file with that content in `root`."""
    path = root / "environments.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path, settings or Settings(), variables)


def told(error: OrchestrateError, root: Path) -> list[tuple[str, str | None]]:
    """Each problem as (where: what, mend), with the directory left out."""
    problems = error.problems or (error,)
    return [(str(problem).replace(f"{root}/", ""), problem.mend) for problem in problems]
