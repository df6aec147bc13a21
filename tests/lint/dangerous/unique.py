"""A constraint builds its index in the transaction.

on: postgresql
finds: unique-without-index
"""

from alembic import op

revision = "unique"
down_revision = None


def upgrade():
    op.create_unique_constraint("uq_orders_number", "orders", ["number"])


def downgrade():
    op.drop_constraint("uq_orders_number", "orders")
