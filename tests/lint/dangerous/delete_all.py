"""Every row is deleted.

on: postgresql mysql sqlite
finds: delete-without-where
"""

import sqlalchemy as sa
from alembic import op

revision = "delete_all"
down_revision = None


def upgrade():
    orders = sa.table("orders", sa.column("id"))
    op.execute(orders.delete())


def downgrade():
    op.execute("SELECT 1")
