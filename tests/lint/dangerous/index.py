"""An index is built while nobody can write.

on: postgresql
finds: index-without-concurrently
"""

from alembic import op

revision = "index"
down_revision = None


def upgrade():
    op.create_index(op.f("ix_orders_note"), "orders", ["note"])


def downgrade():
    op.drop_index("ix_orders_note")
