"""What a role may do and what stands in the way, on every family."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from orchestrator.core.inspection import Inspection
from orchestrator.core.observations import Reading
from orchestrator.databases.inspection import inspect
from orchestrator.databases.mysql_inspection import held, understood
from orchestrator.databases.probe import probe_all
from orchestrator.errors import UnavailableError
from tests.databases.builders import MOMENT, beside, database, endpoint, look, run, versioned
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL

PASSWORD = "s3cret%/@:pass"
ALL = "CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE"


def inspected(url: str, **fields: object) -> Inspection:
    """The database as a doctor looks at it: where the probe saw the version table, or its place."""
    return inspect(endpoint(url, **fields), look(url, **fields).schema)


def as_role(url: str, role: str) -> str:
    """The URL with another user."""
    return make_url(url).set(username=role, password=PASSWORD).render_as_string(hide_password=False)


def test_the_owner_of_everything_lacks_nothing(database_url: str) -> None:
    """A role that may do all is told so, with the server's product and version, and nothing is changed."""
    versioned(database_url, "a1")
    seen = inspected(database_url)
    assert (seen.lacks, seen.owners, seen.standby, seen.read_only, seen.pooler) == ((), (), False, False, False)
    assert seen.server == look(database_url).server
    assert seen.version
    assert seen.encrypted is None
    assert abs(seen.clock) < 5


def test_a_database_without_a_version_table_is_inspected_too(database_url: str) -> None:
    """Before the first revision there is a place for the version table, in which the role may make it."""
    assert inspected(database_url).lacks == ()


def test_a_missing_file_stays_missing(new_database: Callable[[str], str]) -> None:
    """To inspect a SQLite database that is not there creates no file."""
    url = new_database("sqlite")
    assert inspected(url).lacks == ()
    assert beside(url) == set()


def test_a_database_in_memory_cannot_be_migrated() -> None:
    """A SQLite database in memory is told to be none."""
    assert "in memory" in inspected("sqlite://").lacks[0].what


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root may write everything")
def test_a_file_and_a_directory_that_may_not_be_written_are_named(tmp_path: Path) -> None:
    """SQLite needs both: the file, and the directory for its journal."""
    file = tmp_path / "app.db"
    file.touch()
    file.chmod(0o444)
    tmp_path.chmod(0o555)
    asking = (
        "import sys; from tests.databases.test_inspection import inspected;"
        " print(*(lack.what for lack in inspected(sys.argv[1]).lacks), sep='\\n')"
    )
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] if os.geteuid() == 0 else []
    command = [*drop, sys.executable, "-c", asking, f"sqlite:///{file}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [f"may not write {place}" for place in (file, tmp_path)]


def test_a_server_that_is_gone_is_unavailable(postgresql_server: PostgreSQL) -> None:
    """A server that does not answer is an UnavailableError without the password."""
    gone = make_url(postgresql_server.url("app")).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(UnavailableError) as raised:
        inspect(endpoint(gone), "public")
    assert postgresql_server.password not in str(raised.value)


def test_rights_that_a_role_lacks_on_postgresql(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str]
) -> None:
    """What the role may not do is named with the GRANT that lets it, and the GRANTs are all that is missing."""
    url = new_database("postgresql")
    versioned(url, "a1")
    postgresql_server.create_role("reader", PASSWORD)
    run(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", 'GRANT SELECT ON alembic_version TO "reader"')
    seen = inspected(as_role(url, "reader"))
    assert [lack.what for lack in seen.lacks] == [
        "may not create tables in schema public",
        "may not INSERT, UPDATE, DELETE on public.alembic_version",
    ]
    assert seen.owners == ("postgres",)
    run(url, *(lack.mend for lack in seen.lacks), 'ALTER TABLE alembic_version OWNER TO "reader"')
    mended = inspected(as_role(url, "reader"))
    assert (mended.lacks, mended.owners) == ((), ())


def test_a_look_tells_of_rights_what_a_closer_one_tells(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str]
) -> None:
    """What a look says of rights is what the closer one says: of all, enough, too few, and another role's."""
    url = new_database("postgresql")
    versioned(url, "a1")
    postgresql_server.create_role("borrower", PASSWORD)
    postgresql_server.create_role("lender", PASSWORD)
    one = endpoint(as_role(url, "borrower"))
    run(url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    told: list[bool] = []
    for change in (
        *(f"GRANT CREATE ON SCHEMA public TO {role}" for role in ("borrower", "lender")),
        *(f"GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_version TO {role}" for role in ("borrower", "lender")),
        "REVOKE DELETE ON alembic_version FROM borrower",
        "REVOKE UPDATE ON alembic_version FROM borrower",
        "GRANT lender TO borrower",
        "REVOKE lender FROM borrower",
    ):
        run(url, change)
        seen = probe_all([one], lambda: MOMENT, {one.target})[one.target]
        inspection = inspect(one, seen.schema)
        assert seen.barriers == inspection.barriers("prod", versioned=seen.reading is Reading.VERSIONED)
        told.append(bool(seen.barriers))
    assert told == [True, True, False, False, False, True, False, True]


def test_a_schema_that_is_missing_and_may_not_be_made(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str]
) -> None:
    """Where the version table's schema is not there, the right to make one is what counts."""
    url = new_database("postgresql")
    postgresql_server.create_role("reader", PASSWORD)
    seen = inspect(endpoint(as_role(url, "reader"), version_table_schema="shop"), None)
    assert [lack.what for lack in seen.lacks] == ["has no schema shop, and may not create one"]
    run(url, seen.lacks[0].mend)
    assert inspected(as_role(url, "reader"), version_table_schema="shop").lacks == ()


