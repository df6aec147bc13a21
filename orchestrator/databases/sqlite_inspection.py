"""What the file system lets this process do with a SQLite file, which need not be there and is not made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from orchestrator.core.inspection import Inspection, Lack
from orchestrator.core.urls import Address
from orchestrator.databases.endpoint import Endpoint
from orchestrator.databases.family import driver
from orchestrator.databases.sqlite import file_of


def inspect(endpoint: Endpoint, address: Address, _schema: str | None) -> Inspection:
    """Whether the file, and the directory where SQLite keeps its journal and we keep our locks, can be written."""
    server = f"SQLite {driver('sqlite3', 'sqlite').sqlite_version}"
    file = file_of(address)
    if file is None:
        what = "reaches a database in memory, which ends with its connection and cannot be migrated"
        return Inspection(server, lacks=(Lack(what, f"give {endpoint.target.environment} the url of a file"),))
    return Inspection(server, lacks=(*_lacks(file.path), *_asked_for(address)))


def _asked_for(address: Address) -> Iterator[Lack]:
    query = dict(address.query)
    if query.get("mode") == "ro" or query.get("immutable") == "1":
        yield Lack(
            "may not write: the url opens the file read-only", "take mode=ro and immutable=1 out of the url"
        )


def _lacks(path: Path) -> list[Lack]:
    places = [path] if path.exists() else []
    folder = next(parent for parent in path.parents if parent.is_dir())
    return [
        Lack(f"may not write {place}", f"let this user write {place}")
        for place in (*places, folder)
        if not os.access(place, os.W_OK)
    ]
