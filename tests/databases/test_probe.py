"""Every reading, on every family that can have it."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import create_engine, inspect, make_url

from orchestrator.core.observations import Reading
from orchestrator.core.targets import Target
from orchestrator.databases.probe import probe_all
from tests.databases.builders import MOMENT, beside, database, endpoint, look, run, versioned
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import Server

PASSWORD = "s3cret%/@:pass"
SERVERS = [pytest.param(family, marks=getattr(pytest.mark, family)) for family in ("postgresql", "mysql")]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
def role(server: Server) -> str:
    """A role that may log in and no more."""
    server.create_role("watcher", PASSWORD)
    return "watcher"


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts and then says nothing."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


def dead_port() -> int:
    """A port where nobody listens."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_heads_are_read_sorted_and_once(database_url: str) -> None:
    """A version table with several, repeated and missing values gives its distinct heads, sorted."""
    versioned(database_url, "b2", "a1", "b2")
    run(database_url, "INSERT INTO alembic_version VALUES (NULL)")
    seen = look(database_url)
    assert (seen.reading, seen.heads, seen.detail) == (Reading.VERSIONED, ("a1", "b2"), None)
    assert seen.at == MOMENT
    assert re.fullmatch(r"(SQLite|PostgreSQL|MariaDB) \d+\.\d+(\.\d+)?", seen.server)


def test_an_empty_version_table_is_versioned(database_url: str) -> None:
    """A version table without rows is read as one: the database is at base, not unversioned."""
    versioned(database_url)
    run(database_url, "CREATE TABLE orders (id INTEGER)")
    assert (look(database_url).reading, look(database_url).heads) == (Reading.VERSIONED, ())


def test_a_new_database_is_empty_and_stays_so(database_url: str) -> None:
    """Probing an empty database finds it empty, names its schema, and creates nothing."""
    seen = look(database_url)
    assert seen.reading is Reading.EMPTY
    expected = {"sqlite": "main", "postgresql": "public", "mysql": database(database_url)}
    assert seen.schema == expected[seen.family]
    if seen.family == "sqlite":
        assert seen.detail == "no file yet"
        assert not Path(database(database_url)).exists()
    else:
        assert inspect(create_engine(database_url)).get_table_names() == []


def test_tables_without_a_version_table_are_unversioned(database_url: str) -> None:
    """A schema that has tables and no version table is told apart from an empty one."""
    run(database_url, "CREATE TABLE orders (id INTEGER)")
    assert look(database_url).reading is Reading.UNVERSIONED


def test_a_foreign_table_of_that_name_is_unversioned(database_url: str) -> None:
    """A table that has the version table's name and not its column is not taken for it."""
    run(database_url, "CREATE TABLE alembic_version (version INTEGER)")
    seen = look(database_url)
    assert seen.reading is Reading.UNVERSIONED
    assert seen.detail == "table alembic_version has no column version_num: it is not Alembic's"
    assert seen.mend == "set version_table of prod to the table that Alembic uses"
    of_a_tenant = look(database_url, target="prod@acme").mend or ""
    assert of_a_tenant.startswith("if a column of alembic_version was renamed, name it version_num again")


def test_another_name_of_the_version_table_is_followed(database_url: str) -> None:
    """The version table is the configured one, whatever characters its name holds."""
    quote = "`" if database_url.startswith("mysql") else '"'
    versioned(database_url, "a1", table=f"{quote}Odd name;--{quote}")
    assert look(database_url, version_table="Odd name;--").heads == ("a1",)
    assert look(database_url).reading is Reading.UNVERSIONED


def test_identity_is_stable_and_tells_databases_apart(new_database: Callable[[str], str], server: Server) -> None:
    """Two probes agree on identity and instance; another database differs; a restart changes only the instance."""
    family = "mysql" if isinstance(server, MariaDB) else "postgresql"
    one, other = new_database(family), new_database(family)
    first = look(one)
    time.sleep(1.1)
    again = look(one)
    assert (again.identity, again.instance) == (first.identity, first.instance)
    assert look(other).identity != first.identity
    server.restart()
    later = look(one)
    assert later.identity == first.identity
    assert later.instance != first.instance


def test_two_paths_to_one_file_are_one_database(tmp_path: Path) -> None:
    """A SQLite database reached through a link has the identity of the file itself."""
    versioned(f"sqlite:///{tmp_path}/a.db", "a1")
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    assert look(f"sqlite:///{tmp_path}/a.db").identity == look(f"sqlite:///{tmp_path}/b.db").identity


