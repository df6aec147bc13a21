"""Where workers come from: what a warm process and a worker that serves several leave, and what ends with what."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import UnavailableError
from orchestrator.execution.worker_process import Worker
from orchestrator.execution.workers import Call, Workers
from orchestrator.project.configuration import AlembicProject, WorkerKind
from tests.crash.scene import children, gone, is_warm

Write = Callable[[str], Path]


def called(project: AlembicProject, heard: Callable[[str], None] = lambda _line: None, **variables: str) -> Call:
    return Call(project, variables, heard)


def said(worker: Worker, path: Path) -> str | None:
    """What the script says of itself: its `revision`, as the worker that loads it sees it."""
    worker.send({"do": "scripts", "files": [str(path)]})
    message = next(worker.messages(), None)
    return message["scripts"][str(path)]["revision"] if message else None


def the_warm() -> int:
    (only,) = filter(is_warm, children(os.getpid()))
    return only


def test_a_forked_worker_is_as_a_fresh_one(project: AlembicProject, script: Write, workers: Workers) -> None:
    """It has the same path, arguments, directory and variables, leads its own session, and has nothing open."""
    path = script(
        "import json\n"
        "links = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if int(n) != 3]\n"
        "kinds = sorted(l.partition(':')[0] for l in links if l.startswith(('socket', 'pipe', '/dev')))\n"
        "own = sorted(n for n in os.environ if n not in ('LINES', 'COLUMNS'))\n"
        "told = [sys.path, len(sys.argv), os.getcwd(), own, os.environ['APP'], threading.active_count(), kinds,"
        " len(os.listdir('/proc/self/task')), os.getsid(0) == os.getpid(), os.umask(0o22)]\n"
        "revision = json.dumps(told)"
    )
    answers = {}
    for kind in (WorkerKind.FRESH, WorkerKind.FORKED):
        with workers.lent(called(replace(project, workers=kind), APP="1")) as worker:
            answers[kind] = (said(worker, path) or "").replace(', 3, "', ', 2, "')
    assert answers[WorkerKind.FRESH] == answers[WorkerKind.FORKED]


def test_each_forked_worker_has_its_own_variables(
    project: AlembicProject, script: Write, workers: Workers
) -> None:
    """What one worker was given or did, the next one does not find."""
    path = script(
        "import string\nrevision = os.environ['APP'] + getattr(string, 'left', '')\nstring.left = 'over'"
    )
    for value in ("a", "b"):
        with workers.lent(called(project, APP=value)) as worker:
            assert said(worker, path) == value


def test_its_end_is_told_as_it_was(project: AlembicProject, script: Write, workers: Workers) -> None:
    """An exit code and a signal of a forked worker arrive as they are, also when the warm process is gone."""
    ends = {"os._exit(7)": 7, "os.kill(os.getpid(), 9)": -9}
    for source, code in ends.items():
        with workers.lent(called(project)) as worker, workers.lent(called(project)) as survivor:
            os.kill(the_warm(), signal.SIGKILL)
            assert said(worker, script(source)) is None
            assert worker.close() == code
            assert said(survivor, script("revision = 'r1'")) == "r1"
    with workers.lent(called(project)) as worker:
        assert said(worker, script("revision = 'r2'")) == "r2"
        assert is_warm(the_warm())


def test_a_cancelled_worker_does_not_end_the_others(
    project: AlembicProject, script: Write, workers: Workers
) -> None:
    """SIGTERM reaches the one worker and what it started, not its siblings nor the warm process."""
    with workers.lent(called(project)) as worker, workers.lent(called(project)) as other:
        worker.cancel()
        assert gone(worker.pid)
        assert said(other, script("revision = 'r1'")) == "r1"
        assert not gone(the_warm())


def test_variables_of_the_start_want_a_fresh_interpreter(project: AlembicProject) -> None:
    """What only an interpreter or a library reads as it starts is not given to a fork, whatever was configured."""
    chosen = replace(project, workers=WorkerKind.REUSED)
    for name in ("PYTHONHASHSEED", "LD_PRELOAD", "LC_ALL", "TZ", "SQLALCHEMY_WARN_20", "PSYCOPG_IMPL"):
        assert called(chosen, **{name: "1"}).kind is WorkerKind.FRESH
    assert called(chosen, DATABASE_URL="1").kind is WorkerKind.FORKED
    assert called(chosen).kind is WorkerKind.REUSED
    assert called(project).kind is WorkerKind.FORKED
    assert replace(called(project), plain=True).kind is WorkerKind.REUSED
    assert replace(called(replace(project, hook="app:hook")), plain=True).kind is WorkerKind.FORKED


def test_lines_belong_to_the_target_that_printed_them(
    project: AlembicProject, script: Write, workers: Workers
) -> None:
    """A worker that serves again has all its lines heard by whom it served, blank ones and half ones too."""
    kept = replace(project, workers=WorkerKind.REUSED)
    heard: dict[str, list[str]] = {"a": [], "b": []}
    pids = set()
    for name, lines in heard.items():
        with workers.lent(called(kept, lines.append)) as worker:
            request = {"do": "scripts", "files": [str(script(f"print('{name}\\n\\n{name} ends', end='')"))]}
            worker.send({**request, **worker.serve(lines.append)})
            assert next(worker.messages())["say"] == "loaded"
            worker.kept = worker.ready()
            assert worker.kept
            pids.add(worker.pid)
    assert len(pids) == 1
    assert heard == {name: [name, "", f"{name} ends"] for name in heard}


def test_where_no_warm_process_can_be_had(
    project: AlembicProject, script: Write, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that begins with a thread of its own is not forked: its workers are fresh, and still work."""
    folder = project.working_directory / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    for name in ("r1", "r2"):
        with workers.lent(called(project)) as worker:
            assert said(worker, script(f"revision = '{name}'")) == name
            assert not list(filter(is_warm, children(os.getpid())))


