"""An error of ours: its traceback goes to a private file, not to the screen."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Callable

from orchestrator.core.failure import Failure
from orchestrator.errors import Exit


def bug(error: Exception, redact: Callable[[str], str]) -> Failure:
    """What is told of it; the file has the traceback, with secrets masked."""
    text = redact("".join(traceback.format_exception(error)))
    descriptor, path = tempfile.mkstemp(prefix="orchestrate-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    what = f"this is a bug in orchestrate ({type(error).__name__}: {error})"
    mend = f"please report it with {path}; orchestrate status tells where every database stands"
    return Failure("bug", what, mend, Exit.BUG)
