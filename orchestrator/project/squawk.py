"""What squawk, a linter for PostgreSQL's SQL, says of statements: the program is run where it is installed.

It reads files, and its own settings (`.squawk.toml`) from the project's directory; it connects to nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.lint import Severity

_SECONDS = 60
_FOUND, _NOTHING_FOUND = 1, 0
_TASTE = ("prefer-", "ban-char-field")
_NOT_OURS = frozenset(
    {"syntax-error", "prefer-robust-stmts", "transaction-nesting", "ban-uncommitted-transaction"}
)
_TIMEOUTS = ("require-lock-timeout", "require-statement-timeout", "require-timeout-settings")
"""What a run sees to itself (`timeouts` of environments.yaml, one transaction per revision)."""
COVERED = frozenset(
    {
        *("adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field"),
        *(
            "adding-required-field",
            "adding-serial-primary-key-field",
            "ban-concurrent-index-creation-in-transaction",
        ),
        *("ban-drop-column", "ban-drop-constraint", "ban-drop-database", "ban-drop-schema", "ban-drop-table"),
        *("ban-truncate-cascade", "changing-column-type", "constraint-missing-not-valid"),
        *(
            "disallowed-unique-constraint",
            "renaming-column",
            "renaming-table",
            "require-concurrent-index-creation",
        ),
        *("require-concurrent-index-deletion", "require-concurrent-reindex"),
    }
)
"""Its rules that the rules over scripts have too, which know what is new and what the script allows."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What squawk says: the name of its rule, how severe it is here, its message and its advice."""

    rule: str
    severity: Severity
    message: str
    advice: str


def program() -> str | None:
    """Where squawk is: beside this Python, or on the PATH; None where it is not installed."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.is_file() else shutil.which("squawk")


def complaints(squawk: str, sql: Mapping[str, str], root: Path) -> dict[str, tuple[Complaint, ...]]:
    """What the program says of each of these texts of SQL, by their keys; `root` is where its settings are.

    What it says of timeouts and transactions is left out. OSError, ValueError or TimeoutExpired where it
    cannot be run, or writes something else.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {str(Path(folder, f"{number}.sql")): key for number, key in enumerate(sql)}
        for path, key in files.items():
            Path(path).write_text(sql[key], encoding="utf-8")
        asked = [squawk, "--reporter", "json", *files]
        done = subprocess.run(asked, cwd=root, capture_output=True, timeout=_SECONDS, check=False)
    if done.returncode not in (_FOUND, _NOTHING_FOUND):
        raise ValueError(done.stderr.decode(errors="replace").strip().partition("\n")[0])
    told: dict[str, list[Complaint]] = {key: [] for key in sql}
    for value in json.loads(done.stdout):
        rule = str(value["rule_name"])
        if rule not in _NOT_OURS and rule not in _TIMEOUTS:
            told[files[value["file"]]].append(_complaint(rule, value))
    return {key: tuple(dict.fromkeys(found)) for key, found in told.items()}


def _complaint(rule: str, value: Mapping[str, Any]) -> Complaint:
    severe = Severity.ERROR if value.get("level") == "Error" else Severity.WARNING
    severity = Severity.NOTE if rule.startswith(_TASTE) else severe
    advice = str(value.get("help") or f"see https://squawkhq.com/docs/{rule}")
    return Complaint(rule, severity, str(value["message"]), advice)
