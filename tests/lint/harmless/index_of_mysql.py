"""InnoDB builds it beside the others' work.

on: mysql sqlite
"""

from alembic import op

revision = "index_of_mysql"
down_revision = None


def upgrade():
    op.create_index("ix_orders_note", "orders", ["note"])


def downgrade():
    op.drop_index("ix_orders_note", "orders")
