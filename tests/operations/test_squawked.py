"""What squawk is not shown is told with how much that is."""

from __future__ import annotations

from orchestrator.core.preview import Origin, RevisionSql
from orchestrator.operations.squawked import not_shown


def test_a_reason_is_told_once_with_how_many_revisions_it_is_for() -> None:
    """Sixty-seven lines of one reason would hide another; what was shown is counted beside."""
    unknown = [RevisionSql("app", "postgresql", f"r{n:02}", "", why="no Python") for n in range(67)]
    (told,) = not_shown(unknown)
    assert told.startswith("squawk looked at 0 of 67 revisions, and was not shown r00, r01, r02,")
    assert told.endswith(" and 62 more: no Python")
    shown = RevisionSql("app", "postgresql", "s", "", origin=Origin.RENDERED)
    assert list(not_shown([shown])) == []
    other = RevisionSql("app", "postgresql", "t", "", why="it fails")
    assert [one.partition(",")[0] for one in not_shown([shown, *unknown, other])] == [
        "squawk looked at 1 of 69 revisions"
    ] * 2
