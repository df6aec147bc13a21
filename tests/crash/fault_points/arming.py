"""Arms the real command: what shall happen at which passage of which point, and what then did happen."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.faults import FaultPoint

_ARMED = Path(__file__).parent / "armed"


class Act(StrEnum):
    """What a fault does to the process that passes its point."""

    KILL = "kill"
    """SIGKILL."""
    EXIT = "exit"
    """An end at once that says all went well."""
    RAISE = "raise"
    """An exception that nobody expects."""
    SLEEP = "sleep"
    """Ten minutes of nothing: for a test that does the worst from outside."""
    CUT = "cut"
    """Every connection of the process to a database server is shut down; the process goes on."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An act at the n-th passage of a point, counted in each process by itself.

    Where `since` is given, passages count from the first of that point on.
    """

    point: FaultPoint
    act: Act
    nth: int = 1
    since: FaultPoint | None = None


@dataclass(frozen=True, slots=True)
class Armed:
    """The environment of one command, and the files in `folder` in which it notes what it passed.

    `urls` are the databases whose connections a cut ends.
    """

    folder: Path
    fault: Fault | None = None
    urls: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """What the command's environment must hold."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told: dict[str, Any] = {name: str(self.folder / name) for name in ("passed", "fired", "cut")}
        told["fault"] = asdict(self.fault) if self.fault else None
        told["ports"] = [port for port in (sa.engine.make_url(url).port for url in self.urls) if port]
        path = filter(None, (str(_ARMED), os.environ.get("PYTHONPATH")))
        return {"PYTHONPATH": os.pathsep.join(path), "FAULT_POINTS": json.dumps(told)}

    @property
    def passed(self) -> list[tuple[FaultPoint, tuple[Any, ...]]]:
        """Every passage, of all processes in order, with the point's arguments."""
        return [(FaultPoint(point), tuple(rest)) for point, *rest in self._lines("passed")]

    @property
    def fired(self) -> list[Any]:
        """Where the fault struck: point, act, process id, whether that was the parent."""
        return self._lines("fired")

    def proof(self) -> str:
        """That the fault struck, in a sentence; AssertionError where it did not."""
        assert self.fault is not None
        assert len(self.fired) == 1, f"{self.fault} struck {len(self.fired)} times"
        point, act, pid, parent = self.fired[0]
        ports = [port for (port,) in self._lines("cut")]
        assert bool(ports) is (act == Act.CUT), f"{self.fault}: {ports} were cut"
        cut = f", local ports {ports}" if ports else ""
        return f"{act} at {point} in the {'parent' if parent else 'worker'}, process {pid}{cut}"

    def _lines(self, name: str) -> list[Any]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
