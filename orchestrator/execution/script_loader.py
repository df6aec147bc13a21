"""Has the project's own Python read the few revision scripts whose values are not literals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.errors import ScriptsError
from orchestrator.execution.worker_process import ask
from orchestrator.project.configuration import AlembicProject

_SECONDS = 30.0
"""How long a script's own code may take to say what it is; one that waits for something would hang `status`."""


def load(project: AlembicProject, files: Sequence[Path]) -> Mapping[Path, dict[str, Any]]:
    """What each file says of itself after it was run; raises ScriptsError where one cannot be run."""
    request = {"do": "scripts", "files": [str(file) for file in files]}
    answer = ask(project, {}, request, seconds=_SECONDS, on_output=lambda _line: None).message
    if answer is None or answer["say"] != "loaded":
        what = answer["message"] if answer else f"it ended, or was ended after {_SECONDS:g} s, without an answer"
        where = (answer or {}).get("where") or ", ".join(str(file) for file in files)
        mend = f"it is run by {project.python}: does it run there by itself?"
        raise ScriptsError(f"the revision script cannot be loaded: {what}", where=where, mend=mend)
    return {Path(path): attributes for path, attributes in answer["scripts"].items()}
