"""Rows that are written between the copy and the drop are lost.

on: postgresql mysql
finds: drop-table
"""

from alembic import op

revision = "copy_and_swap"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE orders_new AS SELECT * FROM orders")
    op.drop_table("orders")
    op.rename_table("orders_new", "orders")


def downgrade():
    op.execute("SELECT 1")
