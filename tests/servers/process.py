"""What every database server of the tests has in common: a process that nothing outlives.

Knows nothing of SQL: `postgresql.py` and `mariadb.py` say how to lay out a data directory, start and ask.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_ATTEMPTS = 3

# `read` returns when the writing end closes, so also when the test process was killed with SIGKILL.
_LEASH = """
read -r _
test -f "$2/pid" && kill -s "$1" "$(cat "$2/pid")" && sleep 1
rm -rf -- "$2"
"""


class ServerError(Exception):
    """A server did not start; says the last lines of its log."""


class Server(ABC):
    """One database server on 127.0.0.1 and on a socket, started when `start` is called.

    A test may stop, restart or break it: each test process has its own. Run as root, the server runs as
    `nobody`, because PostgreSQL refuses to run as root.
    """

    graceful: ClassVar[signal.Signals]
    immediate: ClassVar[signal.Signals]
    superuser: ClassVar[str]
    password: ClassVar[str] = "correct-horse-battery"

    def __init__(self, place: str = "/tmp") -> None:
        # Directly under /tmp: the path of a socket may have 107 characters, and pytest's are longer.
        self.directory = Path(tempfile.mkdtemp(prefix="orchestrate-", dir=place))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._laid_out = False
        self._databases = 0
        self._account = _unprivileged_account()
        self.hand_over(self.directory)
        self._leash = subprocess.Popen(
            ["/bin/sh", "-c", _LEASH, "leash", self.immediate.name.removeprefix("SIG"), str(self.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.directory / "server.log"

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id; it must run."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, unless it runs, and return when it answers; its port stays the same over a restart."""
        if self.running:
            return
        if not self._laid_out:
            self._lay_out()
            self._laid_out = True
        for attempt in range(_ATTEMPTS):
            self._spawn()
            if self._answers_in_time():
                return
            self.stop(immediate=True)
            if attempt == 0 or "in use" in self._last_lines():
                self.port = _free_port()
        raise ServerError(f"{type(self).__name__} did not start:\n{self._last_lines()}")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it: in order, or at once as a crash would."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.immediate if immediate else self.graceful)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        (self.directory / "pid").unlink(missing_ok=True)

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start; `immediate` cuts every connection as a crash would, committed work stays."""
        self.stop(immediate=immediate)
        self.start()

    def remove(self) -> None:
        """Stop it and delete all it wrote."""
        self.stop(immediate=True)
        assert self._leash.stdin is not None
        self._leash.stdin.close()
        self._leash.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def new_database(self) -> tuple[str, str]:
        """A new empty database: its name and the superuser's URL for it."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.create_database(name)
        return name, self.url(name)

    @abstractmethod
    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """SQLAlchemy URL over TCP, where a password is asked for; the superuser's by default."""

    @abstractmethod
    def execute(self, sql: str, *parameters: object, database: str = ...) -> list[tuple[Any, ...]]:
        """One statement as superuser over the socket, committed at once; the rows it returned, if any."""

    @abstractmethod
    def create_role(self, name: str, password: str) -> None:
        """A role that logs in over TCP with that password and owns nothing; an old one gets the password."""

    @abstractmethod
    def create_database(self, name: str) -> None:
        """An empty database of that name."""

    @abstractmethod
    def drop_database(self, name: str) -> None:
        """Remove it with all connections to it."""

    @abstractmethod
    def _lay_out(self) -> None:
        """Make the data directory; called once, before the first start."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """The command line that runs the server in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it can be asked now."""

    def _spawn(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._surroundings()
            )
        (self.directory / "pid").write_text(f"{self._process.pid}\n")

    def _prepare(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self._surroundings(),
        )
        if done.returncode:
            raise ServerError(f"{command[0]} failed:\n{done.stdout}")

    def _surroundings(self) -> dict[str, Any]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "LC_ALL": "C",
            "TZ": "UTC",
        }
        return {
            "cwd": self.directory,
            "env": environment,
            # Ctrl-C in a terminal must reach pytest alone, which then stops the server.
            "start_new_session": True,
            **self._account,
        }

    def hand_over(self, place: Path) -> None:
        """Give the place and all in it to the account that the server runs as."""
        if self._account:
            for path in (place, *place.rglob("*")):
                os.chown(path, self._account["user"], self._account["group"], follow_symlinks=False)

    def _answers_in_time(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.running:
            if self._answers():
                return True
            time.sleep(0.02)
        return False

    def _last_lines(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else "(it wrote no log)"
        return "\n".join(text.splitlines()[-20:])


def reachable_by_all(path: Path) -> bool:
    """Whether any user may go down to this directory."""
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged_account() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
