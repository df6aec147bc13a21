"""Every row, by an expression.

on: postgresql mysql sqlite
finds: delete-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "delete_all_by_a_table"
down_revision = None


def upgrade():
    orders = sa.table("orders")
    op.execute(orders.delete())


def downgrade():
    op.execute("SELECT 1")
