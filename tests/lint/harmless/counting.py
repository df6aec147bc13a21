"""Rows are counted.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "counting"
down_revision = None


def upgrade():
    orders = sa.table("orders", sa.column("id"))
    found = op.get_bind().execute(sa.select(sa.func.count()).select_from(orders)).scalar_one()
    if found > 1_000_000:
        raise RuntimeError("too many for one release")
    op.add_column("orders", sa.Column("note", sa.Text(), nullable=True))


def downgrade():
    op.execute("SELECT 1")
