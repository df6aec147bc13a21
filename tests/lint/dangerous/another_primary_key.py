"""A primary key takes the place of another, and builds its index.

on: postgresql
finds: unique-without-index
"""

from alembic import op

revision = "another_primary_key"
down_revision = None


def upgrade():
    op.drop_constraint("orders_pkey", "orders", type_="primary")
    op.create_primary_key("orders_pkey", "orders", ["tenant_id", "id"])


def downgrade():
    op.execute("SELECT 1")
