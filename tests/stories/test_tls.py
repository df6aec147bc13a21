"""TLS where it is required: what the connection is counts, not what the URL says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url

from orchestrator.worker import network
from tests.command import Command, Completed
from tests.projects_builder import AlembicProject
from tests.servers.far import Network, system_postgresql
from tests.servers.process import Server

_CLEAR = {"postgresql": "sslmode=disable", "mysql": "ssl_disabled=true"}
_VERIFIED = {"postgresql": "sslmode=verify-full&sslrootcert={}", "mysql": "ssl_ca={}"}
_ENV = """
from alembic import context
from sqlalchemy import create_engine

with create_engine({url!r}).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


@dataclass(frozen=True, slots=True)
class Far:
    """A protected environment whose database is behind a network, and the command run on this side of it."""

    network: Network
    server: Server
    name: str
    project: AlembicProject
    command: Command
    clear: str
    verified: str

    def __call__(self, url: str, *args: object) -> Completed:
        with self.network.entered("client"):
            return self.command(*args, "--format", "json", cwd=self.project.root, env={"URL": url})

    def prod(self, **keys: object) -> None:
        """Write the one environment, which is protected."""
        self.project.environments({"prod": {"url": "${URL}", **keys}}, protected=["prod"])

    def tables(self) -> set[str]:
        """The tables of the database, seen from the server's side."""
        kind = (
            "table_schema = 'public'" if self.clear.startswith("postgresql") else f"table_schema = '{self.name}'"
        )
        found = self.server.execute(
            f"SELECT table_name FROM information_schema.tables WHERE {kind}", database=self.name
        )
        return {str(table) for (table,) in found}


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in _CLEAR])
def far(
    request: pytest.FixtureRequest,
    far_network: Network,
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
) -> Far:
    """Each server in turn, with a project of one revision."""
    if request.param == "postgresql" and system_postgresql() is None:
        pytest.skip("the wheel's PostgreSQL cannot do TLS (apt-get install postgresql)")
    server: Server = request.getfixturevalue(f"far_{request.param}")
    name, url = server.new_database()
    project = alembic_project("app")
    project.tables("a1")
    verified = _VERIFIED[request.param].format(far_network.certificate)
    clear = f"{url}?{_CLEAR[request.param]}"
    return Far(far_network, server, name, project, orchestrate, clear, f"{url}?{verified}")


def test_a_protected_environment_is_changed_over_tls_alone(far: Far) -> None:
    """Reached in clear it can be looked at and is refused by the gate `tls` with what to add to the URL, as doctor
    says too; over TLS it is changed."""
    far.prod()
    (row,) = far(far.clear, "status").json["targets"]
    assert (row["state"], row["encrypted"]) == ("empty", False)
    refused = far(far.clear, "rollout", "--yes", "--confirm", "prod")
    assert refused.returncode == 5, str(refused)
    (gate,) = [one for one in refused.json["gates"] if one["verdict"] == "refuse"]
    assert gate["gate"] == "tls"
    assert "sslmode=verify-full" in gate["mend"] or "ssl_ca=FILE" in gate["mend"]
    assert far.tables() == set()
    doctor = far(far.clear, "doctor")
    (finding,) = [one for one in doctor.json["targets"][0]["findings"] if one["topic"] == "tls"]
    assert (finding["level"], finding["mend"]) == ("problem", gate["mend"])

    assert far(far.verified, "rollout", "--yes", "--confirm", "prod").returncode == 0
    (row,) = far(far.verified, "status").json["targets"]
    assert (row["state"], row["encrypted"]) == ("at_head", True)


def test_env_py_is_held_to_it_as_well(far: Far) -> None:
    """An env.py that goes to the target in clear, past a URL with TLS, is stopped before any statement."""
    far.project.env_py.write_text(_ENV.format(url=far.clear))
    far.prod()
    stopped = far(far.verified, "rollout", "--yes", "--confirm", "prod")
    assert stopped.returncode == 5, str(stopped)
    (row,) = stopped.json["targets"]
    assert row["error"]["code"] == "tls", str(stopped)
    assert far.tables() == set()

    far.prod(require_tls=False)
    assert far(far.verified, "rollout", "--yes", "--confirm", "prod").returncode == 0
    assert far.tables() == {"alembic_version", "t_a1"}


class Hidden:
    """A driver's connection that hides its socket, as those in C do."""

    def __init__(self, connection: Any) -> None:
        self.cursor, self.rollback, self.close = connection.cursor, connection.rollback, connection.close


def hidden(url: str, **options: Any) -> Hidden:
    """A connection in clear to that URL's place, past SQLAlchemy."""
    to = make_url(url)
    who = {"host": to.host, "port": to.port, "user": to.username, "password": to.password, **options}
    if to.get_backend_name() == "mysql":
        return Hidden(pymysql.connect(**who, database=to.database, ssl_disabled=True))
    return Hidden(psycopg.connect(**who, dbname=to.database, sslmode="disable"))


@pytest.mark.parametrize("family", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in _CLEAR])
def test_a_driver_that_hides_its_socket_is_judged_by_where_it_was_told_to_go(
    family: str, new_database: Callable[[str], str]
) -> None:
    """On this machine it is let in, also where only the server knows; told of another it must have TLS."""
    connection = hidden(new_database(family))
    for told in (["127.0.0.1"], ["localhost"], ["/run/server.sock"], []):
        assert not network.in_clear(connection, family, told), told
    assert network.in_clear(connection, family, ["192.0.2.7"])
    connection.close()


def test_a_hidden_socket_to_another_machine_is_no_way_around(far: Far) -> None:
    """In clear over the network it is noticed, by the address it was told or by where the server sees it from."""
    to = make_url(far.clear).set(query={})
    with far.network.entered("client"):
        connection = hidden(to.render_as_string(hide_password=False))
        for told in ([str(to.host)], []):
            assert network.in_clear(connection, to.get_backend_name(), told), told
        connection.close()
