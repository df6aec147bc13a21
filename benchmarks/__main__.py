"""`python -m benchmarks`: all comparisons, or those named; docs/performance.md tells what they mean.

It starts a PostgreSQL of its own, works in a temporary directory, and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path

from benchmarks import journal, scripts
from benchmarks.pairs import Command, compare, script
from tests.projects_builder import AlembicProject, make_template
from tests.servers.postgresql import PostgreSQL

_NAMES = ("dev", "staging", "prod")


def status(options: argparse.Namespace) -> None:
    """`orchestrate status` of all databases against `alembic current` of one of them."""
    with _places(options.databases) as (folder, urls):
        for kind, found in urls.items():
            project = _project(folder / kind, options.revisions, found)
            for url in found:
                project.alembic("upgrade", "head", url=url)
            print(f"status of {len(found)} {kind} databases at head, {options.revisions} revisions")
            compare(
                Command("orchestrate status", [script("orchestrate"), "status"], project.root),
                Command("alembic current", [script("alembic"), "current"], project.root),
                options.pairs,
            )


def promote(options: argparse.Namespace) -> None:
    """`orchestrate promote` of one revision against `alembic upgrade head` of the same one."""
    with _places(3) as (folder, urls):
        for kind, found in urls.items():
            project = _project(folder / kind, options.revisions, found)
            for url in found:
                project.alembic("upgrade", "head", url=url)
            print(f"promotion of the last of {options.revisions} revisions, {kind}")
            promoted = [script("orchestrate"), "promote", "dev", "staging", "--yes"]
            upgraded = [script("alembic"), "upgrade", "head"]
            compare(
                Command("orchestrate promote", promoted, project.root, _one_less(project, found[1])),
                Command("alembic upgrade", upgraded, project.root, _one_less(project, found[2])),
                options.pairs,
            )


def _one_less(project: AlembicProject, url: str) -> Callable[[], None]:
    """Takes the last revision away, and leaves alembic.ini with this URL."""

    def before() -> None:
        project.alembic("downgrade", "-1", url=url)
        _point(project, url)

    return before


def _project(root: Path, revisions: int, urls: list[str]) -> AlembicProject:
    project = AlembicProject(root, make_template(root.with_name(f"{root.name} template")))
    project.tables(*(f"{number:012x}" for number in range(1, revisions + 1)))
    names = [*_NAMES, *(f"more-{number}" for number in range(len(urls)))]
    project.environments(dict(zip(names, urls, strict=False)))
    _point(project, urls[0])
    return project


def _point(project: AlembicProject, url: str) -> None:
    """Write the URL that Alembic's own command uses."""
    lines = project.ini.read_text().splitlines()
    line = f"sqlalchemy.url = {url.replace('%', '%%')}"
    told = [line if old.startswith("sqlalchemy.url") else old for old in lines]
    project.ini.write_text("\n".join(told) + "\n")


@contextmanager
def _places(databases: int) -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """A directory, and URLs of that many new databases of each kind."""
    server = PostgreSQL()
    numbers = count(1)
    try:
        server.start()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            yield (
                folder,
                {
                    "PostgreSQL": [server.new_database()[1] for _ in range(databases)],
                    "SQLite": [f"sqlite:///{folder}/{next(numbers)}.db" for _ in range(databases)],
                },
            )
    finally:
        server.remove()


def recording(options: argparse.Namespace) -> None:
    """Threads that record in one journal together, against each event in a transaction of its own."""
    with _places(1) as (_, urls):
        journal.compare_recording(options, urls)


_ALL = {"status": status, "promote": promote, "scripts": scripts.compare_readers, "journal": recording}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*_ALL, []], help="which (default: all)")
    parser.add_argument("--pairs", type=int, default=15, help="how often each pair is run (15)")
    parser.add_argument("--databases", type=int, default=3, help="of `status` (3)")
    parser.add_argument("--revisions", type=int, default=20, help="of `status` and `promote` (20)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200, 2000], help="of `scripts`, in files")
    options = parser.parse_args()
    packages = ("alembic", "sqlalchemy", "psycopg", "pydantic", "typer", "rich")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()},", end=" ")
    print(", ".join(f"{name} {version(name)}" for name in packages), end="\n\n")
    for name in options.names or _ALL:
        _ALL[name](options)


if __name__ == "__main__":
    main()
