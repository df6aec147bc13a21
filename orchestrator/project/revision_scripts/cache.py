"""What many revision scripts said when they were last read, kept in the user's cache directory.

It saves time and decides nothing: whatever is wrong with it, the scripts are read. An entry holds only for the
very file that was read, by its place, inode, size and times. What was written shortly before it was read is not
kept, since an edit within the same tick of the clock would not show ("racily clean", as Git calls it).
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from orchestrator import __version__
from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.files import ScriptFile

WORTH = 100
"""Fewer scripts are read as fast as a cache of them."""
_READ_AS = f"1 {__version__} {sys.version_info[:2]}"
"""Changes whenever the same file could be read differently."""
_SETTLED = 3_000_000_000
"""Nanoseconds after which no file system still dates a change the same; FAT's clock counts by two seconds."""


def recall(files: Sequence[ScriptFile]) -> dict[str, Script]:
    """The scripts that are known, by their paths; none where there is no cache that can be used."""
    with suppress(OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError):
        place = _place(files)
        if place.parent.stat().st_uid != os.geteuid() or place.stat().st_uid != os.geteuid():
            return {}
        kept = json.loads(place.read_bytes())
        if kept["read_as"] == _READ_AS:
            return dict(_valid(files, kept["scripts"]))
    return {}


def _valid(files: Iterable[ScriptFile], rows: Mapping[str, Any]) -> Iterable[tuple[str, Script]]:
    for file in files:
        row = rows.get(file.path)
        if row is not None and row[0] == _mark(file):
            revision, downs, depends, labels, message, digest, atomic = row[1]
            told = Script(
                revision, tuple(downs), file.shown, tuple(depends), tuple(labels), message, digest, atomic
            )
            yield file.path, told


def keep(files: Sequence[ScriptFile], scripts: Mapping[str, Script], began: int) -> None:
    """Keep what these files say for the next time, where that is possible; `began` is when reading them did.

    In nanoseconds, by the clock that files are dated with.
    """
    settled = began - _SETTLED
    rows = {
        file.path: [_mark(file), _row(scripts[file.path])]
        for file in files
        if file.path in scripts and file.status and max(file.status.st_mtime_ns, file.status.st_ctime_ns) < settled
    }
    with suppress(OSError, RuntimeError):
        place = _place(files)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place.parent.stat().st_uid == os.geteuid():
            _write(place, json.dumps({"read_as": _READ_AS, "scripts": rows}))


def _write(place: Path, text: str) -> None:
    """All of it or nothing, for the user alone."""
    descriptor, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _place(files: Sequence[ScriptFile]) -> Path:
    """The file for scripts of these directories."""
    folders = sorted({file.path.rpartition("/")[0] for file in files})
    named = hashlib.sha256("\0".join(folders).encode(errors="surrogateescape")).hexdigest()[:24]
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    caches = told if told.is_absolute() else Path.home() / ".cache"
    return caches / "orchestrate" / f"scripts-{named}.json"


def _mark(file: ScriptFile) -> list[int]:
    """What differs as soon as the file was changed or replaced; the time of a change of status cannot be set."""
    status = file.status
    if status is None:
        return []
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _row(script: Script) -> list[Any]:
    names = (script.down_revisions, script.depends_on, script.branch_labels)
    return [script.revision, *names, script.message, script.digest, script.atomic]
