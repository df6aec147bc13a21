"""What a script's downgrade would do is read from its text, and nothing of it is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.downgrade import Act, Downgrade
from orchestrator.core.scripts import Script
from orchestrator.project.revision_scripts.downgrades import read_downgrades

HEAD = "from alembic import op\nimport sqlalchemy as sa\n"
UPGRADE = "def upgrade():\n    op.create_table('t')\n"

Read = Callable[..., Downgrade]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a script that consists of this text, after the usual head."""

    def reading(text: str, head: str = HEAD + UPGRADE, name: str = "a.py") -> Downgrade:
        (tmp_path / name).write_text(head + text)
        return read_downgrades(tmp_path, [Script("a", (), name, digest="digest")])["digest"]

    return reading


def down(*lines: str) -> str:
    return "def downgrade():\n" + "".join(f"    {line}\n" for line in lines)


LOSES = True
OPERATIONS = [
    (['op.drop_table("orders")'], [("drop_table orders", LOSES)]),
    (['op.drop_table(table_name="orders", schema="x")'], [("drop_table orders", LOSES)]),
    (['op.drop_column("orders", "total")'], [("drop_column orders.total", LOSES)]),
    (["op.drop_column(table_name='orders', column_name='total')"], [("drop_column orders.total", LOSES)]),
    (['op.drop_index("ix_a", table_name="orders")'], [("drop_index ix_a", False)]),
    (['op.drop_index(op.f("ix_a"), table_name="orders")'], [("drop_index ix_a", False)]),
    (['op.drop_constraint("fk_a", "orders", type_="foreignkey")'], [("drop_constraint fk_a", False)]),
    (['op.add_column("orders", sa.Column("old", sa.Integer))'], [("add_column orders.old", False)]),
    (['op.alter_column("orders", "total", nullable=True)'], [("alter_column orders.total", False)]),
    (['op.rename_table("a", "b")'], [("rename_table a to b", False)]),
    (['for name in ("a", "b"):', "    op.drop_table(name)"], [("drop_table name", LOSES)]),
    (['op.execute("DELETE\\n FROM orders")'], [("execute DELETE FROM orders", LOSES)]),
    (['op.execute("truncate orders")'], [("execute truncate orders", LOSES)]),
    (['op.execute("alter table a drop column b")'], [("execute alter table a drop column b", LOSES)]),
    (['op.execute("UPDATE orders SET total = 0")'], [("execute UPDATE orders SET total = 0", False)]),
    (['op.execute(sa.text("DROP TYPE mood"))'], [("execute DROP TYPE mood", False)]),
    (["bind = op.get_bind()", 'bind.execute(sa.text("SELECT 1"))'], []),
    (['op.get_bind().exec_driver_sql("DELETE FROM t")'], [("execute DELETE FROM t", LOSES)]),
    (["op.execute(t.delete().where(t.c.id > 3))"], [("execute t.delete().where(t.c.id > 3)", LOSES)]),
    (["session.query(T).delete()"], [("delete session.query(T)", LOSES)]),
    (["sa.Enum(name='mood').drop(op.get_bind())"], [("drop sa.Enum(name='mood')", False)]),
    (["mood = sa.Enum('calm', name='mood')", "mood.drop(op.get_bind())"], [("drop mood", False)]),
    (["Base.metadata.drop_all(op.get_bind())"], [("drop_all Base.metadata", LOSES)]),
    (
        ['with op.batch_alter_table("orders") as batch_op:', '    batch_op.drop_column("total")'],
        [("drop_column orders.total", LOSES)],
    ),
    (
        [
            'with op.batch_alter_table("orders") as b:',
            '    b.drop_constraint("fk_a")',
            '    b.add_column(sa.Column("x"))',
        ],
        [("drop_constraint fk_a of orders", False), ("add_column orders.x", False)],
    ),
]


