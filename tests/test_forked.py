"""A worker that tests fork is as one of a fresh interpreter."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.command import Command
from tests.projects_builder import AlembicProject

_TOLD = """
import gc, json, logging, os, pathlib, signal, sys, threading, warnings
before = pathlib.Path("told.json")
signals = {str(number): repr(signal.getsignal(number)) for number in signal.valid_signals()}
before.write_text(json.dumps({
    "path": sys.path,
    "finders": sorted(getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path),
    "ours": sorted(name for name in sys.modules if name.split(".")[0] in ("orchestrator", "tests", "conftest")),
    "filters": [repr(one) for one in warnings.filters],
    "warns": repr(warnings._showwarnmsg_impl.__module__),
    "handlers": [type(handler).__name__ for handler in logging.root.handlers],
    "signals": {number: how for number, how in signals.items() if "function" not in how and "method" not in how},
    "threads": threading.active_count(),
    "thresholds": gc.get_threshold(),
    "hooks": [sys.excepthook is sys.__excepthook__, sys.unraisablehook is sys.__unraisablehook__],
    "variables": {name: value for name, value in os.environ.items() if name != "FRESH_COMMANDS"},
    "name": pathlib.Path("/proc/self/comm").read_text(),
}))
"""


def test_a_forked_worker_is_as_a_fresh_one(
    alembic_project: Callable[..., AlembicProject], orchestrate: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a revision can see of its process does not show whether the test forked it or Python was started."""
    project = alembic_project("shop")
    project.revision("a1", None, _TOLD)
    told = []
    for name, fresh in (("one", ""), ("two", "1")):
        project.environments({name: f"sqlite:///{name}.db"})
        monkeypatch.setenv("FRESH_COMMANDS", fresh)
        orchestrate("rollout", "--yes", cwd=project.root, check=True)
        told.append(json.loads((project.root / "told.json").read_text()))
    assert told[0] == told[1]
