"""An index beside the others' work.

on: postgresql
"""

from alembic import op

revision = "index_concurrently"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_orders_note", "orders", ["note"], postgresql_concurrently=True)


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_orders_note", postgresql_concurrently=True)
