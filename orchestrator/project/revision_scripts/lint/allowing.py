"""Comments by which a script allows what a rule finds: `# orchestrate: allow RULE until 2027-01-31: REASON`.

One that stands at the very beginning of its line is for the whole script; any other for the statement that it
stands in or above. Without a reason, or a day on which it ends, it allows nothing.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Container, Iterator
from datetime import date

from orchestrator.project.revision_scripts.lint.change import Allowance

_MARK = re.compile(r"#\s*orchestrate\s*:\s*(?P<told>.*)", re.IGNORECASE)
_ALLOW = re.compile(r"allow\s+(?P<rule>[\w/-]+)\s+until\s+(?P<until>\d{4}-\d\d-\d\d)\s*:\s*(?P<reason>\S.*)")
SQUAWK = "squawk/"
"""What the names of squawk's rules begin with here."""


def allowances(source: bytes, tree: ast.Module, rules: Container[str]) -> tuple[Allowance, ...]:
    """All of a script; one that names none of these `rules`, or none of squawk's, has its fault."""
    if b"orchestrate" not in source.lower():
        return ()
    try:
        found = list(_comments(source))
    except (tokenize.TokenError, SyntaxError):
        return ()
    return tuple(_allowance(told, line, _lines(line, alone, tree), rules) for told, line, alone in found)


def _comments(source: bytes) -> Iterator[tuple[str, int, bool | None]]:
    """What each comment says, its line, and whether it stands alone there; None: at the very beginning."""
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.COMMENT and (found := _MARK.match(token.string)):
            alone = token.line.lstrip().startswith("#")
            yield found["told"].strip(), token.start[0], None if token.start[1] == 0 else alone


def _allowance(told: str, line: int, lines: tuple[int, int] | None, rules: Container[str]) -> Allowance:
    found = _ALLOW.fullmatch(told)
    if found is None:
        return Allowance(line, fault=f"{told!r} says no rule, no day on which it ends, or no reason")
    rule = found["rule"]
    if rule not in rules and not rule.startswith(SQUAWK):
        return Allowance(line, fault=f"there is no rule {rule}")
    try:
        until = date.fromisoformat(found["until"])
    except ValueError:
        return Allowance(line, fault=f"there is no day {found['until']}")
    return Allowance(line, rule, found["reason"], until, lines)


def _lines(line: int, alone: bool | None, tree: ast.Module) -> tuple[int, int] | None:
    """The lines of the statement that a comment is for; None where it is for the whole script."""
    if alone is None:
        return None
    spans = [
        (node.lineno, node.end_lineno or node.lineno) for node in ast.walk(tree) if isinstance(node, ast.stmt)
    ]
    if alone:
        after = [span for span in spans if span[0] > line]
        around = [span for span in spans if span[0] < line <= span[1]]
        inner = max(around, default=(0, 0))
        following = min((span for span in after if span[1] <= inner[1] or not around), default=None)
        return following or inner
    return max((span for span in spans if span[0] <= line <= span[1]), default=(line, line))
