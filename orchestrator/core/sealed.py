"""A plan to be kept in a file, reviewed and applied later: with all that it relies on, and sealed. Pure.

What is in it may be read by anybody: no URL and no secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from orchestrator.core import plan as plans
from orchestrator.core.plan import Plan

FORMAT = "orchestrate-plan"
VERSION = 1


@dataclass(frozen=True)
class Sealed:
    """A plan with who made it and when, until when it may be applied, and the bytes that it relies on.

    `author` is a person's name, `actor` user@host. `files` are digests by path, relative to environments.yaml:
    that file, each project's configuration and env.py. `scripts` are the paths of the planned revisions' scripts.
    `tools` are versions.
    """

    plan: Plan
    author: str
    actor: str
    created_at: datetime
    expires_at: datetime
    files: Mapping[str, str]
    scripts: Mapping[str, str]
    tools: Mapping[str, str]

    @cached_property
    def seal(self) -> str:
        """The digest of everything in it: what an approval is bound to."""
        canonical = json.dumps(to_json(self), sort_keys=True, separators=(",", ":"))
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def to_json(sealed: Sealed) -> dict[str, Any]:
    """It as JSON values, without its seal; `from_json` reads it back."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "command": sealed.plan.command,
        "author": sealed.author,
        "actor": sealed.actor,
        "created_at": sealed.created_at.isoformat(),
        "expires_at": sealed.expires_at.isoformat(),
        "fingerprint": sealed.plan.fingerprint,
        "tools": dict(sealed.tools),
        "files": dict(sealed.files),
        "scripts": dict(sealed.scripts),
        "plan": plans.to_json(sealed.plan),
    }
