"""The same beside the statement.

on: postgresql
"""

from alembic import op

revision = "allowed_on_the_line"
down_revision = None


def upgrade():
    op.drop_index("ix_orders_note")  # orchestrate: allow drop-index-without-concurrently until 2027-01-31: small


def downgrade():
    op.create_index("ix_orders_note", "orders", ["note"])
