"""The same in SQL.

on: postgresql
finds: index-without-concurrently
"""

from alembic import op

revision = "index_sql"
down_revision = None


def upgrade():
    op.execute("CREATE UNIQUE INDEX IF NOT EXISTS ix_orders_note ON orders USING btree (lower(note))")


def downgrade():
    op.execute("DROP INDEX ix_orders_note")
