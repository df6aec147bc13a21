"""Two targets that are one database: found by what their URLs have in common, before anything is run.

Text cannot prove it (one server has many names); the guard proves it later. Reads the disk for SQLite's files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestrator.core.targets import Target
from orchestrator.errors import Problem
from orchestrator.project.environments_file import url_rules
from orchestrator.project.environments_file.definitions import Definition


def twins(definitions: Mapping[Target, Definition], urls: Mapping[Target, str], root: Path) -> Iterator[Problem]:
    """A problem for each target that shares database and version table with one before it, naming both."""
    first: dict[tuple[object, ...], Definition] = {}
    for target, url in urls.items():
        place = url_rules.place_of(url, root)
        if place is None:
            continue
        found = definitions[target]
        key = (place, found.version_table, found.version_table_schema)
        other = first.setdefault(key, found)
        if other is not found:
            what = f"{found.target} and {other.target} are the same database ({other.where})"
            mend = "give each its own URL, or its own version_table_schema"
            yield Problem(what, found.where, mend)
