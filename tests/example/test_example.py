"""The example in the root of the project: it does with plain Alembic all that an Alembic project should."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

ROOT = Path(__file__).parents[2]
TOTAL_ADDED = "72c8e4059fda"
URL_LINE = re.compile(r"^sqlalchemy\.url = (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A copy of the example that tests may change."""

    folder: Path

    def use(self, url: str) -> None:
        """Let alembic.ini name another database; a percent sign is doubled there."""
        ini = self.folder / "alembic.ini"
        line = "sqlalchemy.url = " + url.replace("%", "%%")
        ini.write_text(URL_LINE.sub(lambda _: line, ini.read_text()))

    def alembic(self, *arguments: str) -> str:
        """What the real command printed; it must have succeeded."""
        command = [sys.executable, "-m", "alembic", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def example(tmp_path: Path) -> Example:
    """A copy of alembic.ini and migrations/, beside each other in an empty folder."""
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return Example(tmp_path)


def tables(url: str) -> set[str]:
    """The names of the tables in that database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    return set(sa.inspect(engine).get_table_names())


def place_two_orders(url: str) -> None:
    """Two cups at 4.50 with a pot at 16.00, then an order without lines; the orders have no total yet."""
    statements = """
        INSERT INTO customers (id, email, name) VALUES (1, 'ada@example.org', 'Ada');
        INSERT INTO products (id, sku, name, price) VALUES (1, 'CUP', 'Cup', 5.00), (2, 'POT', 'Pot', 16.00);
        INSERT INTO orders (id, customer_id, placed_at) VALUES (1, 1, '2026-02-01 12:00');
        INSERT INTO orders (id, customer_id, placed_at) VALUES (2, 1, '2026-02-02 12:00');
        INSERT INTO order_lines (order_id, product_id, quantity, unit_price) VALUES (1, 1, 2, 4.50);
        INSERT INTO order_lines (order_id, product_id, quantity, unit_price) VALUES (1, 2, 1, 16.00)
    """
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)


def totals(url: str) -> dict[int, Decimal]:
    """The total of each order."""
    query = sa.text("SELECT id, total FROM orders").columns(id=sa.Integer, total=sa.Numeric(10, 2))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return {row.id: row.total for row in connection.execute(query)}


def test_up_and_down_and_up_ends_as_the_models_say(example: Example, database_url: str) -> None:
    """Down to base leaves only Alembic's own table, and up again leaves exactly what the models say."""
    example.use(database_url)
    example.alembic("upgrade", "head")
    example.alembic("downgrade", "base")
    assert tables(database_url) == {"alembic_version"}
    example.alembic("upgrade", "head")
    assert "No new upgrade operations detected" in example.alembic("check")


def test_orders_that_were_there_get_their_total(example: Example, database_url: str) -> None:
    """An order placed before orders had a total has the sum of its lines at head, or nothing without lines."""
    example.use(database_url)
    example.alembic("upgrade", TOTAL_ADDED)
    place_two_orders(database_url)
    example.alembic("upgrade", "head")
    assert totals(database_url) == {1: Decimal("25.00"), 2: Decimal("0.00")}


def test_a_changed_model_becomes_a_revision_on_sqlite(example: Example) -> None:
    """Autogenerate turns a changed model into a revision that SQLite can apply, and then nothing differs."""
    models = example.folder / "migrations" / "shop.py"
    before, after = "mapped_column(String(100), unique=True)", "mapped_column(String(120))"
    assert before in models.read_text()
    models.write_text(models.read_text().replace(before, after))
    example.alembic("upgrade", "head")
    example.alembic("revision", "--autogenerate", "-m", "let categories share a name")
    example.alembic("upgrade", "head")
    assert "No new upgrade operations detected" in example.alembic("check")


def test_one_step_down_from_head(example: Example) -> None:
    """`downgrade -1` works at head, in a fresh checkout where the folder of the database is not there yet."""
    example.alembic("upgrade", "head")
    example.alembic("downgrade", "-1")
    assert "f19e73a5c8d0 (mergepoint)" in example.alembic("current")


def test_alembic_alone_works_on_dev() -> None:
    """alembic.ini names the database of dev, the first environment, and only prod asks for confirmation."""
    written = URL_LINE.search((ROOT / "alembic.ini").read_text())
    environments = yaml.safe_load((ROOT / "environments.yaml").read_text())["environments"]
    assert written is not None
    assert environments["dev"]["url"] == written[1]
    assert list(environments) == ["dev", "test", "staging", "prod"]
    assert [name for name, keys in environments.items() if keys.get("protected")] == ["prod"]
