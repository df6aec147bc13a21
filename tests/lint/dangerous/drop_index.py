"""An index is dropped while nobody can read.

on: postgresql
finds: drop-index-without-concurrently
"""

from alembic import op

revision = "drop_index"
down_revision = None


def upgrade():
    op.drop_index("ix_orders_note", table_name="orders")


def downgrade():
    op.create_index("ix_orders_note", "orders", ["note"])
