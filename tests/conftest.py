"""What every test may ask for: real databases, the real command, a real Alembic project, clean surroundings."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.command import Command
from tests.projects_builder import AlembicProject, make_template
from tests.servers import far, mariadb
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import Server

pytest_plugins = ["tests.reliability"]

# A few dozen examples of each law, a thousand with LAWS=thorough. No deadline: the machine may be busy, and a law
# is not about time.
settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000)
settings.load_profile(os.environ.get("LAWS", "quick"))

# A shell starts its background jobs without Ctrl-C, and nohup without SIGHUP; every program started from here
# would inherit that: a test that sends such a signal would then prove nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

Far = TypeVar("Far", bound=Server)
FAMILIES = ("sqlite", "postgresql", "mysql")
_FOREIGN = ("ORCHESTRATE_", "ALEMBIC_", "PG", "MYSQL_", "MARIADB_", "TYPER_", "_TYPER_", "RICH_")
_COLOURS = (
    "NO_COLOR",
    "FORCE_COLOR",
    "PY_COLORS",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "TTY_COMPATIBLE",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for a server by name with the server's family."""
    for item in items:
        for family in ("postgresql", "mysql"):
            if f"{family}_server" in getattr(item, "fixturenames", ()):
                item.add_marker(family)


@pytest.fixture(autouse=True)
def clean_surrounding(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the settings, the home or the colours of the person who runs it."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN) or name in _COLOURS]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TZ", "UTC")
    Path(os.environ["HOME"]).mkdir(exist_ok=True)


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def _mysql() -> Iterator[MariaDB]:
    if not mariadb.installed():
        # In CI a family that is silently left out would look like one that works.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(mariadb.MISSING)
    server = MariaDB()
    yield server
    server.remove()


@pytest.fixture
def postgresql_server(_postgresql: PostgreSQL) -> PostgreSQL:
    """This test process's PostgreSQL; it runs when the test begins, whatever the last one did to it."""
    _postgresql.start()
    return _postgresql


@pytest.fixture
def mysql_server(_mysql: MariaDB) -> MariaDB:
    """This test process's MariaDB; it runs when the test begins, whatever the last one did to it."""
    _mysql.start()
    return _mysql


@pytest.fixture(scope="session")
def far_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[far.Network]:
    """A network of this test process's own, which can be cut."""
    if why := far.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    network = far.Network(tmp_path_factory.mktemp("far"))
    yield network
    network.remove()


@pytest.fixture(scope="session")
def far_postgresql(far_network: far.Network) -> Iterator[far.FarPostgreSQL]:
    """A PostgreSQL on the far side of the network."""
    yield from _running(far.FarPostgreSQL(far_network))


@pytest.fixture(scope="session")
def far_mysql(far_network: far.Network) -> Iterator[far.FarMariaDB]:
    """A MariaDB on the far side of the network."""
    if not mariadb.installed():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(mariadb.MISSING)
    yield from _running(far.FarMariaDB(far_network))


def _running(server: Far) -> Iterator[Far]:
    server.start()
    yield server
    server.remove()


@pytest.fixture
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Gives, for a family, the URL of a new empty database; the file of a SQLite one does not exist yet."""
    made: list[tuple[Server, str]] = []
    files = 0

    def make(family: str) -> str:
        nonlocal files
        if family == "sqlite":
            files += 1
            return f"sqlite:///{tmp_path}/database_{files}.db"
        server: Server = request.getfixturevalue(f"{family}_server")
        name, url = server.new_database()
        made.append((server, name))
        return url

    yield make
    for server, name in made:
        if server.running:
            server.drop_database(name)


@pytest.fixture(params=[pytest.param(family, marks=getattr(pytest.mark, family)) for family in FAMILIES])
def database_url(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> str:
    """A new empty database, once for each family."""
    return new_database(request.param)


@pytest.fixture
def orchestrate(tmp_path: Path) -> Iterator[Command]:
    """The real command, run in `tmp_path` unless told otherwise."""
    command = Command(tmp_path)
    yield command
    command.close()


@pytest.fixture(scope="session")
def _alembic_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("alembic"))


@pytest.fixture
def alembic_project(tmp_path: Path, _alembic_template: Path) -> Callable[..., AlembicProject]:
    """Makes an ordinary Alembic project in `tmp_path`, or at the path given (relative to it)."""

    def make(path: Path | str = ".") -> AlembicProject:
        return AlembicProject(tmp_path / path, _alembic_template)

    return make
