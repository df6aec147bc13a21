"""A default that is worked out once.

on: postgresql mysql sqlite
"""

import sqlalchemy as sa
from alembic import op

revision = "add_column_with_now"
down_revision = None


def upgrade():
    op.add_column("orders", sa.Column("at", sa.DateTime, server_default=sa.func.now(), nullable=False))


def downgrade():
    op.drop_column("orders", "at")
