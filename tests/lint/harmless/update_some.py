"""Some rows, by SQL.

on: postgresql mysql sqlite
"""

from alembic import op

revision = "update_some"
down_revision = None


def upgrade():
    op.execute("UPDATE orders SET note = '' WHERE note IS NULL AND id BETWEEN 1 AND 1000")


def downgrade():
    op.execute("SELECT 1")
