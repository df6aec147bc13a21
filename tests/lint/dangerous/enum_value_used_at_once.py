"""A value cannot be used in the transaction that adds it.

on: postgresql
finds: mixed-data-and-schema
"""

from alembic import op

revision = "enum_value_used_at_once"
down_revision = None


def upgrade():
    op.execute("ALTER TYPE status ADD VALUE 'archived'")
    op.execute("UPDATE orders SET status = 'archived' WHERE closed_at < now() - interval '1 year'")


def downgrade():
    op.execute("SELECT 1")
