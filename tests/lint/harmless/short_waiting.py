"""How long to wait for a lock, and a column.

on: postgresql
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "short_waiting"
down_revision = None


def upgrade():
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column(
        "orders", sa.Column("data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )
    op.add_column("orders", sa.Column("paid", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.execute("SELECT 1")
