"""The revisions that are known to be dangerous or harmless, one in each file, and what its docstring says of it.

`on:` names the families of databases it is for, `finds:` the rules that find it, `misses:` what no rule looks at,
and `false:` the rules that find something although it is harmless.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestrator.core.lint import LintFinding
from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.lint.lint import NAMES, lint
from orchestrator.project.revision_scripts.lint.reading import read

HERE = Path(__file__).parent
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Example:
    """One file of the corpus."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called, which is its revision."""
        return self.path.stem

    def says(self, key: str) -> str:
        """What its docstring says under this word; nothing where it does not."""
        docstring = ast.get_docstring(ast.parse(self.path.read_text())) or ""
        found = re.search(rf"^{key}: (.+)$", docstring, re.MULTILINE)
        return found[1] if found else ""

    def findings(self, family: str) -> list[LintFinding]:
        """What is found in it, and not allowed, where it is pending with the one before it."""
        before = re.search(r'^down_revision = "(\w+)"$', self.path.read_text(), re.MULTILINE)
        pending = [*([before[1]] if before else []), self.name]
        scripts = [Script(name, (), f"{name}.py") for name in pending]
        revisions = [read(self.path.parent, script, NAMES) for script in scripts]
        found = lint(revisions, family, TODAY)
        return [one for one in found if one.revision == self.name and one.allowed is None]


DANGEROUS = [Example(path) for path in sorted((HERE / "dangerous").glob("*.py"))]
HARMLESS = [Example(path) for path in sorted((HERE / "harmless").glob("*.py"))]
