"""An exception in words: what happened, in which file and line, without the parameters of a statement."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

_LIBRARIES = (os.sep + "site-packages" + os.sep, os.sep + "lib" + os.sep + "python", "<frozen", "<string>")


def describe(error: BaseException) -> dict[str, Any]:
    """The error as fields for the parent: `message`, `where` (file:line in the project), `statement`, `traceback`.

    SQLAlchemy's own text repeats the bound parameters, which may be anybody's data; the driver's is taken.
    """
    cause = getattr(error, "orig", None) or error
    return {
        "message": f"{type(cause).__name__}: {cause}".strip().rstrip(":"),
        "where": _where(error),
        "statement": _statement(error),
        "traceback": "".join(traceback.format_list(traceback.extract_tb(error.__traceback__))),
    }


def _statement(error: BaseException) -> str | None:
    statement = getattr(error, "statement", None)
    return " ".join(statement.split())[:500] if isinstance(statement, str) else None


def _where(error: BaseException) -> str | None:
    """The innermost place in the project's own files, where a person would look first."""
    here = str(Path(__file__).resolve().parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(here) and not any(part in frame.filename for part in _LIBRARIES):
            return f"{os.path.relpath(frame.filename)}:{frame.lineno}"
    return None