def test_where_no_further_process_can_be_started(
    project: AlembicProject, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the system's limit of processes that is told, with what helps: the project's Python is not to blame."""
    folder = project.working_directory / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import errno, os\ndef fork():\n    raise OSError(errno.EAGAIN, 'too many')\nos.fork = fork\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    with pytest.raises(UnavailableError) as raised, workers.lent(called(project)):
        pass
    assert "lower waves.parallel" in str(raised.value.mend)


LEFT = {
    "a thread": "threading.Thread(target=__import__('time').sleep, args=(30,), daemon=True).start()",
    "a process": "os.spawnlp(os.P_NOWAIT, 'true', 'true')",
    "an open file": "import string\nstring.left = open('/dev/null')",
    "a module": "sys.path.insert(0, os.getcwd())\nopen('own_module.py', 'w').close()\nimport own_module",
    "a listener": "from sqlalchemy import event, engine\nevent.listen(engine.Engine, 'connect', lambda *_: None)",
    "a finder": "sys.meta_path.insert(0, type('Finder', (), {'find_spec': lambda *_: None}))",
}


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_a_worker_that_cannot_be_cleaned_serves_nobody_else(
    project: AlembicProject, script: Write, workers: Workers, source: str
) -> None:
    """What a target leaves behind and cannot be put back ends the worker after it."""
    with workers.lent(called(replace(project, workers=WorkerKind.REUSED))) as worker:
        worker.send({"do": "scripts", "files": [str(script(source))], **worker.serve(lambda _line: None)})
        assert next(worker.messages())["say"] == "loaded"
        assert not worker.ready()


PUT_BACK = """
import locale, logging, signal, socket, warnings
def state():
    return [sys.path[:], sys.argv[:], sorted(os.environ.items()), os.getcwd(),
            str(signal.getsignal(signal.SIGTERM)), list(map(str, warnings.filters)), os.umask(os.umask(0)),
            logging.root.level, len(logging.root.handlers),
            logging.getLogger('alembic').disabled, logging.getLogger('sqlalchemy.engine').level,
            logging.getLogger('app').handlers == [], socket.getdefaulttimeout(), sys.getrecursionlimit(),
            sys.stdout.name, sys.excepthook is sys.__excepthook__]
revision = repr(state())
"""
CHANGED = """
sys.path.insert(0, '/nowhere')
sys.argv.append('more')
os.environ['LEFT'] = '1'
os.environ.pop('PATH')
os.chdir('/')
signal.signal(signal.SIGTERM, signal.SIG_IGN)
warnings.filterwarnings('ignore', 'left behind')
logging.basicConfig(level=5)
logging.getLogger('alembic').disabled = True
logging.getLogger('sqlalchemy.engine').setLevel(1)
logging.getLogger('app').addHandler(logging.NullHandler())
os.umask(0)
socket.setdefaulttimeout(3)
sys.setrecursionlimit(12345)
sys.stdout = open(os.devnull, 'w')
sys.excepthook = print
"""


def test_what_a_target_changed_is_put_back(project: AlembicProject, script: Write, workers: Workers) -> None:
    """Path, variables, directory, signals, warnings, loggers and streams are for the next as for the first."""
    kept, found, pids = replace(project, workers=WorkerKind.REUSED), [], set()
    path = script(PUT_BACK + CHANGED)
    for _ in range(3):
        with workers.lent(called(kept)) as worker:
            worker.send({"do": "scripts", "files": [str(path)], **worker.serve(lambda _line: None)})
            found.append(next(worker.messages())["scripts"][str(path)]["revision"])
            worker.kept = worker.ready()
            pids.add(worker.pid)
    assert len(pids) == 1
    assert found == found[:1] * 3