@pytest.mark.parametrize(("lines", "acts"), OPERATIONS)
def test_each_operation_is_told_in_a_few_words(lines: list[str], acts: list[tuple[str, bool]], read: Read) -> None:
    """Named as in the script, in its order; what takes rows or values with it is marked."""
    found = read(down(*lines))
    assert found.acts == tuple(Act(text, loses) for text, loses in acts)
    assert (found.impossible, found.idle, found.readable) == (None, False, True)


def test_a_long_statement_is_shortened(read: Read) -> None:
    """It is to be recognised, not read to its end."""
    (act,) = read(down(f'op.execute("DELETE FROM t WHERE name = {"x" * 300}")')).acts
    assert len(act.text) < 120
    assert act.text.endswith("…")


def test_functions_of_the_same_file_are_followed(read: Read) -> None:
    """Also where they call each other in a circle; `op` may have another name."""
    text = "def one():\n    o.drop_index('i')\n    two()\ndef two():\n    one()\n    o.drop_table('t')\n"
    found = read(text + down("one()"), head="from alembic import op as o\n" + UPGRADE)
    assert [act.text for act in found.acts] == ["drop_index i", "drop_table t"]


@pytest.mark.parametrize(
    ("text", "impossible"),
    [
        ("", "has no downgrade"),
        (down("raise NotImplementedError"), "its downgrade raises: raise NotImplementedError"),
        (down('"""No way."""', 'op.drop_table("t")', 'raise RuntimeError("x")'), "its downgrade raises"),
        (down("with op.get_context().autocommit_block():", "    raise OSError"), "its downgrade raises"),
        (down('assert False, "no way back"'), "its downgrade raises"),
    ],
)
def test_what_cannot_be_run_is_known_before(text: str, impossible: str, read: Read) -> None:
    """No function, or one that ends in an error whenever it is called."""
    assert (read(text).impossible or "").startswith(impossible)


@pytest.mark.parametrize(
    "lines",
    [
        ("if op.get_bind():", "    raise OSError"),
        ("if not op.get_bind():", "    return", "raise OSError"),
        ("def inner():", "    raise OSError", "inner"),
        ("try:", "    raise OSError", "except OSError:", "    pass"),
    ],
)
def test_what_may_end_well_is_tried(lines: tuple[str, ...], read: Read) -> None:
    """A raise that some call does not come to forbids nothing."""
    assert read(down(*lines)).impossible is None


def test_the_place_is_the_functions_or_that_of_its_raise(read: Read) -> None:
    """Where a person would look: file and line."""
    assert read(down("pass"), head="").where == "a.py:1"
    assert read(down("pass", "raise OSError"), head="").where == "a.py:3"


@pytest.mark.parametrize(
    ("text", "upgrade", "idle"),
    [
        (down("pass"), UPGRADE, True),
        (down('"""Nothing to do."""'), UPGRADE, True),
        (down("return None"), UPGRADE, True),
        (down("pass"), "def upgrade():\n    pass\n", False),
        (down('op.drop_table("t")'), UPGRADE, False),
    ],
)
def test_a_downgrade_that_does_nothing_is_told_apart(text: str, upgrade: str, idle: bool, read: Read) -> None:
    """But only where its upgrade does something: a merge has nothing to undo."""
    assert read(text, head=HEAD + upgrade).idle is idle


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (down("undo(op)"), "from app.migrations import undo\n"),
        (down("helpers.undo(op)"), "from . import helpers\n"),
        (down('globals()["downgrade_" + name]()'), ""),
        ("downgrade = undo\n", "from app import undo\n"),
        ("from app import downgrade\n", ""),
    ],
)
def test_code_that_is_elsewhere_is_said_to_be_unread(text: str, head: str, read: Read) -> None:
    """Nothing is guessed, and nothing forbidden."""
    found = read(text, head=HEAD + head + UPGRADE)
    assert (found.readable, found.impossible) == (False, None)


def test_a_compiled_script_is_unread(read: Read) -> None:
    """Its text is not there."""
    found = read("", name="a.pyc")
    assert (found.readable, found.impossible, found.acts) == (False, None, ())
