"""A constraint builds its index.

on: postgresql
finds: unique-without-index
"""

from alembic import op

revision = "unique_sql"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE public.orders ADD CONSTRAINT uq_orders_number UNIQUE (number)")


def downgrade():
    op.execute("SELECT 1")
