"""Revisions known to be dangerous are caught, harmless ones are not, and the page says which are not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.lint.lint import NAMES, RULES, lint
from orchestrator.project.revision_scripts.lint.reading import read
from tests.docs.document import ROOT
from tests.lint.corpus import DANGEROUS, HARMLESS, TODAY, Example

PAGE = (ROOT / "docs" / "lint.md").read_text()


@pytest.mark.parametrize("example", DANGEROUS, ids=lambda example: example.name)
def test_what_is_dangerous_is_caught(example: Example) -> None:
    """By exactly the rules that the example names, on each family of databases that it is for."""
    for family in example.says("on").split():
        found = {finding.rule for finding in example.findings(family)}
        assert found == set(example.says("finds").split()), family


@pytest.mark.parametrize("example", HARMLESS, ids=lambda example: example.name)
def test_what_is_harmless_is_left_alone(example: Example) -> None:
    """Nothing is found in it, but for those that say by which rule they are taken for dangerous."""
    for family in example.says("on").split():
        found = {finding.rule for finding in example.findings(family)}
        assert found == set(example.says("false").split()), family


def test_the_page_says_how_much_is_caught() -> None:
    """How many examples there are, which are missed and which are false stands in the page as it is here."""
    missed = [one for one in DANGEROUS if one.says("misses")]
    false = [one for one in HARMLESS if one.says("false")]
    assert min(len(DANGEROUS), len(HARMLESS)) >= 30
    assert all(bool(one.says("finds")) is not bool(one.says("misses")) for one in DANGEROUS)
    assert f"Of {len(DANGEROUS)} dangerous revisions {len(DANGEROUS) - len(missed)} are caught" in PAGE
    assert f"of {len(HARMLESS)} harmless ones {len(false)} are taken for dangerous" in PAGE
    assert not [one.name for one in [*missed, *false] if f"`{one.name}`" not in PAGE]


def test_every_rule_is_documented_and_has_an_example() -> None:
    """Each rule has its row with its severity in the page, and each that a script can break alone is broken."""
    broken = {rule for example in DANGEROUS for rule in example.says("finds").split()}
    assert not [rule.name for rule in RULES if f"| `{rule.name}` | {rule.severity} |" not in PAGE]
    assert {rule.name for rule in RULES} - broken == {"allowance"}
    names = {"table": "TABLE", "name": "NAME", "other": "OTHER", "columns": "COLUMNS"}
    for text in (text for rule in RULES for text in (rule.why[1:], rule.rewrite, rule.elsewhere)):
        assert text.format(**names) in PAGE


def test_a_finding_speaks_in_the_names_of_its_script() -> None:
    """What, why and the safe way name the table, the column and the place; nothing is left to be filled in."""
    for example in DANGEROUS:
        for family in example.says("on").split():
            for finding in example.findings(family):
                told = finding.what + finding.why + finding.rewrite
                assert finding.where.startswith(f"{example.name}.py:"), finding
                assert all((finding.what, finding.why, finding.rewrite)), finding
                assert "{table}" not in told
                assert "{name}" not in told
    (finding,) = Example(DANGEROUS[0].path.with_name("drop_column_in_a_batch.py")).findings("sqlite")
    assert (finding.what, finding.where) == (
        "drops the column orders.note",
        "drop_column_in_a_batch.py:16",
    )


def test_what_a_script_computes_is_written_as_code(tmp_path: Path) -> None:
    """The safe way has no quotes around a variable, and an f-string where a part is computed; words say so."""
    (tmp_path / "a.py").write_text(
        """from alembic import op
def upgrade():
    for table in ["params", "tags"]:
        op.create_index(f"ix_{table}_run", table, ["run"])
        with op.batch_alter_table(table, schema=None) as batch:
            batch.create_foreign_key("fk", "runs", ["run"], ["id"])
"""
    )
    found = lint([read(tmp_path, Script("a", (), "a.py"), NAMES)], "postgresql", TODAY)
    index, key = (one for one in found if one.rule.endswith(("concurrently", "valid")))
    assert index.what.startswith("builds the index ix_{table}_run on `table` in the transaction")
    assert index.what.endswith("; the script computes `table`")
    assert "create_index(f\"ix_{table}_run\", table, ['run'], postgresql_concurrently" in index.rewrite
    assert 'create_foreign_key("fk", table, "runs",' in key.rewrite
    assert 'op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT fk")' in key.rewrite
