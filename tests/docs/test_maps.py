"""The maps of the code and of the documentation: what they name is there, and no page is left out."""

from __future__ import annotations

import re

import pytest

from tests.docs.document import ROOT, Page


@pytest.mark.parametrize(("page", "folder"), [("ARCHITECTURE.md", "orchestrator"), ("tests/README.md", "tests")])
def test_every_file_that_a_map_names_is_there(page: str, folder: str) -> None:
    """Whoever opens what a map of the code names finds it there."""
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", (ROOT / page).read_text())
    assert len(named) > 10
    assert not [name for name in named if not any((ROOT / above / name).exists() for above in (folder, "."))]


def test_every_page_is_on_the_first_one() -> None:
    """Whoever reads the README finds each page of the documentation."""
    linked = {target for target, _ in Page(ROOT / "README.md").links}
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= linked
