"""Switches a protection off from outside, for the negative controls: the product has no option that would.

A folder on PYTHONPATH holds a `sitecustomize.py` that runs a few lines in a module of the tool right after it was
loaded, in the orchestrator and in its worker.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_SITE = """
import importlib.machinery, json, os, sys

LINES = json.loads(os.environ["SWITCHED_OFF"])


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in LINES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            exec(LINES[name], module.__dict__)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder)
"""
RUN_LOCK = {
    "orchestrator.databases.postgresql_locks": "AdvisoryLocks.try_run = lambda self: self.prove() or True",
    "orchestrator.databases.mysql_locks": "UserLocks.try_run = lambda self: self.prove() or True",
    "orchestrator.databases.sqlite_locks": "SideFileLocks.try_run = SideFileLocks.alive = lambda self: True",
}
WORK_LOCK = {
    "orchestrator.databases.postgresql_locks": "AdvisoryLocks.work_holder = lambda self: None",
    "orchestrator.databases.mysql_locks": "UserLocks.work_holder = lambda self: None",
    "orchestrator.databases.sqlite_locks": "SideFileLocks.work_holder = lambda self: None",
    "_orchestrate_worker.guard": """
_asked = _one
def _one(connection, statement):
    if statement.startswith("SELECT pg_try_advisory_lock"):
        return True
    return 1 if "GET_LOCK('orchestrate_work_" in statement else _asked(connection, statement)
_locked_soon = lambda descriptor: True
""",
}
HOLD = {"orchestrator.journal.journal": "Journal.hold = lambda self, run, actor: None"}
GUARD = {"_orchestrate_worker.proof": "is_target = is_target_file = lambda *_: True"}
READ_BACK = {
    "orchestrator.execution.target_run": """
def _believe(self, final, error):
    observation, _ = self._observe()
    for revision in self._checkpoints.open:
        self._checkpoints.applied(revision, observation)
    if error is not None:
        raise error
_TargetRun._settle = _believe
""",
}
INTENT = {
    "orchestrator.execution.checkpoints": """
_told = Checkpoints._tell
Checkpoints._tell = lambda self, kind, *rest, **body: (
    None if kind is EventKind.STEP_INTENT else _told(self, kind, *rest, **body)
)
""",
}
CHAIN = {"orchestrator.journal.chain": "follows = lambda *_: True"}
FINGERPRINT = {"orchestrator.core.plan": 'Plan.fingerprint = property(lambda self: "sha256:0")'}


def without(folder: Path, *switches: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command with these protections switched off; `folder` is made."""
    lines: dict[str, str] = {}
    for switch in switches:
        for module, code in switch.items():
            lines[module] = f"{lines.get(module, '')}\n{code}"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SITE)
    path = filter(None, (str(folder), os.environ.get("PYTHONPATH")))
    return {"PYTHONPATH": os.pathsep.join(path), "SWITCHED_OFF": json.dumps(lines)}
