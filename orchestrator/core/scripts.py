"""What a revision script says of itself. A value; reading the file is `project.revision_scripts`' affair."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Script:
    """One revision script as its file says, read without running it.

    `path` is as people know it, relative to the project where it can be. `digest` is SHA-256 over the bytes
    with line endings normalised. `atomic` is False where the script leaves Alembic's transaction, so that a
    half-done run of it cannot be undone by the database.
    """

    revision: str
    down_revisions: tuple[str, ...]
    path: str
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    message: str = ""
    digest: str = ""
    atomic: bool = True


def digest(text: bytes) -> str:
    """SHA-256 over a text with its line endings normalised: no checkout's own change anything."""
    normalised = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return f"sha256:{hashlib.sha256(normalised).hexdigest()}"
