"""PgBouncer for the tests, from the system's packages: a real pooler in transaction mode before a PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from sqlalchemy.engine import make_url

from tests.servers.postgresql import PostgreSQL

MISSING = "PgBouncer is not installed (apt-get install pgbouncer)"
_SETTINGS = """\
[databases]
* = host=127.0.0.1 port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = extra_float_digits, options
"""


class PgBouncer(PostgreSQL):
    """The pooler, which looks to a client as its server does; what `url` gives leads through it."""

    graceful = immediate = signal.SIGTERM

    def __init__(self, server: PostgreSQL) -> None:
        super().__init__()
        self._server = server

    def _lay_out(self) -> None:
        pass

    def _command(self) -> Sequence[str]:
        settings = _SETTINGS.format(
            port=self._server.port, user=self.superuser, password=self.password, listen=self.port
        )
        place = self.directory / "pgbouncer.ini"
        place.write_text(settings)
        self.hand_over(place)
        return [_found() or "pgbouncer", str(place)]

    def _answers(self) -> bool:
        address = make_url(self.url("postgres")).set(drivername="postgresql")
        with suppress(psycopg.OperationalError), psycopg.connect(address.render_as_string(hide_password=False)):
            return True
        return False


def installed() -> bool:
    """Whether the system has the pooler."""
    return _found() is not None


def _found() -> str | None:
    # A user's PATH often lacks sbin, where Debian puts it.
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
