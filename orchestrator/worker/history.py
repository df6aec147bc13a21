"""Keeps the revision map between two targets of the same scripts: reading 2,000 of them takes most of a second.

Alembic's map is kept as it is, with the modules of all scripts. Those of the scripts that are to run are loaded
anew for each target, so that nothing of one that ran meets the next target; all are read again as soon as a file,
or a directory they lie in, has changed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from alembic.script import ScriptDirectory
from alembic.util import load_python_file

_Look = Optional[tuple[int, int]]
"""A file's time of change, in ns, and its size; None where it is not there."""

_kept: dict[Any, tuple[dict[Path, _Look], Any]] = {}
"""By what names the scripts, of the last target alone: how their files looked, and Alembic's map of them."""


def recall(script: ScriptDirectory, request: dict[str, Any]) -> bool:
    """Give this script directory the map of the one before it; False where its files are not as they were.

    The code of the scripts that are to run is run by that, so connections are judged by then.
    """
    found = _kept.get(_key(script, request))
    if found is None or any(_look(path) != look for path, look in found[0].items()):
        _kept.clear()
        return False
    script.revision_map = found[1]
    for step in request["steps"]:
        revision: Any = script.get_revision(step["revision"])
        path = Path(revision.path)
        revision.module = load_python_file(str(path.parent), path.name)
    return True


def keep(script: ScriptDirectory, request: dict[str, Any], since: int) -> None:
    """Keep its map for the next target, unless a file changed after `since` (ns), when reading them began."""
    paths = [Path(revision.path) for revision in script.walk_revisions()]
    config = Path(request["config"])
    named = {config, config.with_name("alembic.ini"), config.with_name("pyproject.toml")}
    looks = {path: _look(path) for path in {*paths, *(path.parent for path in paths), *named}}
    _kept.clear()
    if all(look is None or look[0] < since for look in looks.values()):
        _kept[_key(script, request)] = looks, script.revision_map


def _look(path: Path) -> _Look:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _key(script: ScriptDirectory, request: dict[str, Any]) -> tuple[Any, ...]:
    named = (request["config"], request["section"], request["script_location"], str(request["version_locations"]))
    return (*named, str(script.dir))
