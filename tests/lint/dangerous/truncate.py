"""A table is emptied.

on: postgresql mysql
finds: truncate
"""

from alembic import op

revision = "truncate"
down_revision = None


def upgrade():
    op.execute("TRUNCATE TABLE orders")


def downgrade():
    op.execute("SELECT 1")
