"""What this worker runs on; it is recorded, since versions can change what a revision does."""

from __future__ import annotations

import os
import platform

import alembic
import sqlalchemy


def versions() -> dict[str, str]:
    """The versions of Python, Alembic and SQLAlchemy, and this process's id."""
    return {
        "python": platform.python_version(),
        "alembic": alembic.__version__,
        "sqlalchemy": sqlalchemy.__version__,
        "process": str(os.getpid()),
    }
