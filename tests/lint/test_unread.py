"""What a script leaves unread is never harmless: it is told as unread, or for every family that it may be for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import indent

import pytest

from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.lint.lint import NAMES, lint
from orchestrator.project.revision_scripts.lint.reading import read

UNREAD = {
    "alias": "o = op\no.drop_table('t')",
    "exec": "exec(X)",
    "statement by its keyword": "op.get_bind().execute(statement=sa.text('DROP TABLE t'))",
    "shadow arg": "sql = 'SELECT 1'\ndef inner(sql):\n    op.execute(sql)\ninner('DROP TABLE t')",
    "shadow lambda": "sql = 'SELECT 1'\n(lambda sql: op.execute(sql))('DROP TABLE t')",
    "shadow local": "sql = 'SELECT 1'\ndef inner():\n    sql = 'DROP TABLE t'\n    op.execute(sql)\ninner()",
    "rebound module": "SQL = 'SELECT 1'\ndef upgrade():\n    op.execute(SQL)\nSQL = 'DROP TABLE t'",
    "rebound loop": "sql = 'SELECT 1'\nfor i in range(2):\n    op.execute(sql)\n    sql = 'DROP TABLE t'",
    "global": """
SQL = 'SELECT 1'
def g():
    global SQL
    SQL = 'DROP TABLE t'
def upgrade():
    g()
    op.execute(SQL)
""",
    "import shadow": "SQL = 'SELECT 1'\ndef upgrade():\n    from elsewhere import SQL\n    op.execute(SQL)",
    "case shadow": "sql = 'SELECT 1'\nmatch X:\n    case sql:\n        op.execute(sql)",
    "walrus": "sql = 'SELECT 1'\ny = (sql := X)\nop.execute(sql)",
    "known arg": """
def make(n):
    op.create_table(n)
def away(n):
    op.drop_table(n)
def upgrade():
    make('a')
    away('b')
""",
    "known loops": "for n in X:\n    op.create_table(n)\nfor n in Y:\n    op.drop_table(n)",
    "column unread": "op.add_column('t', X)",
    "column name": "c = sa.Column('c', sa.Integer, nullable=False)\nop.add_column('t', c)",
    "column built": "op.add_column('t', build())",
    "nullable unread": "op.add_column('t', sa.Column('c', sa.Integer, nullable=X))",
    "alter nullable": "op.alter_column('t', 'c', nullable=X)",
    "keywords": "op.alter_column('t', 'c', **X)",
    "concurrently": """
with op.get_context().autocommit_block():
    op.create_index('i', 't', ['c'], postgresql_concurrently=X)
""",
    "not valid": "op.create_foreign_key('i', 't','u', ['c'], ['d'], postgresql_not_valid=X)",
    "altering": "op.execute(f'ALTER TABLE t {X}')",
    "altering a column": "op.execute(f'ALTER TABLE t ALTER COLUMN c {X}')",
    "adding a column": "op.execute(f'ALTER TABLE t ADD COLUMN {X}')",
    "drop sql": "op.execute(f'DROP {X} t')",
    "create sql": "op.execute(f'CREATE {X} i ON t (c)')",
    "importlib": "import importlib\ndef upgrade():\n    importlib.import_module('a').wipe()",
    "subprocess": "import subprocess\ndef upgrade():\n    subprocess.run(['psql'])",
    "family by an argument": """
def is_dialect(name): return dialect.name == name
def upgrade():
    if is_dialect('sqlite') or dialect.name == 'postgresql':
        op.drop_table('t')
""",
    "family of a tuple": "if dialect.name in ('postgresql', X):\n    op.drop_table('t')",
    "family of another list": "if dialect.name in ('postgresql', *X):\n    op.drop_table('t')",
    "try return": "try:\n    if dialect.name != 'mysql':\n        raise X\nexcept X:\n    op.drop_table('t')",
    "for return": "for i in X:\n    if dialect.name != 'mysql':\n        return\nop.drop_table('t')",
    "nested return": "def inner():\n    if dialect.name != 'mysql':\n        return\nop.drop_table('t')",
    "family bound again": """
K = 'mysql'
def upgrade():
    if dialect.name == K:
        op.drop_table('t')
K = 'sqlite'
""",
    "view loop": """
for v in X:
    op.execute(f'DROP VIEW {v}')
for v in Y:
    op.execute(f'CREATE VIEW {v} AS SELECT 1')
""",
}
"""Each drops something, or may lock a table, by a name, a value or a way that its text does not tell."""
FOR_SOME = {
    "of no family": ("", 'if op.get_bind().dialect.name == "oracle":\n        op.drop_table("t")'),
    "by a list that has a name": (
        "postgresql sqlite",
        'if op.get_bind().dialect.name in SOME:\n        op.drop_table("t")',
    ),
    "in a function that both call": (
        "mysql postgresql sqlite",
        'if op.get_bind().dialect.name == "mysql":\n        away(1)\n    else:\n        away(2)',
    ),
    "by an operation that is imported alone": ("mysql postgresql sqlite", 'gone("t")'),
}


def found(tmp_path: Path, script: str, family: str) -> set[str]:
    """The rules that find something in a script on a family of databases."""
    if "def upgrade" not in script:
        script = f"def upgrade():\n{indent(script, '    ')}"
    (tmp_path / "a.py").write_text(
        f"from alembic import op\nfrom alembic.op import drop_table as gone\nimport sqlalchemy as sa\n"
        f"from elsewhere import X, Y, build\n{script}\ndef downgrade():\n    op.execute('SELECT 2')\n"
    )
    revision = read(tmp_path, Script("a", (), "a.py"), NAMES)
    return {one.rule for one in lint([revision], family, date(2026, 11, 23))}


@pytest.mark.parametrize("script", UNREAD.values(), ids=UNREAD)
def test_what_is_unread_is_not_harmless(script: str, tmp_path: Path) -> None:
    """Something is found in each of them, on every family of databases."""
    assert all(found(tmp_path, script, family) for family in ("mysql", "postgresql", "sqlite"))


def test_a_function_is_read_where_it_is_called(tmp_path: Path) -> None:
    """What is sound in an autocommit_block is found where the same function is called outside of it."""
    script = """
def indexed():
    op.create_index("i", "t", ["c"], postgresql_concurrently=True)
def upgrade():
    with op.get_context().autocommit_block():
        indexed()
    indexed()"""
    assert "concurrently-in-transaction" in found(tmp_path, script, "postgresql")


@pytest.mark.parametrize(("families", "body"), FOR_SOME.values(), ids=FOR_SOME)
def test_a_table_is_dropped_on_these_families_alone(families: str, body: str, tmp_path: Path) -> None:
    """It is found on each of them as what it is, and on no other."""
    script = f'SOME = ("sqlite", "postgresql")\ndef away(_):\n    op.drop_table("t")\ndef upgrade():\n    {body}'
    every = ("mysql", "postgresql", "sqlite")
    assert [one for one in every if "drop-table" in found(tmp_path, script, one)] == families.split()
