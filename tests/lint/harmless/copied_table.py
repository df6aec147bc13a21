"""SQLite's way to change a table: a copy takes its name.

on: sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "copied_table"
down_revision = None


def upgrade():
    op.create_table("orders_new", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO orders_new (id) SELECT id FROM orders")
    op.drop_table("orders")
    op.rename_table("orders_new", "orders")


def downgrade():
    op.execute("SELECT 1")
