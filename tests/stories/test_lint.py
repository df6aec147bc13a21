"""What is dangerous in a revision is found before it runs, with the safe way, and kept out where demanded."""

from __future__ import annotations

from collections.abc import Callable

from tests.stories.pipeline import Pipeline, told

DROP = 'op.drop_column("orders", "note")'
LEAVE = "# orchestrate: allow drop-column until 9999-12-31: nothing reads it since 4.2"


def _orders(shop: Pipeline, *before: str) -> None:
    """A revision that makes a table with its index, and one that takes a column of it away."""
    columns = 'sa.Column("id", sa.Integer, primary_key=True), sa.Column("note", sa.String(20))'
    made = f'op.create_table("orders", {columns})\nop.create_index("ix_orders_note", "orders", ["note"])'
    shop.project.revision("a1", None, made, 'op.drop_table("orders")')
    add = 'op.add_column("orders", sa.Column("note", sa.Text))'
    if before:
        shop.project.revision("a2", "a1", "\n".join((*before, DROP)), add)


def test_a_dangerous_revision_is_kept_out_until_its_script_says_why(
    make_pipeline: Callable[..., Pipeline],
) -> None:
    """Found while its table is there, harmless while that is pending too, allowed by a comment with a reason."""
    shop = make_pipeline("sqlite", "dev", "prod")
    shop.write(defaults={"gates": {"lint": "warning"}})
    _orders(shop, "op.drop_index('ix_orders_note', table_name='orders')")
    told(shop("rollout", "--to", "a1", "--yes"), 0)
    said = told(
        shop("lint", "--exit-code"),
        5,
        "error drop-column migrations/versions/a2_revision_a2.py:18 drops the column orders.note",
        "why its values are lost",
        "safe release the application without it first",
        "1 revision: 1 error",
    )
    assert "a1" not in said
    refused = told(
        shop("rollout", "--through", "dev", "--yes"),
        5,
        "error drop-column in a2 (migrations/versions/a2_revision_a2.py:18): drops the column orders.note",
        "gate lint: a finding in the scripts: drop-column in a2",
        "orchestrate lint a2",
    )
    assert "Traceback" not in refused
    assert shop.heads("dev") == {"a1"}
    _orders(shop, "op.drop_index('ix_orders_note', table_name='orders')", LEAVE)
    told(shop("rollout", "--yes"), 0, "drops the column orders.note; allowed: nothing reads it since 4.2")
    assert shop.heads("prod") == {"a2"}


def test_squawk_sees_what_postgresql_gets(make_pipeline: Callable[..., Pipeline]) -> None:
    """The SQL is worked out without the database; what both know is said once, in the script's own names."""
    shop = make_pipeline("postgresql", "dev", "prod")
    _orders(shop)
    shop.stamp(dev="a1")
    shop.execute("dev", "CREATE TABLE orders (id integer PRIMARY KEY, note varchar(20))")
    shop.project.revision("a2", "a1", 'op.create_index("ix_note", "orders", ["note"])', "op.drop_index('ix_note')")
    document = shop("lint", "--format", "json", check=True).json
    found = {(one["rule"], one["revision"], one["severity"]) for one in document["findings"]}
    assert ("index-without-concurrently", "a2", "error") in found
    assert ("squawk/prefer-text-field", "a1", "note") in found
    assert not [rule for rule, *_ in found if rule == "squawk/require-concurrent-index-creation"]
    assert (document["unlinted"], document["revisions"], document["least"]) == ([], ["a1", "a2"], "error")
    assert document["summary"]["error"] == 1
