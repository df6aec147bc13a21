"""Whatever stands in a script or a statement is read, or said to be unread; what squawk says is told apart."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.lint import Severity
from orchestrator.core.scripts import Script
from orchestrator.project import squawk
from orchestrator.project.revision_scripts.lint.change import Kind
from orchestrator.project.revision_scripts.lint.lint import NAMES, lint
from orchestrator.project.revision_scripts.lint.reading import read
from orchestrator.project.revision_scripts.lint.sql import changes, statements

WORDS = st.sampled_from(
    [
        *(
            "create ",
            "alter table ",
            "drop ",
            "table ",
            "index ",
            "concurrently ",
            "column ",
            "add ",
            "orders",
            ".",
        ),
        *(
            "constraint ",
            "foreign key ",
            "(",
            ")",
            ",",
            ";",
            "'",
            '"',
            "`",
            "--",
            "/*",
            "*/",
            "$a$",
            "$",
            "{",
            "}",
        ),
        *(
            "update ",
            "set ",
            "where ",
            "delete from ",
            "with ",
            "as ",
            "select ",
            "insert into ",
            "\n",
            "[",
            "not null",
        ),
    ]
)
CODE = st.sampled_from(
    [
        *(
            "op.",
            "drop_column",
            "execute",
            "(",
            ")",
            "'t'",
            ", ",
            "f'{x}'",
            "x",
            "=",
            "\n    ",
            "sa.",
            "Column",
            "text",
        ),
        *(
            "with ",
            "op.batch_alter_table('t')",
            " as b:",
            "b.",
            "if ",
            "op.get_bind().dialect.name",
            " == ",
            "'sqlite'",
        ),
        *(
            ":",
            "return",
            "for x in y:",
            "lambda: ",
            "[",
            "]",
            "*",
            "**",
            "+",
            "%",
            "None",
            "# orchestrate: allow x",
        ),
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=15).map("".join) | st.text(max_size=40))
def test_any_text_is_read_as_sql(text: str) -> None:
    """It ends, and every statement is told as something, or only reads."""
    assert all(change.line == 7 and change.kind in Kind for change in changes(text, 7))


@settings(max_examples=50, deadline=None)
@given(code=st.lists(CODE, max_size=12).map("".join))
def test_any_script_is_read(code: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is no Python, and what is none that means anything, gives findings and no error."""
    folder = tmp_path_factory.getbasetemp()
    (folder / "a.py").write_text(f"from alembic import op\ndef upgrade():\n    {code}\ndef downgrade(): op.f()\n")
    revision = read(folder, Script("a", (), "a.py"), NAMES)
    assert all(one.revision == "a" for one in lint([revision], "postgresql", date(2026, 11, 23)))


@pytest.mark.parametrize(
    ("condition", "families"),
    [
        ('op.get_bind().dialect.name == "postgresql" and ready', "postgresql"),
        ('ready and op.get_context().dialect.name != "postgresql"', "mysql sqlite"),
        ('not (bind.dialect.name in ("sqlite", "mysql"))', "postgresql"),
        ('dialect_name == "mariadb" or dialect_name == "sqlite"', "mysql sqlite"),
        ('dialect_name == "mysql" or ready', "mysql postgresql sqlite"),
        ("ready", "mysql postgresql sqlite"),
        ('here == "sqlite"', "sqlite"),
        ("not on_sqlite()", "mysql postgresql"),
        ("sometimes()", "mysql postgresql sqlite"),
        ("circle", "mysql postgresql sqlite"),
    ],
)
def test_a_condition_is_for_the_databases_that_it_names(condition: str, families: str, tmp_path: Path) -> None:
    """What stands under it is found on these alone, and on all where it may hold on any of them."""
    (tmp_path / "a.py").write_text(f"""
circle = not circle and circle
def on_sqlite():
    bind = op.get_bind()
    return bind.dialect.name == "sqlite"
def sometimes():
    if ready:
        return True
    return bind.dialect.name == "sqlite"
def upgrade():
    here = op.get_bind().dialect.name
    if {condition}:
        op.drop_table("orders")
""")
    revision = read(tmp_path, Script("a", (), "a.py"), NAMES)
    every = ("mysql", "postgresql", "sqlite")
    found = {name: {one.rule for one in lint([revision], name, date(2026, 11, 23))} for name in every}
    assert [name for name in every if "drop-table" in found[name]] == families.split()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("SELECT 1; -- DROP TABLE t;\nUPDATE t SET a = 'x; y'", ["SELECT 1", "UPDATE t SET a = '…'"]),
        ("/* ; */ DELETE FROM t /* ; */;;", ["DELETE FROM t"]),
        ("INSERT INTO t VALUES ($q$ ; ' $q$)", ["INSERT INTO t VALUES ('…')"]),
        ("CREATE TRIGGER x BEGIN DELETE FROM t; END", ["CREATE TRIGGER x BEGIN DELETE FROM t; END"]),
    ],
)
def test_statements_are_told_apart(text: str, parts: list[str]) -> None:
    """Neither a comment nor a literal nor a body ends one, and no literal is kept."""
    assert statements(text) == parts


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """A missing file, one that is no Python, a compiled one, one without an upgrade: nothing passes by silence."""
    (tmp_path / "b.py").write_text("def upgrade(:")
    (tmp_path / "d.py").write_text("from elsewhere import upgrade")
    for name in ("a.py", "b.py", "c.pyc", "d.py"):
        found = lint([read(tmp_path, Script("a", (), name), NAMES)], "sqlite", date(2026, 11, 23))
        assert [one.rule for one in found] == ["unread"], name


def test_squawk_is_asked(tmp_path: Path) -> None:
    """Its complaints come back by the text they are about, without those about timeouts that a run sets itself."""
    program = squawk.program()
    assert program is not None
    sql = {
        "one": "CREATE TABLE t (n varchar(10));\nALTER TABLE o RENAME TO p;\n",
        "two": "SELECT 1;\n",
        "three": "selec",
    }
    found = squawk.complaints(program, sql, tmp_path)
    assert {(one.rule, one.severity) for one in found["one"]} == {
        ("prefer-text-field", Severity.NOTE),
        ("renaming-table", Severity.WARNING),
    }
    assert all(one.message and one.advice for one in found["one"])
    assert (found["two"], found["three"]) == ((), ())


def test_rules_that_squawk_shares_are_rules_of_squawk() -> None:
    """Each is known to the program, which refuses to leave out what it does not know."""
    program = squawk.program()
    assert program is not None
    done = subprocess.run(
        [program, f"--exclude={','.join(sorted(squawk.COVERED))}"], input=b"", capture_output=True, check=False
    )
    assert b"invalid rule name" not in done.stderr
