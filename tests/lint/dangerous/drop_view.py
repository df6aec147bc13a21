"""A view that others may ask for.

on: postgresql mysql sqlite
finds: drop-view
"""

from alembic import op

revision = "drop_view"
down_revision = None


def upgrade():
    op.execute("DROP VIEW open_orders")


def downgrade():
    op.execute("SELECT 1")
