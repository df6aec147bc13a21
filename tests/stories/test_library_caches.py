"""A library that keeps a SQLite file of its own, opened past SQLAlchemy."""

from __future__ import annotations

from tests.stories.pipeline import Pipeline, told

CACHE = """
import sqlite3
from pathlib import Path

def fill():
    with sqlite3.connect(Path(__file__).with_name("cache.db")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS cached (key TEXT)")
"""
IMPORT = """
import sys
sys.path.append({place!r})
import some_cache
"""


def _with_cache(pipeline: Pipeline, call: str) -> None:
    place = pipeline.project.root / "site-packages"
    place.mkdir()
    (place / "some_cache.py").write_text(CACHE)
    env = pipeline.project.env_py
    env.write_text(env.read_text().replace("target_metadata = None", "target_metadata = None\n" + call))


def test_a_cache_that_a_library_opens_is_its_own(sqlite: Pipeline) -> None:
    """While env.py loads, an installed library may open its own file, and the run goes on."""
    sqlite.project.tables("a1")
    place = str(sqlite.project.root / "site-packages")
    _with_cache(sqlite, IMPORT.format(place=place) + "some_cache.fill()\n")
    told(sqlite("rollout", "--yes"), 0)
    assert (sqlite.project.root / "site-packages" / "cache.db").exists()


def test_a_revision_that_writes_there_is_stopped(sqlite: Pipeline) -> None:
    """A revision may not, through whatever library: the file is not even made."""
    sqlite.project.revision("a1", None, "import some_cache\nsome_cache.fill()")
    _with_cache(sqlite, IMPORT.format(place=str(sqlite.project.root / "site-packages")))
    told(sqlite("rollout", "--yes"), 11, "cache.db", "not the target's database")
    assert not (sqlite.project.root / "site-packages" / "cache.db").exists()
