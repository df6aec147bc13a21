"""The parent's end of a worker: nothing is left behind, nothing is waited for without end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from orchestrator.execution.worker_process import Worker, start
from orchestrator.project.configuration import AlembicProject
from tests.crash.scene import gone, wait_until


def ask(worker: Worker, path: Path) -> None:
    """Have the worker load a script."""
    worker.send({"do": "scripts", "files": [str(path)]})


def open_files() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def unheard(_line: str) -> None:
    """Hears nothing."""


def test_nothing_is_left_of_many_workers(project: AlembicProject, script: Callable[[str], Path]) -> None:
    """After many workers there is no open file, no thread and no zombie more than before."""
    path = script("revision = 'r1'")
    pids: list[int] = []

    def use() -> int:
        worker = start(project, {}, unheard)
        ask(worker, path)
        assert next(worker.messages())["say"] == "loaded"
        pids.append(worker.pid)
        return worker.close()

    assert use() == 0
    files, threads = open_files(), threading.active_count()
    assert [use() for _ in range(5)] == [0] * 5
    wait_until(lambda: threading.active_count() <= threads, "the threads to end")
    assert open_files() <= files
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_what_was_said_before_the_death_is_heard(project: AlembicProject, script: Callable[[str], Path]) -> None:
    """A worker's last message is heard also when it died right after it, and was read much later."""
    worker = start(project, {}, unheard)
    ask(worker, script("revision = 'r1'"))
    ask(worker, script("import os\nos._exit(7)"))
    wait_until(lambda: gone(worker.pid), "the worker to die")
    time.sleep(0.1)
    assert [message["say"] for message in worker.messages()] == ["loaded"]
    assert worker.close() == 7


def test_all_it_printed_is_heard(project: AlembicProject, script: Callable[[str], Path]) -> None:
    """Every line that the project's code printed has arrived when the worker is closed."""
    heard: list[str] = []
    worker = start(project, {}, heard.append)
    ask(worker, script("for number in range(3000):\n    print('line', number)"))
    assert next(worker.messages())["say"] == "loaded"
    worker.close()
    assert heard == [f"line {number}" for number in range(3000)]


def test_a_listener_that_fails_does_not_block_the_worker(
    project: AlembicProject, script: Callable[[str], Path]
) -> None:
    """A worker that prints more than a pipe holds is not stopped by a listener that raises."""

    def broken(_line: str) -> None:
        raise BrokenPipeError

    worker = start(project, {}, broken)
    ask(worker, script("for _ in range(3000):\n    print('x' * 100)"))
    assert next(worker.messages())["say"] == "loaded"
    assert worker.close() == 0


def test_a_hanging_worker_is_killed(project: AlembicProject, script: Callable[[str], Path]) -> None:
    """A worker that does not end when it should is killed after a few seconds, with what it started."""
    worker = start(project, {}, unheard)
    ask(worker, script("import threading, time\nthreading.Thread(target=time.sleep, args=(90,)).start()"))
    assert next(worker.messages())["say"] == "loaded"
    assert worker.close() == -signal.SIGKILL


def test_cancelling_one_that_is_gone(project: AlembicProject) -> None:
    """Cancelling a worker that has ended does nothing, and closing it twice gives the same answer."""
    worker = start(project, {}, unheard)
    assert worker.close() == 0
    worker.cancel()
    assert worker.close() == 0
