"""Starts the worker: `PYTHON path/to/worker CHANNEL`, where CHANNEL is the number of an inherited socket.

With the further argument `warm` it starts the warm process, which forks workers.

The folder is imported under a private name and taken off the module search path, so that none of its files
can stand in for a module of the project that happens to have the same name.
"""

from __future__ import annotations

import atexit
import importlib
import importlib.util
import os
import sys
import threading
from contextlib import suppress
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


def _run(descriptor: int, what: str) -> int:
    code: int = importlib.import_module(f"_orchestrate_worker.{what}").main(descriptor)
    return code


def _leave(code: int) -> None:
    """End as an interpreter does, but for taking all modules apart, which takes longer than a revision."""
    with suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]  # waits for threads; multiprocessing calls it too
    with suppress(BaseException):
        atexit._run_exitfuncs()
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _import_privately()
    _leave(_run(int(sys.argv[1]), *sys.argv[2:] or ["serve"]))