def test_a_wrong_password_is_denied_and_never_shown(server: Server) -> None:
    """A refused password gives a denial with a mend, and the password is in no part of it."""
    name, _ = server.new_database()
    seen = look(server.url(name, "watcher", "wr0ng-passw0rd"))
    assert seen.reading is Reading.DENIED
    assert "refused" in (seen.detail or "")
    assert seen.mend
    assert "wr0ng" not in repr(seen)


def test_a_role_that_may_not_connect_is_denied(server: Server, role: str) -> None:
    """A role without the right to use the database is denied, with the grant to type."""
    name, _ = server.new_database()
    if isinstance(server, PostgreSQL):
        server.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')
    seen = look(server.url(name, role, PASSWORD))
    assert seen.reading is Reading.DENIED
    assert "GRANT" in (seen.mend or "")


def test_a_missing_database_is_unreachable(server: Server) -> None:
    """A server without the database says so; it is not taken for an empty database."""
    seen = look(server.url("no_such_database"))
    assert seen.reading is Reading.UNREACHABLE
    assert "the server has no database no_such_database" in (seen.detail or "")


def test_a_stopped_server_is_unreachable_at_once(server: Server) -> None:
    """A refused connection is reported without waiting for any timeout."""
    _, url = server.new_database()
    server.stop()
    start = time.monotonic()
    seen = look(url, connect=30)
    assert time.monotonic() - start < 3
    assert seen.reading is Reading.UNREACHABLE
    assert "no server listens there" in (seen.detail or "")


@contextmanager
def dropping(server: Server, times: int) -> Iterator[int]:
    """A port before the server that drops the first connections and then leads to it."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)

        def serve() -> None:
            for _ in range(times):
                listener.accept()[0].close()
            near, far = listener.accept()[0], socket.create_connection(("127.0.0.1", server.port))
            Thread(target=_pump, args=(far, near), daemon=True).start()
            _pump(near, far)

        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_is_dropped_is_tried_again(server: Server) -> None:
    """A server that drops the first connections and lets a later one in is seen, not called dead."""
    _, url = server.new_database()
    versioned(url, "a1")
    with dropping(server, times=2) as port:
        seen = look(make_url(url).set(port=port).render_as_string(hide_password=False))
    assert (seen.reading, seen.heads) == (Reading.VERSIONED, ("a1",))


def test_one_that_is_always_dropped_is_told_so(server: Server) -> None:
    """After the connect timeout it is an observation that the server drops connections."""
    _, url = server.new_database()
    with dropping(server, times=100) as port:
        seen = look(make_url(url).set(port=port).render_as_string(hide_password=False), connect=0.5)
    assert seen.reading is Reading.UNREACHABLE
    assert "dropped the connection" in (seen.detail or "")


@pytest.mark.parametrize("scheme", ["postgresql+asyncpg", "mysql+aiomysql"])
def test_an_unknown_host_is_unreachable(scheme: str) -> None:
    """A host name that does not resolve is an observation of one target."""
    seen = look(f"{scheme}://u:{'secret99'}@no-such-host.invalid/app", connect=2)
    assert seen.reading is Reading.UNREACHABLE
    assert "secret99" not in repr(seen)


@pytest.mark.postgresql
def test_a_hidden_version_table_is_not_an_empty_database(postgresql_server: PostgreSQL) -> None:
    """Without USAGE on the schema, or SELECT on the table, PostgreSQL's version table is hidden, not absent."""
    name, url = postgresql_server.new_database()
    postgresql_server.create_role("watcher", PASSWORD)
    run(url, "CREATE SCHEMA secluded", f'ALTER DATABASE "{name}" SET search_path = "$user", secluded, public')
    run(url, "CREATE TABLE secluded.alembic_version (version_num text)")
    watched = postgresql_server.url(name, "watcher", PASSWORD)
    no_usage = look(watched)
    run(url, "GRANT USAGE ON SCHEMA secluded TO watcher")
    no_select = look(watched)
    run(url, no_select.mend or "")
    assert (no_usage.reading, no_usage.schema) == (Reading.HIDDEN, "secluded")
    assert no_usage.mend == 'GRANT USAGE ON SCHEMA "secluded" TO "watcher"'
    assert no_select.reading is Reading.HIDDEN
    assert look(watched).reading is Reading.VERSIONED


