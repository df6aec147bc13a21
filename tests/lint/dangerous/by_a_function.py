"""An operation is handed to a function.

on: postgresql mysql sqlite
finds: unread
"""

from alembic import op

revision = "by_a_function"
down_revision = None


def upgrade():
    list(map(op.drop_table, ("orders", "customers")))


def downgrade():
    op.execute("SELECT 1")
