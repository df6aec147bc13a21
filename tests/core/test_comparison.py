"""Two schemas held against each other: what matters is told, what does not is not."""

from __future__ import annotations

import pytest

from orchestrator.core.comparison import Kind, compare, without

SQLITE = {
    "table orders": 'orders CREATE TABLE "orders" (\n id INTEGER NOT NULL, total NUMERIC(10, 2), owner INTEGER,'
    " CONSTRAINT fk_owner FOREIGN KEY(owner) REFERENCES people (id), PRIMARY KEY (id))",
    "column orders.id": "('INTEGER', 1, None, 1, 0)",
    "column orders.total": "('NUMERIC(10, 2)', 0, None, 0, 0)",
    "column orders.owner": "('INTEGER', 0, None, 0, 0)",
    "index ix_owner": "orders CREATE INDEX ix_owner ON orders (owner)",
}


def told(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    return [f"{one.kind} {one.name}" for one in compare(expected, found)[0]]


@pytest.mark.parametrize(
    "written",
    [
        (
            "orders CREATE TABLE orders (total NUMERIC(10,2), id INTEGER NOT NULL PRIMARY KEY, owner INTEGER,"
            " FOREIGN KEY (owner) REFERENCES people(id))"
        ),
        (
            "orders create table [orders] (id integer not null, owner integer, total numeric(10, 2),"
            " constraint `other` foreign key (owner) references people (id), primary key (id))"
        ),
    ],
)
def test_how_a_table_was_written_down_does_not_matter(written: str) -> None:
    """Order of columns, case, blanks, quotes, names of constraints and the place of the primary key."""
    assert told(SQLITE, {**SQLITE, "table orders": written}) == []


def test_what_a_table_lacks_is_told_once() -> None:
    """A missing constraint makes the table different; a missing column is told instead of its table."""
    bare = "orders CREATE TABLE orders (id INTEGER NOT NULL, total NUMERIC(10,2), owner INTEGER, PRIMARY KEY (id))"
    assert told(SQLITE, {**SQLITE, "table orders": bare}) == ["different table orders"]
    less = {name: text for name, text in SQLITE.items() if name != "column orders.total"}
    less["table orders"] = SQLITE["table orders"].replace("total NUMERIC(10, 2),", "")
    assert told(SQLITE, less) == ["missing column orders.total"]
    assert told(less, SQLITE) == ["unexpected column orders.total"]


def test_the_parts_of_a_table_that_is_not_there_are_not_told() -> None:
    """Neither its columns nor its indexes, on either side."""
    assert told(SQLITE, {}) == ["missing table orders"]
    assert told({}, SQLITE) == ["unexpected table orders"]
    serial = {"table orders": "p f", "sequence orders_id_seq": "p"}
    assert told(serial, {}) == ["missing table orders"]
    assert told(serial, {"table orders": "p f"}) == ["missing sequence orders_id_seq"]


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (
            ("index ix_a", "CREATE INDEX ix_a ON public.orders USING btree (a)"),
            ("index orders_a_idx", "CREATE INDEX orders_a_idx ON shop.orders USING btree (a)"),
        ),
        (("constraint orders.fk_a", "FOREIGN KEY (a)"), ("constraint orders.orders_a_fkey", "FOREIGN KEY (a)")),
        (("index orders.ix_a", "1 BTREE a"), ("index orders.a", "1 BTREE a")),
    ],
)
def test_another_name_alone_is_no_difference(expected: tuple[str, str], found: tuple[str, str]) -> None:
    """But it is told, since a later revision may ask for the name; another table's is none of the pair."""
    table = {"table orders": "p f"}
    assert compare({**table, **dict([expected])}, {**table, **dict([found])}) == ((), ((expected[0], found[0]),))
    elsewhere = (found[0].replace("orders.", "people."), found[1].replace("orders", "people"))
    differences, renamed = compare({**table, **dict([expected])}, {**table, **dict([elsewhere])})
    assert renamed == ()
    assert {one.kind for one in differences} == {Kind.MISSING, Kind.UNEXPECTED}


def test_what_is_missing_is_told_first() -> None:
    """Missing, unexpected, different; each kind by name."""
    expected = {"table a": "1", "table b": "1", "view c": "1", "sequence d": "1"}
    found = {"table a": "2", "view c": "2", "table e": "1"}
    assert told(expected, found) == [
        "missing sequence d",
        "missing table b",
        "unexpected table e",
        "different table a",
        "different view c",
    ]


def test_the_version_table_is_nobodys_difference() -> None:
    """It goes with its columns, its constraint and its index, however the family names them."""
    own = {
        "table alembic_version": "p f",
        "column alembic_version.version_num": "varchar",
        "constraint alembic_version.alembic_version_pkc": "PRIMARY KEY",
        "index alembic_version_pkc": "CREATE INDEX alembic_version_pkc ON public.alembic_version (version_num)",
    }
    assert without({**own, "table orders": "p f"}, "alembic_version") == {"table orders": "p f"}
