"""A table gets another name.

on: postgresql mysql sqlite
finds: rename-table
"""

from alembic import op

revision = "rename_table"
down_revision = None


def upgrade():
    op.rename_table("orders", "purchases")


def downgrade():
    op.rename_table("purchases", "orders")
