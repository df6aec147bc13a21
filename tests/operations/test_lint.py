"""Which revisions `lint` is about, and what it says of those that it cannot look at."""

from __future__ import annotations

import pytest

from orchestrator.core.lint import LintReport, Severity
from orchestrator.errors import UsageError
from orchestrator.operations.lint import lint
from tests.operations.conftest import Shop, now


@pytest.fixture
def drops(shop: Shop) -> Shop:
    """After a and b, of which each makes a table, c drops that of b."""
    shop.project.revision("c", "b", 'op.drop_table("t_b")', 'op.create_table("t_b", sa.Column("id", sa.Integer))')
    return shop


def asked(shop: Shop, *names: str, databases: tuple[str, ...] = ()) -> LintReport:
    return lint(shop.configuration, names, databases, now)


def test_what_is_pending_anywhere_is_looked_at(drops: Shop) -> None:
    """Where a table is there its drop is found; where it is pending with it, it is harmless; each is told once."""
    drops.environments("dev", "test", "prod")
    assert (asked(drops).revisions, asked(drops).findings) == (("a", "b", "c"), ())
    assert (asked(drops, "c").revisions, asked(drops, "c").findings) == (("c",), ())
    drops.stamp("b", "dev", "test")
    assert [(one.rule, one.revision) for one in asked(drops).findings] == [("drop-table", "c")]
    assert [one.revision for one in asked(drops, "c", "b").findings] == ["c"]
    assert asked(drops, "b").findings == ()


def test_the_least_severity_is_that_of_the_strictest_environment(drops: Shop) -> None:
    """What one of them would keep out is refused; where none says, errors are."""
    drops.environments("dev", "test", "prod")
    assert asked(drops).least is Severity.ERROR
    url = f"sqlite:///{drops.file('dev')}"
    drops.project.environments({"dev": url, "prod": {"url": f"{url}2", "gates": {"lint": "note"}}})
    assert asked(drops).least is Severity.NOTE


def test_what_cannot_be_looked_at_is_told(drops: Shop) -> None:
    """A database that cannot be read leaves open what is pending there; a name that means nothing is refused."""
    drops.environments("dev", "test", "prod")
    drops.file("prod").write_text("no database" * 100)
    assert [one.partition(":")[0] for one in asked(drops).unlinted] == ["prod"]
    for names, databases in ((("nowhere",), ()), ((), ("billing",))):
        with pytest.raises(UsageError):
            asked(drops, *names, databases=databases)
