"""Two operations outside the transaction: one may be done and the other not.

on: postgresql
finds: non-transactional
"""

from alembic import op

revision = "two_outside"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)
        op.create_index("ix_orders_total", "orders", ["total"], postgresql_concurrently=True)


def downgrade():
    op.drop_index("ix_orders_note")
