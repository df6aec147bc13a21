"""Writing a file that a command was asked for: it is whole, or it is what it was."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from orchestrator.errors import UsageError


def write(path: Path, text: str, option: str) -> None:
    """Write the file that the option names, in the place of one that is there; UsageError where that cannot be."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        mend = "make room there, then again" if full else "name a file in a directory that you may write"
        raise UsageError(f"{path} cannot be written: {error.strerror}", where=option, mend=mend) from error
    finally:
        with suppress(OSError):
            beside.unlink()
