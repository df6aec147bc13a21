"""Part of a table is indexed beside the others' work.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op

revision = "partial_index"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_orders_open",
            "orders",
            ["id"],
            unique=False,
            postgresql_where=sa.text("state = 'open'"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade():
    op.execute("SELECT 1")
