"""A constraint takes an index that is there.

on: postgresql
"""

from alembic import op

revision = "unique_by_its_index"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE orders ADD CONSTRAINT uq_orders_number UNIQUE USING INDEX uq_orders_number")


def downgrade():
    op.drop_constraint("uq_orders_number", "orders")
