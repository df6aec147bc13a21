"""Some rows, by an expression.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "delete_some"
down_revision = None


def upgrade():
    orders = sa.table("orders", sa.column("id"), sa.column("note"))
    op.execute(orders.delete().where(orders.c.note.is_(None)))


def downgrade():
    op.execute("SELECT 1")
