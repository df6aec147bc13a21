"""Where workers come from: a fresh interpreter, a fork of a warm process, or one that has served before.

A fresh worker needs no proof; a forked one inherits imports of libraries alone. One that has served before is lent
only where the project's code was read to leave nothing in the process (`project.imports`), and it proves itself
anew with every target: the guard refuses a wrong database before anything is changed there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from orchestrator.execution.warm_process import WarmProcess, adopts_orphans
from orchestrator.execution.worker_process import OnOutput, Worker, start
from orchestrator.project.configuration import AlembicProject, WorkerKind

_TARGETS = 100
"""What one worker serves before it is ended: whatever grows in it, its memory stays bounded."""
_OF_THE_START = (
    "PYTHON",
    "LD_",
    "LC_",
    "LANG",
    "TZ",
    "SQLALCHEMY_",
    "PSYCOPG_",
    "OPENSSL_CONF",
    "GLIBC_",
    "MALLOC_",
)
"""How variables begin that are read when an interpreter or a library starts: too late for them in a fork."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a worker is asked for: a project, the variables of one target, who hears what is printed.

    `plain` says that the code was read to leave nothing behind in its process.
    """

    project: AlembicProject
    variables: Mapping[str, str]
    on_output: OnOutput
    plain: bool = False

    @property
    def kind(self) -> WorkerKind:
        """What it may get: the project's setting as far as target and system let it, `auto` as it is proved."""
        if not adopts_orphans() or any(name.startswith(_OF_THE_START) for name in self.variables):
            return WorkerKind.FRESH
        kind = self.project.workers
        own = bool(self.variables) or self.project.hook is not None or self.project.flask_app is not None
        if kind is WorkerKind.AUTO:
            kind = WorkerKind.REUSED if self.plain else WorkerKind.FORKED
        return WorkerKind.FORKED if kind is WorkerKind.REUSED and own else kind


class Workers:
    """The workers of one command, and the warm processes they are forked from; all are ended with it.

    `begun` is a warm process that was begun before it was known for which project.
    """

    def __init__(self, begun: WarmProcess | None = None) -> None:
        self._warm = {begun.key: begun} if begun is not None else {}
        self._useless: set[tuple[str, Path]] = set()
        self._idle: dict[str, list[Worker]] = {}
        self._lock = Lock()

    @contextmanager
    def lent(self, call: Call, *, anew: bool = False) -> Iterator[Worker]:
        """A worker for one target, ended or kept afterwards; `anew`: one that has served nobody before.

        Raises ConfigurationError where the project's interpreter or working directory cannot be used.
        """
        reused = call.kind is WorkerKind.REUSED
        worker = (None if anew else self._idle_one(call)) if reused else None
        worker = worker or self._made(call)
        try:
            yield worker
        except BaseException:
            worker.close()
            raise
        if worker.kept and worker.served < _TARGETS:
            with self._lock:
                self._idle.setdefault(call.project.name, []).append(worker)
        else:
            worker.close()

    def _idle_one(self, call: Call) -> Worker | None:
        with self._lock:
            idle = self._idle.get(call.project.name)
            worker = idle.pop() if idle else None
        if worker is not None:
            worker.kept = False
        return worker

    def _made(self, call: Call) -> Worker:
        if call.kind is not WorkerKind.FRESH:
            for _ in range(2):  # a warm process that has died is replaced, once
                with self._lock:
                    warm = self._warm_process(call.project)
                if warm is None:
                    break
                if (worker := warm.worker(call.variables, call.on_output)) is not None:
                    return worker
                self._forget(warm)
        return start(call.project, call.variables, call.on_output)

    def _warm_process(self, project: AlembicProject) -> WarmProcess | None:
        key = project.python, project.working_directory
        if key not in self._warm and key not in self._useless:
            with suppress(OSError):  # the fresh worker that is started instead tells it
                self._warm[key] = WarmProcess(*key)
        return self._warm.get(key)

    def _forget(self, warm: WarmProcess) -> None:
        """One that has ended; if it never made a worker, no other would: a module or a thread keeps it from it."""
        with self._lock:
            if self._warm.get(warm.key) is warm:
                del self._warm[warm.key]
            if not warm.made:
                self._useless.add(warm.key)
        warm.close()

    def close(self) -> None:
        """End what is idle, and the warm processes."""
        with self._lock:
            idle, self._idle = [worker for each in self._idle.values() for worker in each], {}
            warm, self._warm = list(self._warm.values()), {}
        for worker in idle:
            worker.close()
        for process in warm:
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