def test_a_role_that_only_reads_and_is_cut_short(
    postgresql_server: PostgreSQL, new_database: Callable[[str], str]
) -> None:
    """A role whose sessions are read-only, or end statements after a while, is told apart from others."""
    url = new_database("postgresql")
    postgresql_server.create_role("limited", PASSWORD)
    run(url, 'ALTER ROLE "limited" SET default_transaction_read_only = on')
    run(url, "ALTER ROLE \"limited\" SET statement_timeout = '30s'")
    seen = inspected(as_role(url, "limited"))
    assert (seen.read_only, seen.standby) == (True, False)
    assert seen.limits == (("statement_timeout", "30s"),)


def test_rights_that_a_user_lacks_on_mysql(mysql_server: MariaDB, new_database: Callable[[str], str]) -> None:
    """What the user may not do is named with the GRANT that lets it, which is all that is missing."""
    url = new_database("mysql")
    versioned(url, "a1")
    mysql_server.create_role("reader", PASSWORD)
    run(url, f"GRANT SELECT ON `{database(url)}`.* TO 'reader'@'%'")
    seen = inspected(as_role(url, "reader"))
    assert [lack.what for lack in seen.lacks] == [
        f"may not CREATE, ALTER, DROP, INDEX, INSERT, UPDATE, DELETE in database {database(url)}"
    ]
    run(url, seen.lacks[0].mend)
    assert inspected(as_role(url, "reader")).lacks == ()


@pytest.mark.parametrize("setting", ["sql_mode = 'ANSI_QUOTES'", "sql_quote_show_create = 0"])
def test_however_a_server_quotes_its_grants(
    setting: str, mysql_server: MariaDB, new_database: Callable[[str], str]
) -> None:
    """A server whose settings have SHOW GRANTS quote names otherwise, or not at all, is understood."""
    url = new_database("mysql")
    mysql_server.create_role("owner", PASSWORD)
    run(url, f"GRANT ALL ON `{database(url)}`.* TO 'owner'@'%'", f"SET GLOBAL {setting}")
    try:
        seen = inspected(as_role(url, "owner"))
    finally:
        run(url, f"SET GLOBAL {setting.partition(' ')[0]} = DEFAULT")
    assert (seen.lacks, seen.rights_told) == ((), True)


def test_grants_in_another_form_say_nothing() -> None:
    """Lines that are not understood are not taken for rights that lack; every user has at least USAGE."""
    assert not understood(['GRANT ALL PRIVILEGES ON "shop".* TO "a"@"%"'])
    assert understood(["GRANT USAGE ON *.* TO `a`@`%`"])


def test_rights_through_a_role_count(mysql_server: MariaDB, new_database: Callable[[str], str]) -> None:
    """A user that has its rights from its default role lacks nothing."""
    url = new_database("mysql")
    mysql_server.create_role("member", PASSWORD)
    run(url, "CREATE OR REPLACE ROLE migrators", f"GRANT ALL ON `{database(url)}`.* TO migrators")
    run(url, "GRANT migrators TO 'member'@'%'", "SET DEFAULT ROLE migrators FOR 'member'@'%'")
    assert inspected(as_role(url, "member")).lacks == ()


