"""One driver a target, and no new run while a server still works for a dead one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import NullPool, create_engine, inspect, make_url

from orchestrator.databases import holders
from orchestrator.databases.locks import Holder, acquire, run_lock_holder, wait_for_work, work_lock_holder
from orchestrator.errors import ConfigurationError, LockedError, UnavailableError
from tests.databases.builders import beside, database, endpoint, look, versioned
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

RUN_KEY, WORK_KEY = -702699396496886807, 814422692048047503
# Of schema "public", table "alembic_version"; written out, so that a change on one side alone is noticed.
TAKE = """
    import sys
    from orchestrator.databases.locks import acquire
    from orchestrator.errors import LockedError
    from tests.databases.builders import endpoint
    sys.stdin.readline()
    try:
        lock = acquire(endpoint(sys.argv[1]), sys.argv[2])
    except LockedError:
        print("refused", flush=True)
    else:
        print("taken", flush=True)
        sys.stdin.readline()
"""


def taker(url: str, run: str) -> subprocess.Popen[str]:
    """A process that takes the run lock at its first line of input and gives it up at the second."""
    command = [sys.executable, "-c", textwrap.dedent(TAKE), url, run]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> str:
    """Give the process a line and return what it prints."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


@contextmanager
def pooler_before(port: int) -> Iterator[int]:
    """A port that passes everything on to PostgreSQL at `port` and, as poolers do, gives another backend pid."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_pool, args=(listener, port), daemon=True).start()
        yield listener.getsockname()[1]


def _pool(listener: socket.socket, port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_pass_on, args=(client, server, False), daemon=True).start()
        threading.Thread(target=_pass_on, args=(server, client, True), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket, masked: bool) -> None:
    with contextlib.suppress(OSError):
        while received := source.recv(65536):
            # BackendKeyData: the letter K, the length 12, the process id, the secret.
            sink.sendall(
                re.sub(rb"(?s)(K\0\0\0\x0c)....", lambda found: found[1] + b"\0\0\0\x01", received)
                if masked
                else received
            )
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def working(url: str, request: dict[str, Any]) -> Iterator[Any]:
    """What a worker does with the guard's request, by the plain driver: take the work lock and keep it."""
    parts = make_url(url)
    match request["family"]:
        case "postgresql":
            connection = psycopg.connect(
                parts.set(drivername="postgresql").render_as_string(False), autocommit=True
            )
            connection.execute("SELECT pg_advisory_lock(%s)", (request["work_key"],))
            yield connection
            connection.close()
        case "mysql":
            address = {"host": parts.host, "port": parts.port, "user": parts.username, "password": parts.password}
            mysql = pymysql.connect(**address, database=parts.database)  # type: ignore[call-overload]
            name = holders.mysql_name("work", parts.database or "", endpoint(url))
            mysql.cursor().execute("SELECT GET_LOCK(%s, 0)", (name,))
            yield mysql
            mysql.close()
        case _:
            with Path(request["work_lock"]).open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield file


