"""Two targets that are one database: found by what their URLs have in common, before anything is run.

Text cannot prove it (one server has many names); the guard proves it later. Reads the disk for SQLite's files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.targets import Target
from orchestrator.errors import Problem
from orchestrator.project.environments_file import url_rules

_MEND = "give each its own URL, or its own version_table_schema"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a target keeps its revisions, as far as text tells; `where` is where the file says so."""

    target: Target
    url: str
    version_table: str
    version_table_schema: str | None
    where: str


def twins(homes: Iterable[Home], root: Path) -> Iterator[Problem]:
    """A problem for each target that shares database and version table with one before it, naming both."""
    first: dict[tuple[object, ...], Home] = {}
    places: dict[str, tuple[object, ...] | None] = {}
    for home in homes:
        if home.url not in places:
            places[home.url] = url_rules.place_of(home.url, root)
        place = places[home.url]
        if place is None:
            continue
        other = first.setdefault((place, home.version_table, home.version_table_schema), home)
        if other is not home:
            tenants = home.target.tenant is not None and other.target.tenant is not None
            kind = "schema" if tenants and home.version_table_schema else "database"
            what = f"{home.target} and {other.target} are the same {kind} ({other.where})"
            yield Problem(what, home.where, f"give each its own {kind}" if tenants else _MEND)
