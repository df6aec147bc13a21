"""CONCURRENTLY where PostgreSQL refuses it.

on: postgresql
finds: concurrently-in-transaction
"""

from alembic import op

revision = "concurrently_in_transaction"
down_revision = None


def upgrade():
    op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_orders_note")
