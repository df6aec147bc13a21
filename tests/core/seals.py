"""A sealed plan in a line, for tests of what is decided of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orchestrator.core.plan import Plan
from orchestrator.core.sealed import Sealed
from tests.core.worlds import NOW

FILES = {"environments.yaml": "sha256:1", "alembic.ini": "sha256:2", "migrations/env.py": "sha256:3"}
TOOLS = {"orchestrate": "1.0", "alembic": "1.14"}


def sealed(plan: Plan, **fields: Any) -> Sealed:
    """The plan as alice sealed it at NOW, to be applied within three days, unless `fields` say otherwise."""
    told: dict[str, Any] = {
        "author": "alice",
        "actor": "alice@laptop",
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=72),
        "files": FILES,
        "scripts": {"migrations/versions/b.py": "digest of b"},
        "tools": TOOLS,
    }
    return Sealed(plan, **{**told, **fields})
