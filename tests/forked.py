"""The command's process, forked from this one: loading the libraries for each of some thousand commands is half
of the suite's time.

It is a process as any other: its own id, session, environment, directory and streams; it can be waited for and
killed. What differs from a fresh interpreter is what is loaded already, so whoever sets a variable that Python
itself reads when it starts gets a fresh one, and so does everybody with FRESH_COMMANDS=1.
"""

from __future__ import annotations

import atexit
import gc
import io
import logging
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

_PYTHONS_OWN = ("PYTHON", "LC_", "LANG", "TZ", "LD_")
_LIBRARIES = (
    "alembic.command",
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)


def serves(env: Mapping[str, str]) -> bool:
    """Whether a process with these variables can be forked from this one."""
    if os.environ.get("FRESH_COMMANDS"):
        return False
    names = {name for name in {*env, *os.environ} if name.startswith(_PYTHONS_OWN)}
    return all(env.get(name) == os.environ.get(name) for name in names)


class Forked(subprocess.Popen[str]):
    """`python -m orchestrator` as `subprocess.Popen` starts it, without starting Python anew."""

    def __init__(self, args: list[str], *, env: Mapping[str, str], **options: Any) -> None:
        _load()
        super().__init__(args, env=env, text=True, start_new_session=True, **options)

    def _execute_child(self, args: Any, *given: Any) -> None:
        """In the place of what forks and then executes a program; it is given all by position."""
        cwd, env, pipes = given[4], given[5], given[9:15]
        self.pid = os.fork()
        if self.pid == 0:
            _run(args[3:], cwd, env, (pipes[0], pipes[3], pipes[5]))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _load() -> None:
    """All that a command may need; done once."""
    if "orchestrator.__main__" in sys.modules:
        return
    import orchestrator

    names = [found.name for found in pkgutil.walk_packages(orchestrator.__path__, "orchestrator.")]
    for name in [*_LIBRARIES, *names]:
        if not name.startswith(("orchestrator.worker", "orchestrator.journal.migrations")):
            import_module(name)
    gc.freeze()


def _run(args: list[str], cwd: str, env: Mapping[str, str], streams: tuple[int, int, int]) -> NoReturn:
    code = 70
    try:
        _become(["orchestrate", *args], cwd, env, streams)
        code = _exit_code()
    except BaseException:  # noqa: BLE001 - nothing of this process may go on as the test
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _become(argv: list[str], cwd: str, env: Mapping[str, str], streams: tuple[int, int, int]) -> None:
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
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
    warnings.simplefilter("ignore")  # as Python begins, but for a few that no module of ours gives
    logging.root.handlers.clear()
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
