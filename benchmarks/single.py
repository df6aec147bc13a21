"""A few databases: `status` beside `alembic current`, `promote` of one revision beside `alembic upgrade head`."""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks.contest import Command, Comparison, held, script
from benchmarks.fleets import SERVER, Durable
from tests.projects_builder import AlembicProject, make_template

STATUS, CURRENT = "orchestrate status", "alembic current of one"
PROMOTE, UPGRADE = "orchestrate promote", "alembic upgrade head"
_NAMES = ("dev", "staging", "prod")


def status(options: argparse.Namespace) -> Iterator[Comparison]:
    """`orchestrate status` of all databases against `alembic current` of one of them."""
    with _places(options.databases) as (folder, places, server):
        for kind, urls in places.items():
            project = _project(folder / kind, options.revisions, urls)
            for url in urls:
                project.alembic("upgrade", "head", url=url)
            commands = [
                Command(STATUS, [script("orchestrate"), "status"], project.root),
                Command(CURRENT, [script("alembic"), "current"], project.root),
            ]
            costs = held(commands, options.pairs or 15, warm_up=2, server=server)
            title = f"Status of {len(urls)} {kind} databases at head, {options.revisions:,} revisions"
            yield Comparison(f"status {kind}", title, costs, [f"{SERVER}."] if kind == "PostgreSQL" else [])


def promote(options: argparse.Namespace) -> Iterator[Comparison]:
    """`orchestrate promote` of one revision against `alembic upgrade head` of the same one."""
    with _places(3) as (folder, places, server):
        for kind, urls in places.items():
            project = _project(folder / kind, options.revisions, urls)
            for url in urls:
                project.alembic("upgrade", "head", url=url)
            promoted = [script("orchestrate"), "promote", "dev", "staging", "--yes"]
            commands = [
                Command(PROMOTE, promoted, project.root, _one_less(project, urls[1])),
                Command(
                    UPGRADE, [script("alembic"), "upgrade", "head"], project.root, _one_less(project, urls[2])
                ),
            ]
            costs = held(commands, options.pairs or 9, server=server)
            title = f"Promotion of the last of {options.revisions:,} revisions, {kind}"
            yield Comparison(f"promote {kind}", title, costs)


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
    line = f"sqlalchemy.url = {url.replace('%', '%%')}"
    written = re.sub(r"^sqlalchemy\.url = .*$", lambda _: line, project.ini.read_text(), flags=re.M)
    project.ini.write_text(written)


@contextmanager
def _places(databases: int) -> Iterator[tuple[Path, dict[str, list[str]], int]]:
    """A directory, URLs of that many new databases of each kind, the server's process id."""
    server, numbers = Durable(), count(1)
    try:
        server.durable = True
        server.start()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            places = {
                "PostgreSQL": [server.new_database()[1] for _ in range(databases)],
                "SQLite": [f"sqlite:///{folder}/{next(numbers)}.db" for _ in range(databases)],
            }
            yield folder, places, server.pid
    finally:
        server.remove()