def test_of_two_processes_exactly_one_gets_it(database_url: str) -> None:
    """However many processes try at once, one run lock is taken."""
    processes = [taker(database_url, f"r{number}") for number in range(3)]
    answers: list[str] = []
    threads = [threading.Thread(target=lambda p=process: answers.append(told(p))) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["refused", "refused", "taken"]
    for process in processes:
        process.communicate()


def test_a_lock_dies_with_its_process(database_url: str) -> None:
    """A run lock is free within a second after its process was killed outright."""
    process = taker(database_url, "r1")
    assert told(process) == "taken"
    with pytest.raises(LockedError):
        acquire(endpoint(database_url), "r2")
    process.kill()
    process.communicate()
    with acquire(endpoint(database_url), "r2", wait=1) as lock:
        assert lock.alive()


def test_who_is_turned_away_learns_by_whom(database_url: str) -> None:
    """The refusal names the target, the holder's run, user, host and process, since when, and what to type."""
    process = taker(database_url, "20261122T133501-abc")
    assert told(process) == "taken"
    with pytest.raises(LockedError) as refused:
        acquire(endpoint(database_url, "prod/billing"), "r2")
    told(process)
    holder = rf"run 20261122T133501-abc by {re.escape(holders.here())} \(process {process.pid}\)"
    when = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.fullmatch(rf"prod/billing: driven by {holder} {when}", str(refused.value))
    assert refused.value.mend == "`orchestrate locks` shows what it does; `--wait 60` queues behind it"


def test_asking_takes_and_creates_nothing(database_url: str) -> None:
    """Asking who holds a lock of a free target gives nobody, leaves it free, and makes no file and no table."""
    target = endpoint(database_url)
    assert (run_lock_holder(target), work_lock_holder(target)) == (None, None)
    if database_url.startswith("sqlite"):
        assert beside(database_url) == set()
    else:
        assert inspect(create_engine(database_url, poolclass=NullPool)).get_table_names() == []


def test_the_holder_can_be_asked_for(database_url: str) -> None:
    """While a lock is held anybody may ask by whom; after its release nobody holds it."""
    before = time.time()
    with acquire(endpoint(database_url), "r1"):
        time.sleep(1.2)
        holder = run_lock_holder(endpoint(database_url))
    assert holder is not None
    assert holder.since is not None
    assert before - 2 < holder.since.timestamp() < before + 1.1
    assert run_lock_holder(endpoint(database_url)) is None


def test_waiting_tries_until_it_is_free(database_url: str) -> None:
    """Who waits is told the holder at each vain attempt and gets the lock when it is released."""
    first = acquire(endpoint(database_url), "r1")
    heard: list[Holder | None] = []

    def sleep(_: float) -> None:
        if len(heard) == 3:
            first.release()

    with acquire(endpoint(database_url), "r2", 60, lambda holder, _: heard.append(holder), sleep=sleep) as second:
        assert second.alive()
    assert len(heard) == 3
    assert all(heard)


def test_waiting_ends(database_url: str) -> None:
    """Who waited in vain is refused when the time has passed, which is told."""
    now = [0.0]

    def sleep(span: float) -> None:
        now[0] += span

    with (
        acquire(endpoint(database_url), "r1"),
        pytest.raises(LockedError, match=r"\(waited 30 s\)"),
    ):
        acquire(endpoint(database_url), "r2", 30, sleep=sleep, monotonic=lambda: now[0])
    assert now[0] == pytest.approx(30)


def test_two_version_tables_do_not_exclude_each_other(new_database: Callable[[str], str]) -> None:
    """Two projects with version tables of their own in one PostgreSQL database are driven independently."""
    url = new_database("postgresql")
    with acquire(endpoint(url), "r1"), acquire(endpoint(url, version_table="other"), "r2") as second:
        assert second.alive()


@pytest.mark.parametrize("family", ["postgresql", "mysql"])
def test_two_databases_do_not_exclude_each_other(new_database: Callable[[str], str], family: str) -> None:
    """Two databases of one server are driven independently."""
    with acquire(endpoint(new_database(family)), "r1"), acquire(endpoint(new_database(family)), "r2") as second:
        assert second.alive()


def test_work_of_a_dead_run_is_waited_for(database_url: str) -> None:
    """While a session has the work lock it is named and waited for; when it ends the way is free."""
    with acquire(endpoint(database_url), "r1") as lock:
        wait_for_work(lock)
        with working(database_url, lock.guard.request()):
            assert work_lock_holder(endpoint(database_url)) is not None
            with pytest.raises(LockedError, match="the server still works for an earlier run") as refused:
                wait_for_work(lock)
            heard: list[float] = []
            with pytest.raises(LockedError):
                wait_for_work(lock, 0.3, lambda _, left: heard.append(left))
            assert heard
            assert max(heard) <= 0.3
        assert refused.value.code == "working"
        assert "--wait 60" in (refused.value.mend or "")
        wait_for_work(lock, 5)


@pytest.mark.postgresql
def test_the_working_backend_is_named(postgresql_server: PostgreSQL) -> None:
    """The refusal names the server process that still works, and the statement that would end it."""
    _, url = postgresql_server.new_database()
    with acquire(endpoint(url), "r1") as lock, working(url, lock.guard.request()) as connection:
        with pytest.raises(LockedError) as refused:
            wait_for_work(lock)
        pid = connection.info.backend_pid
        assert f"postgres@127.0.0.1 (session {pid}), busy since" in str(refused.value)
        assert f"pg_terminate_backend({pid})" in (refused.value.mend or "")


def test_a_lock_knows_that_it_is_lost(database_url: str, request: pytest.FixtureRequest) -> None:
    """When the server ends the session, or the file is replaced, the lock is no longer alive, and stays so."""
    lock = acquire(endpoint(database_url), "r1")
    assert lock.alive()
    name = database(database_url)
    if database_url.startswith("sqlite"):
        (Path(name).parent / "other").touch()
        (Path(name).parent / "other").rename(name)
    elif database_url.startswith("mysql"):
        server = request.getfixturevalue("mysql_server")
        ((session,),) = server.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = %s", name)
        server.execute(f"KILL {session}")
    else:
        server = request.getfixturevalue("postgresql_server")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
    time.sleep(0.2)
    assert [lock.alive(), lock.alive()] == [False, False]
    lock.release()
    lock.release()


def test_many_questions_turn_nobody_away(tmp_path: Path) -> None:
    """Somebody who keeps asking for the holder of a SQLite lock does not keep a run from taking it."""
    target = endpoint(f"sqlite:///{tmp_path}/a.db")
    acquire(target, "r0").release()
    script = f"""
        from orchestrator.databases.locks import run_lock_holder
        from tests.databases.builders import endpoint
        print(flush=True)
        while True:
            run_lock_holder(endpoint("sqlite:///{tmp_path}/a.db"))
    """
    asking = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    assert asking.stdout is not None
    asking.stdout.readline()
    for number in range(300):
        acquire(target, f"r{number}").release()
    asking.kill()
    asking.communicate()


def test_a_sqlite_lock_makes_the_file_and_proves_it(tmp_path: Path) -> None:
    """Taking the lock of a SQLite database that is not there makes it, empty, and gives its device and inode."""
    path = tmp_path / ".orchestrator" / "a.db"
    with acquire(endpoint(f"sqlite:///{path}"), "r1") as lock:
        assert path.read_bytes() == b""
        assert lock.guard.request() == {
            "family": "sqlite",
            "device": path.stat().st_dev,
            "inode": path.stat().st_ino,
            "path": str(path),
            "work_lock": f"{path}.orchestrate-work.lock",
        }
    side_file = Path(f"{path}.orchestrate-run.lock")
    assert side_file.stat().st_mode & 0o777 == 0o600


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """A symbolic link in the place of a SQLite lock file is refused, and its end is left alone."""
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "a.db.orchestrate-run.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(UnavailableError):
        acquire(endpoint(f"sqlite:///{tmp_path}/a.db"), "r1")
    assert (tmp_path / "precious").read_text() == "kept"


def test_what_cannot_be_locked_says_why(postgresql_server: PostgreSQL) -> None:
    """A refused password and a database in memory are told as errors with a mend and without a secret."""
    name, _ = postgresql_server.new_database()
    with pytest.raises(UnavailableError) as refused:
        acquire(endpoint(postgresql_server.url(name, "nobody", "wr0ng-passw0rd")), "r1")
    assert refused.value.mend
    assert refused.value.__cause__ is None
    assert "wr0ng" not in str(refused.value)
    with pytest.raises(ConfigurationError, match="in memory"):
        acquire(endpoint("sqlite://"), "r1")


@pytest.mark.postgresql
def test_a_connection_that_waits_does_not_stop_an_index_build(postgresql_server: PostgreSQL) -> None:
    """While one run holds the lock and another waits for it, CREATE INDEX CONCURRENTLY goes through."""
    name, url = postgresql_server.new_database()
    versioned(url, "a1")
    refused: list[LockedError] = []

    def wait() -> None:
        try:
            acquire(endpoint(url), "r2", 1.0)
        except LockedError as error:
            refused.append(error)

    with acquire(endpoint(url), "r1"):
        waiter = threading.Thread(target=wait)
        waiter.start()
        with postgresql_server.connect(name) as connection:
            connection.execute("SET statement_timeout = '900ms'")
            connection.execute("CREATE INDEX CONCURRENTLY ix ON alembic_version (version_num)")
        waiter.join()
    assert len(refused) == 1


@pytest.mark.postgresql
def test_an_unprivileged_role_sees_who_drives(postgresql_server: PostgreSQL) -> None:
    """A role that may only log in is shown the run, the user, the host and the process, though not since when."""
    name, url = postgresql_server.new_database()
    postgresql_server.create_role("watcher", "pa55word")
    with acquire(endpoint(url), "r1"):
        holder = run_lock_holder(endpoint(postgresql_server.url(name, "watcher", "pa55word")))
    assert holder is not None
    assert (holder.run, holder.who, holder.pid, holder.since) == ("r1", holders.here(), os.getpid(), None)


@pytest.mark.postgresql
def test_a_pooler_is_refused(postgresql_server: PostgreSQL) -> None:
    """Through a pooler a target can be observed, and no run lock is taken."""
    _, url = postgresql_server.new_database()
    versioned(url, "a1")
    with pooler_before(postgresql_server.port) as port:
        pooled = make_url(url).set(port=port).render_as_string(hide_password=False)
        assert look(pooled).heads == ("a1",)
        with pytest.raises(UnavailableError, match="pooler") as refused:
            acquire(endpoint(pooled), "r1")
    assert (refused.value.code, refused.value.mend) == ("pooler", "give prod the direct URL of the server")


@pytest.mark.postgresql
def test_a_standby_is_refused(postgresql_server: PostgreSQL) -> None:
    """A standby server can be observed, and no run lock is taken on it."""
    _, url = postgresql_server.new_database()
    versioned(url, "a1")
    signal_file = postgresql_server.directory / "cluster" / "standby.signal"
    signal_file.touch()
    postgresql_server.restart()
    try:
        assert look(url).heads == ("a1",)
        with pytest.raises(UnavailableError, match="standby") as refused:
            acquire(endpoint(url), "r1")
    finally:
        signal_file.unlink()
        postgresql_server.restart()
    assert refused.value.code == "standby"


@pytest.mark.postgresql
def test_the_keys_are_those_that_were_agreed(postgresql_server: PostgreSQL) -> None:
    """The run lock and the work lock have the keys that were agreed, and the guard's request the latter."""
    _, url = postgresql_server.new_database()
    with acquire(endpoint(url, version_table_schema="public"), "r1") as lock:
        request = lock.guard.request()
        assert request == {
            "family": "postgresql",
            "proof_key": request["proof_key"],
            "work_key": WORK_KEY,
            "schema": "public",
        }
        assert postgresql_server.execute("SELECT NOT pg_try_advisory_lock(%s)", RUN_KEY, database=database(url))[
            0
        ][0]


@pytest.mark.mysql
def test_the_names_are_those_that_were_agreed(mysql_server: MariaDB) -> None:
    """The run lock has the name that was agreed, and the guard's request what the work lock's is made of."""
    _, url = mysql_server.new_database()
    with acquire(endpoint(url), "r1") as lock:
        request = lock.guard.request()
        named = {"database": database(url), "token": holders.token(endpoint(url))}
        assert request == {"family": "mysql", "proof_name": request["proof_name"], **named}
        assert len(request["proof_name"]) <= 64
        name = holders.mysql_name("run", database(url), endpoint(url))
        assert mysql_server.execute("SELECT IS_USED_LOCK(%s) IS NOT NULL", name) == [(1,)]
        assert len(name) <= 64


@pytest.mark.postgresql
def test_each_lock_session_proves_itself_in_postgresql(postgresql_server: PostgreSQL) -> None:
    """The proof's key is new for each session, held as long as the run lock, and free after it."""
    _, url = postgresql_server.new_database()
    proofs = []
    for _ in range(2):
        with acquire(endpoint(url), "r1") as lock:
            proofs.append(lock.guard.request()["proof_key"])
            assert _keys(postgresql_server, database(url)) == {
                holders.postgresql_key("run", endpoint(url)),
                proofs[-1],
            }
        assert _keys(postgresql_server, database(url)) == set()
    assert proofs[0] != proofs[1]


def _keys(server: PostgreSQL, name: str) -> set[int]:
    """The advisory keys that are held in the database."""
    query = """
        SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE locktype = 'advisory' AND granted AND d.datname = %s
    """
    return {key for (key,) in server.execute(query, name)}


@pytest.mark.mysql
def test_each_lock_session_proves_itself_in_mysql(mysql_server: MariaDB) -> None:
    """The proof's name is new for each session, held as long as the run lock, and free after it."""
    _, url = mysql_server.new_database()
    proofs = []
    for _ in range(2):
        with acquire(endpoint(url), "r1") as lock:
            proofs.append(lock.guard.request()["proof_name"])
            assert mysql_server.execute("SELECT IS_USED_LOCK(%s) IS NOT NULL", proofs[-1]) == [(1,)]
            assert run_lock_holder(endpoint(url)) is not None
        assert mysql_server.execute("SELECT IS_USED_LOCK(%s) IS NOT NULL", proofs[-1]) == [(0,)]
    assert proofs[0] != proofs[1]


def test_a_nameless_worker_is_not_to_be_ended(tmp_path: Path) -> None:
    """Where the process that works is unknown, the refusal says to wait and gives no statement to end it."""
    url = f"sqlite:///{tmp_path}/a.db"
    with (
        acquire(endpoint(url), "r1") as lock,
        working(url, lock.guard.request()),
        pytest.raises(LockedError) as refused,
    ):
        wait_for_work(lock)
    assert refused.value.mend == "wait for it with `--wait 60`"


@pytest.mark.parametrize("run", ["r1", "x" * 80])
def test_a_mark_is_read_back(run: str) -> None:
    """What a lock's session calls itself fits PostgreSQL's 63 bytes and always ends in the process."""
    name = holders.mark(run)
    assert len(name.encode()) <= 63
    assert name.endswith(f" {os.getpid()}")
    assert holders.marked(holders.mark("r1"))[0] == "r1"
    assert holders.marked("psql") == (None, None, None)


def test_a_run_is_interrupted_while_it_waits(tmp_path: Path) -> None:
    """Ctrl-C while waiting for a lock ends the process, and the lock of the other stays."""
    url = f"sqlite:///{tmp_path}/a.db"
    script = """
        import sys
        from orchestrator.databases.locks import acquire
        from tests.databases.builders import endpoint
        acquire(endpoint(sys.argv[1]), "r2", 60, lambda *_: print("waits", flush=True))
    """
    with acquire(endpoint(url), "r1") as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script), url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=5)
        assert process.returncode == -signal.SIGINT
        assert lock.alive()
