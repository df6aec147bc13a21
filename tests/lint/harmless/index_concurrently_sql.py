"""The same in SQL.

on: postgresql
"""

from alembic import op

revision = "index_concurrently_sql"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix_orders_note ON orders (note)")


def downgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY ix_orders_note")
