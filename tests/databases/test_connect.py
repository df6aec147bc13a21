"""Drivers: which are imported, and what is said when one is missing."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

BLOCKED = """
    import sys
    sys.modules["psycopg"] = sys.modules["pymysql"] = None
    from orchestrator.databases import catalog, locks, probe
    from orchestrator.errors import OrchestrateError
    from tests.databases.builders import MOMENT, endpoint
    url = sys.argv[1]
    seen = probe.probe(endpoint(url), lambda: MOMENT)
    print(seen.reading, seen.mend, sep="|")
    for ask in (catalog.catalog, locks.run_lock_holder, lambda e: locks.acquire(e, "r1")):
        try:
            ask(endpoint(url))
        except OrchestrateError as error:
            print(type(error).__name__, error.mend, sep="|")
"""
IMPORTED = """
    import sys
    from orchestrator.databases import catalog, endpoint, locks, probe
    print(sorted({name.partition(".")[0] for name in sys.modules}
          & {"sqlalchemy", "alembic", "psycopg", "pymysql", "sqlite3", "pydantic", "typer"}))
"""


def script(text: str, *arguments: str) -> list[str]:
    """What a fresh interpreter prints, by line."""
    command = [sys.executable, "-c", textwrap.dedent(text), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("family", ["postgresql", "mysql"])
def test_a_missing_driver_names_its_extra(family: str) -> None:
    """Without its driver a family is unreachable, or a configuration error, with the command that installs it."""
    install = f"install orchestrate with its extra {family} as you installed this one; from a clone: "
    install += f"pip install '.[{family}]'"
    found = script(BLOCKED, f"{family}://u:p@localhost/app")
    assert found == [f"unreachable|{install}", *[f"ConfigurationError|{install}"] * 3]


def test_nothing_heavy_is_imported() -> None:
    """Importing all that talks to databases imports no driver, and neither SQLAlchemy nor Alembic."""
    assert script(IMPORTED) == ["[]"]
