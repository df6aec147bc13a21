"""A comment of a script allows what a rule finds in it: with a reason, and until a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from orchestrator.core.lint import LintFinding
from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.lint.lint import NAMES, lint
from orchestrator.project.revision_scripts.lint.reading import read

LEAVE = "# orchestrate: allow drop-column until 2026-11-23: nothing reads it"
DOWN = "def downgrade():\n    op.add_column('t', c)\n"
Find = Callable[..., tuple[LintFinding, ...]]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """The findings in a script whose upgrade has these lines."""

    def finding(*lines: str, head: str = "", today: date = date(2026, 11, 23)) -> tuple[LintFinding, ...]:
        body = "".join(f"    {line}\n" for line in lines)
        (tmp_path / "a.py").write_text(f"from alembic import op\n{head}\ndef upgrade():\n{body}{DOWN}")
        return lint([read(tmp_path, Script("a", (), "a.py"), NAMES)], "sqlite", today)

    return finding


DROP = "op.drop_column('t', 'c')"
PLACES = [
    ((LEAVE, DROP), "", [True]),
    ((f"{DROP}  {LEAVE}",), "", [True]),
    ((DROP,), LEAVE, [True]),
    ((DROP, DROP), LEAVE, [True, True]),
    ((LEAVE, DROP, DROP), "", [True, False]),
    ((DROP, LEAVE, DROP), "", [False, True]),
    (
        (LEAVE, "with op.batch_alter_table('t') as b:", "    b.drop_column('c')", "    b.drop_column('d')"),
        "",
        [True] * 2,
    ),
    (
        (
            "with op.batch_alter_table('t') as b:",
            f"    {LEAVE}",
            "    b.drop_column('c')",
            "    b.drop_column('d')",
        ),
        "",
        [True, False],
    ),
    (("op.drop_column(", f"    't',  {LEAVE}", "    'c',", ")"), "", [True]),
    ((f"'{LEAVE}'", DROP), "", [False]),
]


@pytest.mark.parametrize(("lines", "head", "allowed"), PLACES)
def test_a_comment_is_for_what_it_stands_at(
    lines: tuple[str, ...], head: str, allowed: list[bool], find: Find
) -> None:
    """For the statement that it stands in or above, or, at the very beginning of a line, for the whole script."""
    found = [one for one in find(*lines, head=head) if one.rule == "drop-column"]
    assert [one.allowed == "nothing reads it" for one in found] == allowed


@pytest.mark.parametrize(
    ("comment", "fault"),
    [
        ("# orchestrate: allow drop-column", "says no rule, no day on which it ends, or no reason"),
        ("# orchestrate: allow drop-column until 2026-12-01:", "no reason"),
        ("# orchestrate: allow drop-column: it is old", "no day"),
        ("# orchestrate: allow everything until 2026-12-01: it is old", "there is no rule everything"),
        ("# orchestrate: allow drop-column until 2026-13-01: it is old", "there is no day 2026-13-01"),
        (LEAVE, "it ended on 2026-11-23"),
    ],
)
def test_what_allows_nothing_is_told(comment: str, fault: str, find: Find) -> None:
    """The comment is a finding of its own, and what it was meant to allow is found all the same."""
    dropped, comment_found = sorted(
        find(comment, DROP, today=date(2026, 11, 24)), key=lambda one: one.rule, reverse=True
    )
    assert (dropped.rule, dropped.allowed) == ("drop-column", None)
    assert comment_found.rule == "allowance"
    assert fault in comment_found.what


def test_another_rule_is_not_allowed(find: Find) -> None:
    """A comment is for the rule that it names, and may name one of squawk's."""
    squawk = LEAVE.replace("drop-column", "squawk/prefer-text-field")
    assert [(one.rule, one.allowed) for one in find(squawk, DROP)] == [("drop-column", None)]
