"""Every row, with a condition that is always true.

on: postgresql mysql sqlite
finds: delete-without-where
"""

from alembic import op

revision = "where_true"
down_revision = None


def upgrade():
    op.execute("DELETE FROM orders WHERE 1 = 1")


def downgrade():
    op.execute("SELECT 1")
