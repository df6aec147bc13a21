"""Edited scripts as people read them: short, bounded, and harmless whatever stands in a script."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Group

from orchestrator.core.edited import Edited, Former, Ran
from orchestrator.core.targets import Target
from orchestrator.views.text.edited import since, upstream
from tests.core.worlds import NOW, script
from tests.views.drawing import text

DEV = Target("dev")
LINES = "\n".join(f"+line {number}" for number in range(70))
FOUND = Edited(
    script("a"), Ran(DEV, "a", "old", "r1", NOW), (DEV,), Former("0123456789abcdef", "v/a.py", LINES, layout=True)
)
SAID = "changed since dev ran it (run r1, 2026-07-01 12:00 UTC)"


def test_a_plan_has_the_difference_and_a_status_the_command() -> None:
    """What a screen holds is shown of either, and how much more there is."""
    shown = text(Group(*upstream([FOUND]))).splitlines()
    assert shown[:3] == [f"{SAID}:", "  a  versions/a.py, in comments and blanks alone", "    +line 0"]
    assert shown[-1] == "    … and 10 lines more: --format json has them"
    many = [replace(FOUND, ran=replace(FOUND.ran, run=f"r{number}")) for number in range(1, 8)]
    told = text(Group(*since(many)), width=200).splitlines()
    assert told[0] == f"{SAID}; what is to change belongs in a new revision:"
    assert told[2] == "    → git show 0123456789ab:./v/a.py > versions/a.py"
    assert told[-1] == "… and 2 scripts more that changed after they ran: --format json has them"


def test_what_git_does_not_have_is_said_and_what_a_script_holds_is_harmless() -> None:
    """A reason stands in the place of a difference, and no control character of a script reaches a terminal."""
    unfound = replace(FOUND, former=None, unfound="git is not installed")
    assert "the difference is not known: git is not installed" in text(Group(*upstream([unfound])))
    hostile = replace(FOUND, former=Former("0123", "v/a.py", "+[red]x[/red]\x1b[2J\u202e", layout=False))
    shown = text(Group(*upstream([hostile])))
    assert "[red]x[/red]" in shown
    assert not {"\x1b", "\u202e"} & set(shown)