@pytest.mark.postgresql
def test_a_role_without_any_schema_is_denied(postgresql_server: PostgreSQL) -> None:
    """A role that may use no schema is denied, for it cannot tell whether the schema is empty."""
    name, url = postgresql_server.new_database()
    postgresql_server.create_role("watcher", PASSWORD)
    run(url, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    assert look(postgresql_server.url(name, "watcher", PASSWORD)).reading is Reading.DENIED


@pytest.mark.postgresql
def test_a_tenant_is_its_schema(postgresql_server: PostgreSQL) -> None:
    """With a schema given, only that schema counts: the tables of others make it neither versioned nor not."""
    _, url = postgresql_server.new_database()
    versioned(url, "a1")
    run(url, "CREATE SCHEMA acme")
    new = look(url, version_table_schema="acme")
    versioned(url, "b2", table="acme.alembic_version")
    there = look(url, version_table_schema="acme")
    missing = look(url, version_table_schema="nobody")
    assert (new.reading, new.schema) == (Reading.EMPTY, "acme")
    assert (there.reading, there.heads) == (Reading.VERSIONED, ("b2",))
    assert there.version_table == '"acme"."alembic_version"'
    assert (missing.reading, missing.detail) == (Reading.EMPTY, "there is no schema nobody")


@pytest.mark.postgresql
def test_the_search_path_of_the_url_decides(postgresql_server: PostgreSQL) -> None:
    """A search_path in the URL's options leads to the version table that Alembic would read."""
    _, url = postgresql_server.new_database()
    versioned(url, "a1")
    run(url, "CREATE SCHEMA acme")
    versioned(url, "b2", table="acme.alembic_version")
    seen = look(f"{url}?options=-csearch_path%3Dacme,public")
    assert (seen.schema, seen.heads) == ("acme", ("b2",))


@pytest.mark.postgresql
def test_a_locked_version_table_does_not_hang(postgresql_server: PostgreSQL) -> None:
    """Where another session keeps the version table locked, the probe gives up after its timeout."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    with postgresql_server.connect(name) as other, other.transaction():
        other.execute("SET application_name = 'nightly'; LOCK TABLE alembic_version")
        session = other.info.backend_pid
        start = time.monotonic()
        seen = look(url, connect=0.3)
        assert time.monotonic() - start < 2
    assert seen.reading is Reading.UNREACHABLE
    assert f"stayed locked by session {session} (app 'nightly', role postgres, since " in (seen.detail or "")
    assert (seen.mend or "").endswith(f"; to end it: SELECT pg_terminate_backend({session})")


@pytest.mark.postgresql
def test_a_role_that_may_not_identify_the_server_still_reads(postgresql_server: PostgreSQL) -> None:
    """Where pg_control_system() is not permitted, the heads are read all the same."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    postgresql_server.create_role("watcher", PASSWORD)
    run(url, "GRANT SELECT ON alembic_version TO watcher")
    run(url, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    seen = look(postgresql_server.url(name, "watcher", PASSWORD))
    assert (seen.reading, seen.heads) == (Reading.VERSIONED, ("a1",))
    assert seen.identity


@pytest.mark.mysql
def test_what_mysql_does_not_let_us_see_is_hidden(mysql_server: MariaDB) -> None:
    """A user with rights on other tables only finds the version table hidden, not absent."""
    name, url = mysql_server.new_database()
    versioned(url, "a1")
    run(url, "CREATE TABLE orders (id INTEGER)")
    mysql_server.create_role("watcher", PASSWORD)
    mysql_server.execute(f"GRANT SELECT ON `{name}`.orders TO 'watcher'@'%'")
    seen = look(mysql_server.url(name, "watcher", PASSWORD))
    mysql_server.execute(f"GRANT SELECT ON `{name}`.alembic_version TO 'watcher'@'%'")
    assert (seen.reading, seen.heads) == (Reading.HIDDEN, ())
    assert look(mysql_server.url(name, "watcher", PASSWORD)).heads == ("a1",)


@pytest.mark.mysql
def test_a_mysql_url_without_a_database_is_explained(mysql_server: MariaDB) -> None:
    """A URL that names a server and no database tells what to add."""
    seen = look(mysql_server.url(""))
    assert (seen.reading, seen.detail) == (Reading.UNREACHABLE, "the URL names no database")


def test_every_drivers_url_is_read_with_our_driver(server: Server) -> None:
    """URLs written for other drivers, with arguments only those know, reach the same database."""
    _, url = server.new_database()
    versioned(url, "a1")
    others = {
        "mysql+pymysql": ("mysql", "mysql+aiomysql", "mariadb+asyncmy", "mysql+mysqlconnector"),
        "postgresql+psycopg": ("postgresql", "postgresql+psycopg2", "postgresql+asyncpg", "postgresql+pg8000"),
    }
    scheme, _, rest = url.partition("://")
    arguments = "?prepared_statement_cache_size=0&charset=utf8mb4&ssl_mode=PREFERRED&ssl=prefer&connect_timeout=99"
    assert {look(f"{other}://{rest}{arguments}").heads for other in others[scheme]} == {("a1",)}


def test_a_socket_directory_in_the_query_is_used(server: Server) -> None:
    """A Unix socket named in the URL's query is where we connect."""
    name, url = server.new_database()
    versioned(url, "a1")
    if isinstance(server, MariaDB):
        seen = look(f"mysql://root@/{name}?unix_socket={server.directory}/socket")
    else:
        seen = look(f"postgresql://postgres@/{name}?host={server.directory}&port={server.port}")
    assert seen.heads == ("a1",)


@pytest.mark.postgresql
def test_the_second_host_answers_for_the_first(postgresql_server: PostgreSQL) -> None:
    """Several hosts in the query are tried in turn, as libpq does."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    hosts = f"host=127.0.0.1:{dead_port()}&host=127.0.0.1:{postgresql_server.port}"
    seen = look(f"postgresql://postgres:{postgresql_server.password}@/{name}?{hosts}")
    assert seen.heads == ("a1",)


@pytest.mark.parametrize("text", ["", "no url", "oracle://u:hunter22@h/db", "sqlite:///:memory:"])
def test_a_useless_url_is_a_row(text: str) -> None:
    """A URL that is none, or of a family not supported, or in memory, is told in words and repeats no secret."""
    seen = look(text)
    assert seen.reading in (Reading.UNREACHABLE, Reading.EMPTY)
    assert seen.detail
    assert "hunter22" not in repr(seen)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_sqlite_file_is_left_as_it_was(tmp_path: Path, mode: str) -> None:
    """Reading a SQLite file changes no byte of it and leaves no file beside it, in either journal mode."""
    url = f"sqlite:///{tmp_path}/a.db"
    run(url, f"PRAGMA journal_mode = {mode}")
    versioned(url, "a1")
    before = (beside(url), (tmp_path / "a.db").read_bytes())
    assert look(url).heads == ("a1",)
    assert (beside(url), (tmp_path / "a.db").read_bytes()) == before


def test_a_dead_writers_journal_does_not_blind_us(tmp_path: Path) -> None:
    """After a writer was killed within a transaction, what was committed is read."""
    url = f"sqlite:///{tmp_path}/a.db"
    versioned(url, "a1")
    script = f"""
        import os, sqlite3
        connection = sqlite3.connect({database(url)!r}, isolation_level=None)
        connection.executescript("PRAGMA cache_size = 5; BEGIN; CREATE TABLE t (x)")
        for _ in range(3000):
            connection.execute("INSERT INTO t VALUES (?)", ("x" * 1000,))
        os.kill(os.getpid(), 9)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "a.db-journal" in beside(url)
    assert look(url).heads == ("a1",)


def test_a_sqlite_writer_is_waited_for(tmp_path: Path) -> None:
    """While a writer holds a transaction the committed heads are read; while it excludes readers it is named."""
    url = f"sqlite:///{tmp_path}/a.db"
    versioned(url, "a1")
    with closing(sqlite3.connect(database(url), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        reading = look(url, connect=0.1).reading
        writer.execute("COMMIT")
        writer.execute("BEGIN EXCLUSIVE")
        excluded = look(url, connect=0.1)
    assert reading is Reading.VERSIONED
    assert excluded.reading is Reading.UNREACHABLE
    assert "was locked by a writer for 0.1 s" in (excluded.detail or "")


def test_a_sqlite_uri_is_opened_as_one(tmp_path: Path) -> None:
    """A `file:` URI with `uri=true` names its path; without it, it is a plain name."""
    versioned(f"sqlite:///{tmp_path}/odd name.db", "a1")
    assert look(f"sqlite:///file:{tmp_path}/odd%2520name.db?uri=true&cache=private&timeout=3").heads == ("a1",)
    assert look(f"sqlite:///file:{tmp_path}/odd%20name.db").reading is Reading.UNREACHABLE
    assert look("sqlite:///file:shared?mode=memory&cache=shared&uri=true").reading is Reading.EMPTY


def test_a_missing_directory_is_a_wrong_path(tmp_path: Path) -> None:
    """A SQLite path whose directory does not exist leads nowhere, except in our own folder; neither is made."""
    nowhere = look(f"sqlite:///{tmp_path}/none/a.db")
    assert (nowhere.reading, nowhere.detail) == (
        Reading.UNREACHABLE,
        f"the directory {tmp_path}/none does not exist",
    )
    assert look(f"sqlite:///{tmp_path}/.orchestrator/demo/a.db").detail == "no file yet"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_sqlite_file_is_unreachable(tmp_path: Path) -> None:
    """A file that is not a database, and a directory, are told apart from an empty one; an empty file is empty."""
    (tmp_path / "text.db").write_text("no database at all, " * 99)
    (tmp_path / "none.db").touch()
    text, directory = look(f"sqlite:///{tmp_path}/text.db"), look(f"sqlite:///{tmp_path}")
    assert (text.reading, directory.reading) == (Reading.UNREACHABLE, Reading.UNREACHABLE)
    assert "is not a SQLite database" in (text.detail or "")
    assert "it is not a file" in (directory.detail or "")
    assert look(f"sqlite:///{tmp_path}/none.db").reading is Reading.EMPTY


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_sqlite_file_is_denied(tmp_path: Path) -> None:
    """A file that this user may not read is denied."""
    url = f"sqlite:///{tmp_path}/a.db"
    versioned(url, "a1")
    (tmp_path / "a.db").chmod(0)
    assert look(url).reading is Reading.DENIED


def test_dead_servers_delay_nobody(tmp_path: Path) -> None:
    """With forty silent servers among them, all are observed in little more than twice one connect timeout."""
    versioned(f"sqlite:///{tmp_path}/a.db", "a1")
    with silent_port() as port:
        urls = [f"{family}://u:p@127.0.0.1:{port}/a" for family in ("postgresql", "mysql") for _ in range(20)]
        endpoints = [endpoint(url, f"dead{number}", connect=0.5) for number, url in enumerate(urls)]
        start = time.monotonic()
        seen = probe_all([*endpoints, endpoint(f"sqlite:///{tmp_path}/a.db", "alive")], lambda: MOMENT)
        assert time.monotonic() - start < 4
    assert seen[Target("alive")].heads == ("a1",)
    assert [o.reading for target, o in seen.items() if target != Target("alive")] == [Reading.UNREACHABLE] * 40
    assert all("0.5 s" in (o.detail or "") for target, o in seen.items() if target != Target("alive"))


def test_all_are_probed_as_one_is(new_database: Callable[[str], str], server: Server) -> None:
    """Many targets probed together are observed exactly as each alone."""
    family = "mysql" if isinstance(server, MariaDB) else "postgresql"
    urls = [new_database(family) for _ in range(4)]
    for number, url in enumerate(urls):
        versioned(url, f"r{number}")
    endpoints = [endpoint(url, f"e{number}") for number, url in enumerate(urls)]
    seen = probe_all(endpoints, lambda: MOMENT)
    assert seen == {e.target: look(e.url.reveal(), target=str(e.target)) for e in endpoints}
    assert probe_all([], lambda: MOMENT) == {}


def test_ctrl_c_does_not_wait_for_a_silent_server() -> None:
    """Interrupted while a server says nothing, the process ends at once."""
    script = """
        import sys
        from datetime import UTC, datetime
        from orchestrator.databases.probe import probe_all
        from tests.databases.builders import endpoint
        print("ready", flush=True)
        probe_all([endpoint(sys.argv[1], connect=60)], lambda: datetime.now(UTC))
    """
    with silent_port() as port:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), f"postgresql://u:p@127.0.0.1:{port}/a"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        process.communicate(timeout=10)
    assert time.monotonic() - start < 2
    assert process.returncode == -signal.SIGINT
