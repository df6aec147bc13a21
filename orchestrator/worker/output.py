"""What the project's code prints, on its way to the parent; it must not fail when the parent is gone.

Without this a revision that prints would be torn apart by BrokenPipeError only because nobody listens any more.
"""

from __future__ import annotations

import io
import sys
from typing import Any


class _Patient(io.FileIO):
    """A file descriptor that drops what nobody reads."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def outlive_the_reader() -> None:
    """Let sys.stdout and sys.stderr lose their reader without an error, and send every write at once."""
    sys.stdout = sys.__stdout__ = _stream(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(2)  # type: ignore[misc]


def _stream(descriptor: int) -> io.TextIOWrapper:
    raw = _Patient(descriptor, "w", closefd=False)
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)
