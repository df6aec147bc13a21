"""A network that is cut in the middle of a revision: packets are dropped between two namespaces.

PostgreSQL and MariaDB are taken through it by one run, since most of the time is spent waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.command import Command
from tests.crash.scene import wait_until
from tests.projects_builder import AlembicProject
from tests.servers.far import FarMariaDB, FarPostgreSQL, Network

_SECONDS = {"connect": 2, "network": 2, "table_lock": "none"}
_REVISION = """
op.create_table("t_a1", sa.Column("id", sa.Integer, primary_key=True))
mysql = op.get_bind().dialect.name == "mysql"
op.execute("SELECT GET_LOCK('gate', 300)" if mysql else "SELECT pg_advisory_lock(4711)")
"""


@pytest.fixture
def network(far_network: Network) -> Iterator[Network]:
    """The network, joined again whatever the test did."""
    yield far_network
    far_network.join()


@pytest.fixture
def servers(far_postgresql: FarPostgreSQL, far_mysql: FarMariaDB) -> tuple[FarPostgreSQL, FarMariaDB]:
    """Both, on the far side."""
    return far_postgresql, far_mysql


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.mysql
@pytest.mark.fault(16)
def test_a_network_that_is_cut_during_a_revision(
    network: Network,
    servers: tuple[FarPostgreSQL, FarMariaDB],
    alembic_project: Callable[..., AlembicProject],
    orchestrate: Command,
    happened: Callable[[str], None],
) -> None:
    """The run ends by itself and names what is not known; others are kept out until the server lets go, and then
    resume decides."""
    far_postgresql, far_mysql = servers
    names = {"postgresql": far_postgresql.new_database()[0], "mysql": far_mysql.new_database()[0]}
    project = alembic_project("app")
    project.revision("a1", None, _REVISION)
    urls = {"app": far_postgresql.url(names["postgresql"]), "billing": far_mysql.url(names["mysql"])}
    databases = {name: {"url": url, "project": "app"} for name, url in urls.items()}
    project.environments({"prod": {"databases": databases, "timeouts": _SECONDS}}, projects={"app": {}})
    with far_postgresql.connect(names["postgresql"]) as gate, far_mysql.connect(names["mysql"]) as other_gate:
        gate.execute("SELECT pg_advisory_lock(4711)")
        other_gate.cursor().execute("SELECT GET_LOCK('gate', 0)")
        with network.entered("client"):
            process = orchestrate.start("rollout", "--yes", "--format", "json", cwd=project.root)
        wait_until(lambda: _waits(far_postgresql, far_mysql), "both revisions to wait", process)
        network.cut()
        assert network.is_cut
        happened("both statements ran on their servers when the client's end of the wire lost its carrier")

        with network.entered("client"):
            status = orchestrate("status", "--format", "json", cwd=project.root)
        assert {row["state"] for row in status.json["targets"]} == {"unreachable"}, str(status)

        out, err = process.communicate(timeout=120)
        assert process.returncode == 9, out + err
        assert out.count("what became of revision a1 is not known yet") >= 2, out
        assert "orchestrate resume" in out

        with network.entered("server"):
            resumed = orchestrate.start("resume", "--format", "json", cwd=project.root)
        wait_until(
            lambda: _waited(project, "work lock"), "the resumed run to wait for the dead one's work", resumed
        )
        assert network.is_cut
    out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 7, out + err
    results = {row["target"]: row["result"] for row in json.loads(out)["targets"]}
    assert results == {"prod": "applied", "prod/billing": "in_doubt"}, out
    made = far_postgresql.execute("SELECT version_num FROM alembic_version", database=names["postgresql"])
    assert made == [("a1",)]


def _waits(postgresql: FarPostgreSQL, mysql: FarMariaDB) -> bool:
    """Whether each server has a session that waits at the gate."""
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    sessions = "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'SELECT GET_LOCK(%gate%, 300)%'"
    return bool(postgresql.execute(waiting)) and bool(mysql.execute(sessions))


def _waited(project: AlembicProject, lock: str) -> bool:
    """Whether a run said in its log that it waits for this lock."""
    logs = (project.root / ".orchestrator" / "logs").glob("*.jsonl")
    lines = [json.loads(line) for path in logs for line in path.read_text().split("\n")[:-1]]
    return any(line["event"] == "lock_waiting" and line.get("lock") == lock for line in lines)
