"""Puts a YAML parser's complaint into one line with line, column and what to type. Shows nothing of the file."""

from __future__ import annotations

from typing import Any

import yaml

from orchestrator.errors import ConfigurationError


def syntax_error(error: yaml.YAMLError, text: str, name: str) -> ConfigurationError:
    """The error to raise for what PyYAML could not read."""
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    if mark is None:
        return ConfigurationError(f"not YAML: {problem}", where=name, mend=_DEFAULT)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}"
    what = f"not YAML: {problem}{_context(error)}"
    return ConfigurationError(what, where=where, mend=_mend(problem, text.split("\n"), mark))


_DEFAULT = "check the indentation and the quotes there"


def _context(error: yaml.YAMLError) -> str:
    context, mark = getattr(error, "context", None), getattr(error, "context_mark", None)
    return f", {context} that begins in line {mark.line + 1}" if context and mark is not None else ""


def _mend(problem: str, lines: list[str], mark: Any) -> str:
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return "indent with spaces, not with tabs"
    if "${" in line and "',' or '" in problem:
        return 'quote the value: "${NAME}"'
    if "cannot start any token" in problem or "mapping values" in problem:
        return "quote the value, and check the indentation"
    return _DEFAULT
