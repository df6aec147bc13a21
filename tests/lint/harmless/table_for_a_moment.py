"""A table that lives no longer than the revision.

on: postgresql mysql
"""

from alembic import op

revision = "table_for_a_moment"
down_revision = None


def upgrade():
    op.execute("CREATE TEMPORARY TABLE wanted AS SELECT id FROM orders WHERE note IS NULL")
    op.execute("UPDATE orders SET note = '' WHERE id IN (SELECT id FROM wanted)")
    op.execute("DROP TABLE wanted")


def downgrade():
    op.execute("SELECT 1")
