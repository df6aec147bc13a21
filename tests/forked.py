"""The command's process, forked from this one, and its warm process, forked from that: loading the libraries for
each of some thousand commands is most of the suite's time.

Each is a process as any other: its own id, session, environment, directory and streams; it can be waited for and
killed. What differs from a fresh interpreter is what is loaded already, so whoever sets a variable that Python
itself reads when it starts gets a fresh one, and so does everybody with FRESH_COMMANDS=1. Taken along is also
what SQLite knows of the locks that the test itself holds at that moment; the fork takes them for its own.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import logging
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

_PYTHONS_OWN = ("PYTHON", "LC_", "LANG", "TZ", "LD_")
_STREAMS = "PYTHONUNBUFFERED"
"""What the product sets for its workers; in a fork the streams are made so."""
_LIBRARIES = (
    "alembic.command",
    "logging.config",
    "sqlalchemy.orm",
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)
_OWN_STREAMS = "alembic.config"
"""It prints to the stdout that was there when it was imported."""


def serves(env: Mapping[str, str]) -> bool:
    """Whether a process with these variables can be forked from this one."""
    if os.environ.get("FRESH_COMMANDS"):
        return False
    names = {name for name in {*env, *os.environ} if name.startswith(_PYTHONS_OWN)} - {_STREAMS}
    return all(env.get(name) == os.environ.get(name) for name in names)


class Forked(subprocess.Popen[Any]):
    """`python -m orchestrator` as `subprocess.Popen` starts it, without starting Python anew."""

    def __init__(self, args: list[str], *, env: Mapping[str, str], **options: Any) -> None:
        _load()
        super().__init__(args, env=env, text=True, start_new_session=True, **options)

    def _execute_child(self, args: Any, *given: Any) -> None:
        """In the place of what forks and then executes a program; it is given all by position."""
        passed, cwd, env, pipes = given[3], given[4], given[5], given[9:15]
        self.pid = os.fork()
        if self.pid == 0:
            _run(lambda: self._be(args, cwd, env, (pipes[0], pipes[3], pipes[5]), passed))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _be(
        self, args: list[str], cwd: Any, env: Any, streams: tuple[int, int, int], passed: Sequence[int]
    ) -> int:
        _become(["orchestrate", *args[3:]], cwd, env, streams, passed)
        warnings.simplefilter("ignore")  # as Python begins, but for a few that no module of ours gives
        importlib.import_module("orchestrator.execution.warm_process").subprocess = SimpleNamespace(
            Popen=_warm_process, DEVNULL=subprocess.DEVNULL
        )
        return _exit_code()


class _ForkedWarm(Forked):
    """`python worker N warm`, from a command's process in which nothing has begun yet."""

    def _execute_child(self, args: Any, *given: Any) -> None:
        """As it is done for a command; it is never there without the name by which tests know it."""
        name = Path("/proc/self/comm")
        before = name.read_text()
        name.write_text("orchestrate-wrm")
        super()._execute_child(args, *given)
        name.write_text(before)

    def _be(
        self, args: list[str], cwd: Any, env: Any, streams: tuple[int, int, int], passed: Sequence[int]
    ) -> int:
        _become(args[1:], cwd, env, streams, passed)
        _as_new()
        runpy.run_path(args[1], run_name="__main__")  # which ends this process
        return 70


def _warm_process(args: list[str], *, env: Mapping[str, str], **options: Any) -> subprocess.Popen[Any]:
    """Forked where a fresh interpreter would be the same: this Python, and no thread that a fork would lose."""
    if args[0] == sys.executable and serves(env) and threading.active_count() == 1:
        del options["start_new_session"]
        return _ForkedWarm(args, env=env, **options)
    return subprocess.Popen(args, env=env, **options)


def _as_new() -> None:
    """What is loaded of the application, of ours and of the tests is not there; libraries are."""
    libraries = tuple(f"{prefix}/" for prefix in {sys.prefix, sys.base_prefix})
    for name, module in list(sys.modules.items()):
        where = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
        if name == _OWN_STREAMS or (where and not where.startswith(libraries)):
            del sys.modules[name]
    sys.path[:] = _path()
    sys.path_importer_cache.clear()
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("_pytest")]
    sys.unraisablehook, threading.excepthook = sys.__unraisablehook__, threading.__excepthook__
    importlib.reload(warnings)
    gc.set_threshold(700, 10, 10)
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw, like = io.FileIO(number, "w", closefd=False), getattr(sys, name)
        stream = io.TextIOWrapper(raw, encoding=like.encoding, errors=like.errors, write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


@cache
def _path() -> list[str]:
    """Where a fresh interpreter looks for modules, without the folder of its program."""
    asked = [sys.executable, "-c", "import sys; print(*sys.path[1:], sep='\\n')"]
    return subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def _load() -> None:
    """All that a command may need; done once."""
    if "orchestrator.__main__" in sys.modules:
        return
    import orchestrator

    names = [found.name for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator.")]
    for name in [*_LIBRARIES, *names]:
        if not name.startswith(("orchestrator.worker", "orchestrator.journal.migrations")):
            importlib.import_module(name)
    _path()
    gc.freeze()


def _run(be: Callable[[], int]) -> NoReturn:
    code = 70
    try:
        code = be()
    except BaseException:  # noqa: BLE001 - nothing of this process may go on as the test
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _become(
    argv: list[str], cwd: Any, env: Mapping[str, str], streams: tuple[int, int, int], passed: Sequence[int]
) -> None:
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    for begin, end in zip([2, *passed], [*passed, os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(begin + 1, end)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = argv
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    warnings.resetwarnings()
    logging.root.handlers.clear()
    logging._handlerList.clear()  # type: ignore[attr-defined]  # closing pytest's would close what has its number now
    logging.root.setLevel(logging.WARNING)
    atexit._clear()
    _forget()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    sys.stdin, sys.stdout, sys.stderr = map(_opened, range(3), (sys.__stdin__, sys.__stdout__, sys.__stderr__))
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


def _forget() -> None:
    """What our modules remembered of the process that they were loaded in."""
    for name, module in list(sys.modules.items()):
        if name.startswith("orchestrator."):
            for one in vars(module).values():
                if callable(clear := getattr(one, "cache_clear", None)):
                    clear()


def _opened(number: int, like: Any) -> io.TextIOWrapper:
    raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
    buffered = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffered, encoding=like.encoding, errors=like.errors, line_buffering=number == 2)


def _exit_code() -> int:
    """Run the command as Python runs a program, to its end."""
    from orchestrator.__main__ import main

    code = 0
    try:
        main()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except OSError:
        code = 120
    return code
