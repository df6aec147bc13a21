"""Reads revision scripts by running them, for the few whose values are not literals."""

from __future__ import annotations

import importlib.util
from typing import Any


def load(files: list[str]) -> dict[str, dict[str, Any]]:
    """What each file says of itself after it was run: revision, down_revision, branch_labels, depends_on."""
    return {path: _read(path, number) for number, path in enumerate(files)}


def _read(path: str, number: int) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location(f"_orchestrate_script_{number}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = ("revision", "down_revision", "branch_labels", "depends_on")
    return {**{name: _plain(getattr(module, name, None)) for name in names}, "doc": module.__doc__}


def _plain(value: Any) -> Any | None:
    return list(value) if isinstance(value, (tuple, list, set, frozenset)) else value
