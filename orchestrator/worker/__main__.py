"""Starts the worker: `PYTHON path/to/worker CHANNEL`, where CHANNEL is the number of an inherited socket.

The folder is imported under a private name and taken off the module search path, so that none of its files
can stand in for a module of the project that happens to have the same name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path


def _import_privately() -> None:
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    spec = importlib.util.spec_from_file_location(
        "_orchestrate_worker", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no worker in {here}")
    package = importlib.util.module_from_spec(spec)
    sys.modules["_orchestrate_worker"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _import_privately()
    sys.exit(importlib.import_module("_orchestrate_worker.serve").main(int(sys.argv[1])))
