"""CONCURRENTLY where PostgreSQL refuses it.

on: postgresql
finds: concurrently-in-transaction
"""

from alembic import op

revision = "unique_index_in_transaction_sql"
down_revision = None


def upgrade():
    op.execute("CREATE UNIQUE INDEX CONCURRENTLY uq_orders_number ON orders (number)")


def downgrade():
    op.execute("SELECT 1")
