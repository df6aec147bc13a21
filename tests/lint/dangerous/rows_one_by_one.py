"""Rows are read and written one by one, beside a change of the schema.

on: postgresql mysql sqlite
finds: mixed-data-and-schema
"""

import sqlalchemy as sa
from alembic import op

revision = "rows_one_by_one"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("cents", sa.BigInteger))
    connection = op.get_bind()
    for row in connection.execute(sa.text("SELECT id, total FROM orders")):
        connection.execute(sa.text("UPDATE orders SET cents = :cents WHERE id = :id"), {"id": row.id, "cents": 1})


def downgrade():
    op.drop_column("orders", "cents")