def test_rights_through_a_role_that_may_be_set_count(
    postgresql_server: PostgreSQL, mysql_server: MariaDB, new_database: Callable[[str], str]
) -> None:
    """What a role may do that env.py can SET is not missing, also where it is not the role's by itself."""
    url = new_database("postgresql")
    versioned(url, "a1")
    postgresql_server.create_role("deployer", PASSWORD)
    run(url, "DROP ROLE IF EXISTS migrators", "CREATE ROLE migrators", "ALTER ROLE deployer NOINHERIT")
    run(url, "GRANT migrators TO deployer", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    run(url, "GRANT CREATE ON SCHEMA public TO migrators", "ALTER TABLE alembic_version OWNER TO migrators")
    assert inspected(as_role(url, "deployer")).lacks == ()
    url = new_database("mysql")
    mysql_server.create_role("deployer", PASSWORD)
    run(url, "CREATE OR REPLACE ROLE migrators", f"GRANT ALL ON `{database(url)}`.* TO migrators")
    run(url, "GRANT migrators TO 'deployer'@'%'", f"GRANT SELECT ON `{database(url)}`.* TO 'deployer'@'%'")
    assert inspected(as_role(url, "deployer")).lacks == ()


def test_a_read_only_server_is_one(mysql_server: MariaDB, new_database: Callable[[str], str]) -> None:
    """A MariaDB that is set read-only, as replicas are, is told to be one."""
    url = new_database("mysql")
    run(url, "SET GLOBAL read_only = 1")
    try:
        assert inspected(url).standby
    finally:
        run(url, "SET GLOBAL read_only = 0")
    assert not inspected(url).standby


@pytest.mark.parametrize(
    ("grants", "rights"),
    [
        (["GRANT USAGE ON *.* TO `a`@`%`"], ""),
        (["GRANT ALL PRIVILEGES ON *.* TO `a`@`%` WITH GRANT OPTION"], ALL),
        (["GRANT ALL PRIVILEGES ON `shop\\_eu`.* TO `a`@`%`"], ALL),
        (["GRANT ALL PRIVILEGES ON `shop_eu`.* TO `a`@`%`"], ALL),
        (["GRANT ALL PRIVILEGES ON `shop%`.* TO `a`@`%`"], ALL),
        (["GRANT ALL PRIVILEGES ON `shop\\%`.* TO `a`@`%`"], ""),
        (["GRANT ALL PRIVILEGES ON `shopxeu`.* TO `a`@`%`"], ""),
        (["GRANT SELECT, INSERT ON `shop_eu`.`versions` TO `a`@`%`"], "SELECT, INSERT"),
        (
            ["GRANT SELECT (`version_num`), UPDATE (`version_num`) ON `shop_eu`.`versions` TO `a`@`%`"],
            "SELECT, UPDATE",
        ),
        (["GRANT ALL PRIVILEGES ON `shop_eu`.`versions` TO `a`@`%`"], "SELECT, INSERT, UPDATE, DELETE"),
        (["GRANT SELECT ON `shop_eu`.`orders` TO `a`@`%`"], ""),
        (
            ["GRANT SELECT, LOCK TABLES ON `shop_eu`.* TO `a`@`%`", "GRANT CREATE ON *.* TO `a`@`%`"],
            "SELECT, CREATE",
        ),
        (["GRANT SELECT, DROP ON *.* TO `a`@`%`", "REVOKE DROP ON `shop\\_eu`.* FROM `a`@`%`"], "SELECT"),
        (["GRANT `migrators`@`%` TO `a`@`%`", "GRANT PROXY ON ``@`%` TO `root`@`localhost`"], ""),
        (["GRANT EXECUTE ON PROCEDURE `shop_eu`.`versions` TO `a`@`%`"], ""),
    ],
)
def test_grants_are_read_as_the_server_means_them(grants: list[str], rights: str) -> None:
    """Patterns, single tables and columns, and partial revokes give the rights that the server would give."""
    assert held(grants, "shop_eu", "versions") == set(filter(None, rights.split(", ")))
