"""MariaDB for the tests, from the system's packages."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pymysql
from sqlalchemy.engine import URL

from tests.servers.process import Server, ServerError

MISSING = "MariaDB server is not installed (apt-get install mariadb-server)"
# A log flushed to the kernel at each commit survives a killed server; only a crash of the machine would lose it.
_SETTINGS = (
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=OFF",
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--max-connections=200",
    "--character-set-server=utf8mb4",
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
)


class MariaDB(Server):
    """One MariaDB server. root has a password over TCP; over the socket, which only we can open, it has none."""

    graceful = signal.SIGTERM
    immediate = signal.SIGKILL
    superuser = "root"

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        secret = password if password is not None or user is not None else self.password
        return URL.create(
            "mysql+pymysql", user or self.superuser, secret, "127.0.0.1", self.port, database
        ).render_as_string(hide_password=False)

    def execute(self, sql: str, *parameters: object, database: str = "mysql") -> list[tuple[Any, ...]]:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def connect(self, database: str = "mysql") -> pymysql.Connection[Any]:
        """A connection as superuser over the socket that commits each statement."""
        return pymysql.connect(
            unix_socket=str(self.directory / "socket"), user=self.superuser, database=database, autocommit=True
        )

    def create_role(self, name: str, password: str) -> None:
        self.execute(f"CREATE OR REPLACE USER `{name}`@'%%' IDENTIFIED BY %s", password)

    def create_database(self, name: str) -> None:
        self.execute(f"CREATE DATABASE `{name}`")

    def drop_database(self, name: str) -> None:
        # DROP DATABASE would wait for whoever still holds a table of it.
        for (connection,) in self.execute("SELECT id FROM information_schema.processlist WHERE db = %s", name):
            with suppress(pymysql.MySQLError):
                self.execute(f"KILL {connection}")
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def _lay_out(self) -> None:
        place = self.directory / "data"
        accounts = self.directory / "accounts.sql"
        accounts.write_text(
            "FLUSH PRIVILEGES;\n"
            f"CREATE OR REPLACE USER 'root'@'127.0.0.1' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;\n"
        )
        accounts.chmod(0o644)  # the directory above it is closed
        self._prepare(
            [
                *(required("mariadb-install-db"), "--no-defaults", f"--datadir={place}", *_SETTINGS),
                *("--auth-root-authentication-method=normal", "--skip-test-db", f"--extra-file={accounts}"),
            ]
        )

    def _command(self) -> Sequence[str]:
        return [
            *(required("mariadbd"), "--no-defaults", f"--datadir={self.directory / 'data'}", *_SETTINGS),
            *(f"--port={self.port}", f"--socket={self.directory / 'socket'}"),
            *(f"--pid-file={self.directory / 'mariadbd.pid'}", f"--tmpdir={self.directory}"),
        ]

    def _answers(self) -> bool:
        with suppress(pymysql.MySQLError):
            self.execute("SELECT 1")
            return True
        return False


def installed() -> bool:
    """Whether the system has the server and the program that lays out its data directory."""
    return _found("mariadbd") is not None and _found("mariadb-install-db") is not None


def required(program: str) -> str:
    """Path of the program; raises ServerError where it is not installed."""
    path = _found(program)
    if path is None:
        raise ServerError(MISSING)
    return path


def _found(program: str) -> str | None:
    # A user's PATH often lacks sbin, where Debian puts the server.
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
